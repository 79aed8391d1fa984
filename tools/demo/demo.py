#!/usr/bin/env python3
"""make demo: a maker, an owner, a service, a broker and two boards, from nothing to readings.

In a terminal it stays up until Ctrl-C; otherwise it ends by itself, with 0 only if every stage was seen in time."""
import fcntl
import json
import os
import pathlib
import queue
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

from processes import Background
from timeline import Board, Timeline, coloured

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOPRIS = ROOT / "build/host/cli/sopris"
DEVICE = ROOT / "build/device/device"
IMAGES = {"rom": DEVICE / "rom/rom.bin", "monitor": DEVICE / "monitor/monitor.bin",
          "base": DEVICE / "systems/base.bin", "app": DEVICE / "systems/thermostat.bin"}
FOLDER = ROOT / "build/demo"
HOME = FOLDER / "work"
MAKER, BATCH, VERSION = "acme", "first-light", "0.1.0"
BOARDS = {"kitchen": 21.5, "cellar": 8.0}
WATCHER = "watcher"
READY_TIMEOUT_S = 15.0
POLL_INTERVAL_S = 0.3
ECHO_TIMEOUT_S = 0.5


class DemoFailed(Exception):
    """Something did not work; the sentence says what."""


def sopris(*arguments: str, as_json: bool = False):
    """One run of the command line. Its sentence becomes ours if it refuses."""
    command = [str(SOPRIS), "-C", str(HOME), *(["-o", "json"] if as_json else []), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if result.returncode != 0:
        raise DemoFailed(f"'sopris {' '.join(arguments)}' failed: {result.stderr.strip()}")
    return json.loads(result.stdout) if as_json else result.stdout


def step(text: str):
    """Prints a step with its duration: use it as 'with step(...)'."""
    class Step:
        def __enter__(self):
            self.start = time.monotonic()
            print(f"  {text:64}", end="", flush=True)

        def __exit__(self, kind, *_):
            print("failed" if kind else f"{time.monotonic() - self.start:5.1f} s", flush=True)
    return Step()


def find_program(name: str) -> str:
    """Full path; /usr/sbin is not on everybody's path."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    if found is None:
        raise DemoFailed(f"{name} is not installed; run 'make setup'")
    return found


def free_port() -> int:
    """A TCP port of loopback that nobody uses at the moment, below those that outgoing connections get by themselves."""
    while True:
        port = random.SystemRandom().randrange(10240, 32768)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def ended_sentence(name: str) -> str:
    return f"{name} ended; its output is in {FOLDER / (name + '.log')}"


class Demo:
    """Everything that runs, and what is known of it."""

    def __init__(self):
        self.events = queue.Queue()
        self.running: list[Background] = []
        self.timeline: Timeline | None = None
        self.owner_digest = ""
        self.broker_port = free_port()
        self.stopping = False
        self.next_poll = 0.0

    # Preparation

    def start(self, name: str, command: list[str]) -> Background:
        program = Background(name, command, self.events, FOLDER / f"{name}.log")
        self.running.append(program)
        return program

    def await_line(self, name: str, pattern: str) -> None:
        """Waits until a program has printed a line that says that it is ready."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                source, line = self.events.get(timeout=0.2)
            except queue.Empty:
                continue
            if source == name and line is None:
                break
            if source == name and re.search(pattern, line):
                return
        text = (FOLDER / f"{name}.log").read_text(errors="replace")
        raise DemoFailed(f"{name} did not start; its output:\n{text}")

    def make_identities(self) -> None:
        with step(f"maker '{MAKER}': root, device CA, release key"):
            sopris("maker", "new", MAKER)
        with step("owner: root, control and app keys, service CA; first operator"):
            sopris("up", "--init", "--edge-port", "0", "--door-port", "0", "--broker-port", str(self.broker_port))

    def make_images(self) -> None:
        for component in ("monitor", "base", "app"):
            signer = ["--owner"] if component == "app" else ["--maker", MAKER]
            with step(f"{component}: signed by the {'owner' if component == 'app' else 'maker'}"):
                record, image = FOLDER / f"{component}.suit", FOLDER / f"{component}.img"
                sopris("image", "build", "--component", component, "--image", str(IMAGES[component]), "--sequence",
                       "1", "--version", VERSION, "--maker", MAKER, "--out", str(record))
                sopris("image", "sign", str(record), *signer, "--out", str(image))
        shown = sopris("image", "show", str(FOLDER / "app.img"), as_json=True)
        self.owner_digest = shown["key set"]["root"]

    def start_service(self) -> None:
        with step("service: supervisor, edge, door, core"):
            self.start("service", [str(SOPRIS), "-C", str(HOME), "up"])
            self.await_line("service", r"^ready ")
        with step("service: trusts the maker, knows voucher and releases"):
            voucher = FOLDER / "acme.voucher"
            sopris("maker", "trust", MAKER)
            sopris("maker", "voucher", MAKER, "--owner", str(HOME / "owner/root.crt"), "--batch", BATCH, "--host",
                   "10.0.2.100", "--port", "8443", "--out", str(voucher))
            sopris("voucher", "add", str(voucher))
            sopris("release", "add", *(str(FOLDER / f"{name}.img") for name in ("monitor", "base", "app")))
            sopris("operator", "add", WATCHER, "--role", "viewer")

    def start_broker(self) -> None:
        with step("broker: mosquitto, TLS, client certificates required"):
            self.start("broker", [find_program("mosquitto"), "-c", str(HOME / "broker/mosquitto.conf")])
            self.await_line("broker", r"mosquitto version .* running")
        with step(f"MQTT client: mosquitto_sub as the operator '{WATCHER}'"):
            self.start("watcher", self.watch_command())
            self.await_line("broker", rf"New client connected .*u'{WATCHER}'")

    def watch_command(self) -> list[str]:
        """A stock MQTT client with an operator's certificate."""
        return [find_program("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(self.broker_port), "--cafile",
                str(HOME / "owner/root.crt"), "--cert", str(HOME / f"operators/{WATCHER}.crt"), "--key",
                str(HOME / f"operators/{WATCHER}.key"), "-t", "devices/#", "-v"]

    def make_boards(self) -> list[Board]:
        boards = []
        for name, temperature in BOARDS.items():
            with step(f"board '{name}': fuses, secret, images; certified by the maker"):
                images = [part for component in ("monitor", "base", "app")
                          for part in (f"--{component}", str(FOLDER / f"{component}.img"))]
                made = sopris("board", "new", name, "--maker", MAKER, "--batch", BATCH, "--rom", str(IMAGES["rom"]),
                              *images, as_json=True)
                sopris("board", "set", name, "--temperature", str(temperature))
                boards.append(Board(name, made["ueid"], temperature))
        return boards

    # The boards' way

    def board_of(self, *, name: str = "", ueid: str = "") -> Board | None:
        return next((board for board in self.timeline.boards if board.name == name or board.ueid == ueid), None)

    def on_board(self, board: Board, line: str) -> None:
        """A JSON event of 'sopris board run'."""
        try:
            event = json.loads(line)
        except ValueError:
            raise DemoFailed(f"board '{board.name}': {line}") from None
        kind, text = event["event"], event["text"]
        board.console.append(text + (f"  ({event['meaning']})" if "meaning" in event else ""))
        if kind == "power":
            self.timeline.note(board, "power on", f"in a room of {board.temperature} degrees", "emulator")
        elif kind == "end" and not self.stopping:
            raise DemoFailed(f"board '{board.name}': {text}")
        elif match := re.match(r"rom: monitor ([ab]) (\d+) ([0-9a-f]{8})$", text):
            self.timeline.note(board, "measured", f"monitor {match[2]} in slot {match[1]}, measurement {match[3]}",
                               "console, ROM")
        elif match := re.match(r"monitor: claim ([0-9a-f]{8})$", text):
            if not self.owner_digest.startswith(match[1]):
                raise DemoFailed(f"board '{board.name}' was claimed by another owner: {match[1]}")
            self.timeline.note(board, "claimed", f"owner root {match[1]} by the maker's voucher; a new epoch begins",
                               "console, monitor")
        elif match := re.match(r"ns: agent: (?:agent: )?checked in, ticket (\d+) s", text):
            self.next_poll = 0.0
            self.poll_service()
            self.timeline.note(board, "joined", f"the monitor accepted the signed answer, ticket {match[1]} s",
                               "console, agent")

    def on_broker(self, line: str) -> None:
        match = re.search(r"New client connected .*u'([0-9a-f]{66})'", line)
        board = match and self.board_of(ueid=match[1])
        if board:
            self.timeline.note(board, "broker", f"connected as {board.ueid[:14]} by its certificate", "broker")

    def on_reading(self, line: str) -> None:
        """A line of mosquitto_sub: topic, then payload."""
        match = re.match(r"devices/([0-9a-f]{66})/(\S+) (.*)$", line)
        board = match and self.board_of(ueid=match[1])
        if not board:
            self.blame_an_end()
            raise DemoFailed(f"the MQTT client printed: {line}")
        value = re.search(r'"temperature": ?(-?[0-9.]+)', match[3])
        if not value:
            return
        board.readings.append(line)
        if "first reading" not in board.seen and abs(float(value[1]) - board.temperature) > 0.5:
            raise DemoFailed(f"board '{board.name}' reads {value[1]} degrees, not {board.temperature}")
        self.timeline.note(board, "first reading", match[3], "mosquitto_sub")

    def blame_an_end(self) -> None:
        """A complaint of one program may be the echo of another's end, whose own event is still on its way."""
        deadline = time.monotonic() + ECHO_TIMEOUT_S
        while time.monotonic() < deadline:
            for program in self.running:
                if program.has_ended():
                    raise DemoFailed(ended_sentence(program.name))
            time.sleep(0.02)

    def poll_service(self) -> None:
        """What the service says of the devices, through its door."""
        if time.monotonic() < self.next_poll:
            return
        self.next_poll = time.monotonic() + POLL_INTERVAL_S
        for device in sopris("device", "list", as_json=True):
            board = self.board_of(ueid=device["ueid"])
            if board is None or device["state"] != "accepted":
                continue
            versions = ", ".join(f"{part['component']} {part['version']}" for part in device["measurements"])
            self.timeline.note(board, "proved", f"epoch {device['epoch']}: {versions}", "service")
            if device["certificate"]:
                hours = (device["certificate"]["not_after"] - time.time()) / 3600
                self.timeline.note(board, "certificate",
                                   f"serial {device['certificate']['serial'][:16]}, {hours:.0f} h", "service")

    def dispatch(self, timeout_s: float) -> None:
        """Handles the next line of any program."""
        try:
            source, line = self.events.get(timeout=timeout_s)
        except queue.Empty:
            return
        if line is None:
            if not self.stopping:
                raise DemoFailed(ended_sentence(source))
        elif source == "broker":
            self.on_broker(line)
        elif source == "watcher":
            self.on_reading(line)
        elif board := self.board_of(name=source):
            self.on_board(board, line)

    def follow(self) -> None:
        """Runs the boards until every stage of each was seen."""
        self.timeline.start = time.monotonic()
        for board in self.timeline.boards:
            self.start(board.name, [str(SOPRIS), "-C", str(HOME), "-o", "json", "board", "run", board.name])
        while not self.timeline.complete():
            self.dispatch(0.1)
            if any("claimed" in board.seen and "certificate" not in board.seen for board in self.timeline.boards):
                self.poll_service()
            late = self.timeline.overdue()
            if late:
                raise DemoFailed(late)

    def explain_failure(self) -> None:
        """What helps to find the cause: the end of each late board's console, the service's reasons."""
        for board in self.timeline.boards if self.timeline else []:
            if board.next_stage() is None:
                continue
            print(f"\nlast lines of {board.name}'s console:", file=sys.stderr)
            for line in board.console[-12:]:
                print(f"  {line}", file=sys.stderr)
            if "claimed" in board.seen:
                print("the service says of it:", file=sys.stderr)
                subprocess.run([SOPRIS, "-C", HOME, "device", "explain", board.name], check=False, stdout=sys.stderr,
                               timeout=30)

    def stop(self) -> None:
        self.stopping = True
        for program in reversed(self.running):
            program.stop()


def check_build() -> None:
    missing = [str(path.relative_to(ROOT)) for path in (SOPRIS, *IMAGES.values()) if not path.exists()]
    if missing:
        raise DemoFailed(f"{', '.join(missing)} is not built; run 'make host device' first")


def show_end(demo: Demo) -> None:
    print("\nThe service's list of devices:\n")
    print(sopris("device", "list"), end="")
    print("\nReadings received by a stock MQTT client (mosquitto_sub, with an operator's certificate):\n")
    for board in demo.timeline.boards:
        print(f"  {board.readings[-1]}")
    sys.stdout.flush()


def stay(demo: Demo) -> None:
    """In a terminal: shows readings until Ctrl-C."""
    program = SOPRIS.relative_to(ROOT)
    print(f"\nEverything is up. In another terminal, in {ROOT}, try:\n\n"
          f"  export SOPRIS_HOME={HOME}\n"
          f"  {program} device show kitchen\n"
          f"  {program} device explain kitchen\n"
          f"  {program} board set kitchen --temperature 30\n"
          f"  {program} status\n"
          f"  {' '.join(demo.watch_command())}\n\n"
          "Ctrl-C ends it all. Readings:\n", flush=True)
    while True:
        source, line = demo.events.get()
        board = demo.board_of(name=source)
        if line is None:
            raise DemoFailed(ended_sentence(source))
        reading = re.match(r"devices/([0-9a-f]{66})/\S+ (.*)$", line) if source == "watcher" else None
        if reading:
            board = demo.board_of(ueid=reading[1])
            print(f"  {board.name if board else reading[1]:10} {reading[2]}", flush=True)
        elif board is not None:
            event = json.loads(line)
            if event["event"] != "line":
                print(f"  {board.name}: {event['text']}", flush=True)


def on_terminate(*_):
    raise KeyboardInterrupt


def run(demo: Demo) -> None:
    check_build()
    shutil.rmtree(HOME, ignore_errors=True)
    print(coloured("Preparation", "1"))
    demo.make_identities()
    demo.make_images()
    demo.start_service()
    demo.start_broker()
    demo.timeline = Timeline(demo.make_boards())
    print(coloured("\nTwo boards are switched on", "1"), flush=True)
    demo.follow()
    show_end(demo)
    if sys.stdout.isatty() and sys.stdin.isatty():
        stay(demo)


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, on_terminate)
    with open(FOLDER / "lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("demo: another demo is running in this folder; end it first", file=sys.stderr)
            return 1
        demo = Demo()
        try:
            run(demo)
            return 0
        except KeyboardInterrupt:
            print("\nstopping", flush=True)
            return 0 if demo.timeline and demo.timeline.complete() else 130
        except (DemoFailed, subprocess.TimeoutExpired) as failure:
            print(f"\ndemo: {failure}", file=sys.stderr)
            demo.explain_failure()
            return 1
        finally:
            demo.stop()


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
