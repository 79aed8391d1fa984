"""Processes of the service die at random, again and again, while a rollout goes through its rings: it continues where it
was, nobody is forgotten or counted twice. T-17. SOPRIS_SEED repeats a run; the seed is printed."""
import json
import os
import random
import signal
import subprocess
import threading
import time

from tests.support.service import FAKE_DEVICE, Service, slot, upload, wait_until

DEVICE_COUNT = 10
OLD, NEW = 3, 4
VICTIMS = ("sopris-core", "sopris-edge", "sopris-door", "soprisd")
KILLS_MIN = 8


class Killer(threading.Thread):
    """Kills one process after another, in random order at random intervals; soprisd is started again as systemd does."""

    def __init__(self, service, chance):
        super().__init__(daemon=True)
        self.service, self.chance, self.killed, self.stopping = service, chance, [], threading.Event()

    def run(self):
        while not self.stopping.wait(self.chance.uniform(0.05, 0.5)):
            name = VICTIMS[len(self.killed)] if len(self.killed) < len(VICTIMS) else self.chance.choice(VICTIMS)
            if name == "soprisd":
                self.service.process.kill()
                self.service.process.wait()
                self.service.process.stdout.close()
                self.service.start()
            else:
                pids = self.service.pids(name)
                if not pids:
                    continue
                os.kill(self.chance.choice(pids), signal.SIGKILL)
            self.killed.append(name)

    def stop(self):
        self.stopping.set()
        self.join(30)
        assert not self.is_alive()


class Device:
    """Checks in until it is answered, as an agent does, and installs what it is offered."""

    def __init__(self, service, index):
        self.service, self.index = service, index
        self.base, self.boot, self.sequence = OLD, 1, 0

    def check_in(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            self.sequence += 10
            command = [FAKE_DEVICE, "run", self.service.folder, self.index, self.base, self.boot, self.sequence]
            run = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)
            answer = json.loads(run.stdout) if run.returncode == 0 else {"code": run.stdout or run.stderr}
            if answer["code"] == "NONE":
                return answer["offers"]
            time.sleep(0.02)
        raise AssertionError(f"device {self.index} was never answered: {answer}")

    def live(self):
        if self.check_in() and self.base == OLD:
            self.base, self.boot, self.sequence = NEW, self.boot + 1, 0
            self.check_in()


def ask(service, method, path, body=None):
    """An operator who tries again; what was refused or done already counts as done."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            status, document = service.request(method, path, body)
            if status < 500:
                return status, document
        except (OSError, ValueError, AssertionError):
            pass
        time.sleep(0.05)
    raise AssertionError(f"{path} was never answered")


def rollout(service):
    return ask(service, "GET", "/v1/rollouts")[1]["rollouts"][0]


def test_rollout_survives_the_death_of_every_process(tmp_path):
    seed = int(os.environ.get("SOPRIS_SEED", random.randrange(1 << 32)))
    print(f"seed {seed}")
    chance = random.Random(seed)
    with Service(tmp_path / "world") as service:
        service.enter_all()
        assert upload(service, slot(service, "base4"))[0] == 201
        devices = [Device(service, index) for index in range(DEVICE_COUNT)]
        for device in devices:
            device.check_in()
        killer = Killer(service, chance)
        killer.start()
        try:
            wish = {"component": "base", "sequence": NEW, "rings": [50, 100], "ring_wait": 0, "success_min": 50}
            assert ask(service, "POST", "/v1/rollouts", wish)[0] in (201, 409)
            seen = 0
            deadline = time.monotonic() + 120
            while (now := rollout(service))["state"] == "running" or len(killer.killed) < KILLS_MIN:
                assert time.monotonic() < deadline, f"seed {seed}: {now}"
                assert now["running"] >= seen and now["failed"] == 0, f"seed {seed}: {now} after {seen}"
                seen = now["running"]
                chance.choice(devices).live()
                if now["percent"] < 100 and not any(device.base == OLD for device in devices):
                    break
                if seen == 0 and chance.random() < 0.2:
                    # A first ring in which none of these lives is widened by hand.
                    ask(service, "POST", f"/v1/rollouts/{now['number']}/resume", {"percent": 60})
        finally:
            killer.stop()
        assert wait_until(lambda: ask(service, "GET", "/v1/status")[0] == 200)
        for device in devices:
            device.live()
        final = rollout(service)
        print(f"killed {len(killer.killed)}: {', '.join(killer.killed)}")
        assert set(VICTIMS) == set(killer.killed), f"seed {seed}"
        assert (final["offered"], final["running"], final["failed"]) == (DEVICE_COUNT, DEVICE_COUNT, 0), f"seed {seed}: {final}"
        assert final["state"] in ("running", "finished") and all(device.base == NEW for device in devices)
        assert len(ask(service, "GET", "/v1/rollouts")[1]["rollouts"]) == 1
