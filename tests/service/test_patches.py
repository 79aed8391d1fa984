"""Patches: made beside the core, on demand or when a rollout starts, offered with the image, fetched like it."""
import hashlib
import os
import signal
import subprocess

import pytest

from tests.support.patch import Head, apply
from tests.support.service import BUILD, Service, fake_device, slot, upload, wait_until

OLD, NEW = 3, 4


class World:
    """A service with base 4 published, and devices that run base 3."""

    def __init__(self, service, index=0):
        self.service, self.sequence, self.index = service, 0, index
        service.enter_all()
        self.old, self.new = slot(service, "base"), slot(service, "base4")
        assert upload(service, self.new)[0] == 201

    def publish_old(self):
        assert upload(self.service, self.old)[0] == 201

    def start(self):
        status, rollout = self.service.request("POST", "/v1/rollouts", {"component": "base", "sequence": NEW})
        assert status == 201, rollout

    def offer(self):
        self.sequence += 10
        offers = fake_device("run", self.service.folder, self.index, OLD, 1, self.sequence)["offers"]
        assert [offer["digest"] for offer in offers] == [hashlib.sha256(self.new).hexdigest()]
        return offers[0]

    def patches(self):
        return [path for path in (self.service.folder / "images").iterdir() if path.read_bytes()[:4] == b"SPAT"]


@pytest.fixture
def world(tmp_path):
    with Service(tmp_path / "world") as running:
        yield World(running)


@pytest.fixture
def copied(tmp_path):
    """With programs of its own, of which the one that makes patches can be another."""
    service = Service(tmp_path / "world", copied=True)

    def run(script):
        (service.programs / "sopris-patch").write_text("#!/bin/sh\n" + script)
        service.start()
        return World(service)
    yield run
    service.stop()


def test_prepared_when_a_rollout_starts(world):
    world.publish_old()
    world.start()
    assert wait_until(world.patches)
    assert wait_until(lambda: "bytes made" in world.service.log())
    offer = world.offer()
    patch = world.patches()[0].read_bytes()
    assert offer["patch"] == world.patches()[0].name == hashlib.sha256(patch).hexdigest()
    assert offer["patch_size"] == len(patch) < len(world.new) * 3 / 4
    assert offer["base"] == hashlib.sha256(world.old[4096:]).hexdigest()
    assert apply(patch, world.old[4096:]) == world.new[4096:]
    head = Head(patch)
    assert head.file_digest == offer["digest"]
    assert world.new[12:].startswith(head.keyset + head.manifest)
    assert (world.service.folder / "images" / offer["patch"]).stat().st_mode & 0o777 == 0o644

    # A core that starts finds it, and remakes what somebody has removed.
    made = world.patches()[0].stat().st_mtime_ns
    (world.service.folder / "images/.patch-1").write_bytes(b"half a patch")
    core = world.service.pids("sopris-core")[0]
    os.kill(core, signal.SIGKILL)
    assert wait_until(lambda: world.service.pids("sopris-core") not in ([], [core]))
    assert wait_until(lambda: not (world.service.folder / "images/.patch-1").exists())
    assert world.offer()["patch"] == offer["patch"]
    assert world.patches()[0].stat().st_mtime_ns == made
    world.patches()[0].unlink()
    assert "patch" not in world.offer()
    assert wait_until(world.patches)
    assert wait_until(lambda: world.offer().get("patch") == offer["patch"])


def test_made_once_the_base_is_published(world):
    world.start()
    assert "patch" not in world.offer()
    world.publish_old()
    wait_until(lambda: "patch" in world.offer())
    assert world.offer()["patch"] == world.patches()[0].name


def test_what_fails_to_be_made_holds_nothing_up(copied):
    world = copied("exit 1\n")
    world.publish_old()
    world.start()
    assert wait_until(lambda: "could not be made" in world.service.log())
    assert "patch" not in world.offer() and "patch" not in world.offer()
    assert world.service.log().count("could not be made") == 1, "not tried again at once"


def test_who_makes_patches_gets_nothing_of_the_core(copied):
    """T-18: no socket, no database, no key, no variable."""
    world = copied("exec 9>$1/.seen\n/bin/ls -l /proc/$$/fd >&9\n/usr/bin/env >&9\nexec sleep 100\n")
    world.publish_old()
    world.start()
    seen = world.service.folder / "images/.seen"
    assert wait_until(lambda: seen.exists() and "PWD" in seen.read_text())
    assert "patch" not in world.offer(), "nothing waits for it"
    text = seen.read_text()
    targets = [line.split(" -> ")[1] for line in text.splitlines() if " -> " in line]
    allowed = ("/dev/null", "pipe:", *(str(path) for path in (world.service.folder / "log", seen,
                                                            world.service.programs / "sopris-patch")))
    assert targets and all(target.startswith(allowed) for target in targets), targets
    assert len([target for target in targets if target.startswith("pipe:")]) == 1
    variables = {line.split("=")[0] for line in text.splitlines() if "=" in line and " -> " not in line}
    assert variables <= {"PWD", "OLDPWD", "SHLVL", "_"}, "those that a shell makes"


@pytest.mark.parametrize("change", ["other", "cut", "missing"])
def test_not_worth_it_or_not_to_be_made(world, tmp_path, change):
    (tmp_path / "a").write_bytes(slot(world.service, image=os.urandom(9000)))
    if change != "missing":
        (tmp_path / "b").write_bytes(slot(world.service, image=os.urandom(30000))[:4000 if change == "cut" else None])
    run = subprocess.run([BUILD / "service/sopris-patch", tmp_path, "a", "b"], capture_output=True, text=True,
                         check=False)
    assert (run.returncode, run.stdout) == ((0, "none\n") if change == "other" else (1, ""))
    assert not [path for path in tmp_path.iterdir() if path.name not in ("a", "b", "world")]
