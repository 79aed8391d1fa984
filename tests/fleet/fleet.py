"""A fleet for tests: boards of both kinds with one service, rollouts in rings, and service processes that die at random.

All that boards, service and operator do is the product's; every process that is started here is ended here."""
import hashlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

from tests.device.workshop import DEVICE, SOPRIS, Workshop
from tests.support.ports import free_port

BASE = DEVICE / "systems/base.bin"
ENTRY_OFFSET = 4  # of the reset vector in base's image
MAKERS_AT_ONCE = 2
SERVICE_PROGRAMS = ("sopris-core", "sopris-edge", "sopris-door")


def ring_of(ueid):
    """As docs/decisions/0022-rollouts.md says."""
    return int.from_bytes(hashlib.sha256(bytes.fromhex(ueid)).digest()[:4], "big") % 100


class Board:
    """One device of the fleet; it runs in the emulator or as a process."""

    def __init__(self, name, ueid):
        self.name, self.ueid, self.ring = name, ueid, ring_of(ueid)
        self.emulated = False
        self.process = None

    @property
    def lines(self):
        return self.process.lines


class Fleet:
    """size boards, of which emulated_count are emulated, spread over the rings; the first of all rings is emulated."""

    def __init__(self, folder, size, emulated_count, out=sys.stdout):
        self.started = time.monotonic()
        self.out = out
        self.workshop = Workshop(folder, edge_port=free_port())
        self.port = None
        self.killed = {}
        self.boards = []
        self._make(size, emulated_count)

    def say(self, text):
        print(f"  {time.monotonic() - self.started:6.1f} s  {text}", file=self.out, flush=True)

    def _make(self, size, emulated_count):
        names = [f"board-{index:02}" for index in range(size)]
        workshop = self.workshop
        for start in range(0, size, MAKERS_AT_ONCE):
            running = [subprocess.Popen(workshop.new_board_command(name), stdout=subprocess.PIPE)
                       for name in names[start:start + MAKERS_AT_ONCE]]
            for process in running:
                made = json.loads(process.communicate(timeout=120)[0])
                self.boards.append(Board(made["board"], made["ueid"]))
        self.boards.sort(key=lambda board: board.ring)
        for index in range(emulated_count):
            self.boards[index * size // emulated_count].emulated = True
        self.say(f"made {size} boards, {emulated_count} of them emulated; rings "
                 + " ".join(str(board.ring) for board in self.boards))

    def start(self):
        self.port = self.workshop.start_service()
        for board in self.boards:
            run = self.workshop.run_board if board.emulated else self.workshop.run_host_board
            board.process = run(board.name, self.port)
        self.wait("every board is in service", lambda: len(self.devices()) == len(self.boards), 180)

    def close(self):
        self.workshop.close()

    def ask(self, *arguments):
        """A question to the service, asked again while the service is being killed."""
        for _ in range(100):
            result = subprocess.run([str(part) for part in (SOPRIS, "-C", self.workshop.home, "-o", "json", *arguments)],
                                    capture_output=True, text=True, timeout=60)
            if result.returncode == 0:
                return json.loads(result.stdout)
            time.sleep(0.2)
        raise AssertionError(f"{arguments}: {result.stderr}")

    def devices(self):
        """{UEID: sequence of the base that the device proved last} of all that were let in."""
        found = {}
        for device in self.ask("device", "list"):
            for measurement in device["measurements"]:
                if measurement["component"] == "base":
                    found[device["ueid"]] = measurement["sequence"]
        return found

    def percent_for(self, count):
        """(percent, boards) of the smallest ring with at least so many boards."""
        percent = self.boards[count - 1].ring + 1
        return percent, [board for board in self.boards if board.ring < percent]

    def release(self, sequence, faulty=False):
        """Publishes a base that only its sequence tells from others; a faulty one faults at its first instruction."""
        plain = BASE
        if faulty:
            data = bytearray(BASE.read_bytes())
            data[ENTRY_OFFSET:ENTRY_OFFSET + 4] = bytes(4)
            plain = self.workshop.folder / "faulty.bin"
            plain.write_bytes(data)
        self.workshop.publish("base", plain, sequence)

    def roll_out(self, sequence, percent, failures_max):
        rollout = self.workshop.sopris("rollout", "start", "--component", "base", "--sequence", sequence, "--percent",
                                       percent, "--failures-max", failures_max, as_json=True)
        self.say(f"rollout {rollout['number']}: base {sequence} to {percent} % of the fleet")
        return rollout["number"]

    def rollout(self, number):
        return next(each for each in self.ask("rollout", "status") if each["number"] == number)

    def wait(self, what, condition, timeout_s, progress=lambda: ""):
        deadline = time.monotonic() + timeout_s
        told = ""
        while not condition():
            now = progress()
            if now != told:
                self.say(now)
                told = now
            if time.monotonic() > deadline:
                raise AssertionError(f"not in {timeout_s} s: {what}; {now}\n{self.last_words()}")
            time.sleep(0.5)
        self.say(what)

    def last_words(self):
        return "\n".join(f"{board.name}: {line}" for board in self.boards if board.process for line in board.lines[-4:])

    def wait_rollout(self, number, what, condition, timeout_s=180):
        """Until condition(rollout) holds; prints each change of the counts."""
        seen = {}

        def holds():
            seen.update(self.rollout(number))
            return condition(seen)

        def progress():
            return (f"{seen['state']}: offered {seen['offered']}, running {seen['running']}, failed {seen['failed']}"
                    + (f"; killed so far: {self.killed_text()}" if self.killed else ""))

        self.wait(what, holds, timeout_s, progress)
        return seen

    def killed_text(self):
        return ", ".join(f"{name.removeprefix('sopris-')} {count}" for name, count in sorted(self.killed.items()))


class Killer:
    """Kills a process of the service, or all of it, at random moments, as long as the context lasts."""

    def __init__(self, fleet, seed, pause_s_max):
        self.fleet, self.pause_s_max = fleet, pause_s_max
        self.chance = random.Random(seed)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()

    def _run(self):
        while not self._end.wait(self.chance.uniform(0.2, self.pause_s_max)):
            self._kill(self.chance.choice((*SERVICE_PROGRAMS, "soprisd")))

    def _kill(self, name):
        workshop = self.fleet.workshop
        supervisor = workshop.service.process.pid
        if name == "soprisd":
            os.kill(supervisor, signal.SIGKILL)
            workshop.service.process.wait()
            workshop.run_service()
        else:
            children = pathlib.Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
            for pid in map(int, children):
                if pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].endswith(name.encode()):
                    os.kill(pid, signal.SIGKILL)
        self.fleet.killed[name] = self.fleet.killed.get(name, 0) + 1
