"""What the plug-in decides, seen by stock MQTT clients (T-24, T-25)."""
import contextlib
import threading
import time

import pytest

from tests.broker.workshop import EPOCH_MIN, ORDER, PLUGIN, QUARANTINE, RELEASE, Authority, Broker, Journal, ueid

ALICE, BERTA, CLARA = (ueid(number) for number in (1, 2, 3))


@pytest.fixture(name="world")
def fixture_world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()


class World:
    def __init__(self, folder, plugin=PLUGIN):
        self.folder = folder
        self.service_ca = Authority(folder, "service-ca")
        self.operator_ca = Authority(folder, "operator-ca")
        self.journal = Journal(folder / "revocations")
        self.broker = Broker(folder, self.journal.path, self.service_ca, self.operator_ca, plugin).start()
        self.processes = []

    def device(self, device, epoch, name=None):
        """A certificate of the service for this epoch."""
        name = name or device.hex()
        return self.service_ca.issue(f"{name[:12]}-{epoch}", name, epoch)

    def session(self, device, epoch):
        process = self.broker.subscribe(self.device(device, epoch), device.hex(), f"devices/{device.hex()}/#")
        assert process.poll() is None, self.broker.log()
        self.processes.append(process)
        return process

    def close(self):
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
        self.broker.stop()


def wait_for_line(process, word, timeout_s=5):
    found = []

    def read():
        for line in process.stdout:
            if word in line:
                found.append(line)
                return
    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(timeout_s)
    return bool(found)


def wait_for_log(broker, text, timeout_s=5):
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if text in broker.log():
            return True
        time.sleep(0.02)
    return False


def test_revoked_session_is_cut_within_a_second_and_others_are_not_disturbed(world):
    alice, berta = world.session(ALICE, 3), world.session(BERTA, 3)
    started = time.monotonic()
    world.journal.append(ORDER, ALICE, epoch=4, reason=1)
    assert wait_for_log(world.broker, f"sopris: {ALICE.hex()} is revoked: disconnected")
    assert time.monotonic() - started < 1, "a revoked session lives for more than a second"
    # mosquitto_sub connects again by itself: it must not get in.
    assert wait_for_log(world.broker, "its certificate is of an epoch that was revoked")
    assert berta.poll() is None and f"Client {BERTA.hex()}" not in world.broker.log()
    alice.kill()
    assert not world.broker.publish(world.device(ALICE, 3), ALICE.hex(), f"devices/{ALICE.hex()}/a")
    assert world.broker.publish(world.device(ALICE, 4), ALICE.hex(), f"devices/{ALICE.hex()}/a")


def test_what_was_revoked_before_the_start_counts(world):
    world.journal.append(EPOCH_MIN, ALICE, epoch=7)
    world.broker.stop()
    world.broker.start()
    assert not world.broker.publish(world.device(ALICE, 6), ALICE.hex(), f"devices/{ALICE.hex()}/a")
    assert world.broker.publish(world.device(ALICE, 7), ALICE.hex(), f"devices/{ALICE.hex()}/a")


def test_quarantine_and_release(world):
    identity = world.device(CLARA, 1)
    world.session(CLARA, 1)
    world.journal.append(QUARANTINE, CLARA)
    assert wait_for_log(world.broker, f"sopris: {CLARA.hex()} is revoked: disconnected")
    assert not world.broker.publish(identity, CLARA.hex(), f"devices/{CLARA.hex()}/a")
    world.journal.append(RELEASE, CLARA)
    assert world.broker.publish(identity, CLARA.hex(), f"devices/{CLARA.hex()}/a")


@pytest.mark.parametrize("case, sentence", [
    ("id", "a device's client id must be its UEID"),
    ("no-epoch", "its certificate is neither a device's nor an operator's"),
    ("zero-epoch", "its certificate is neither a device's nor an operator's"),
    ("odd-epoch", "its certificate is neither a device's nor an operator's"),
    ("name", "its certificate is neither a device's nor an operator's"),
    ("operator-as-device", "an operator's certificate without a name of its own"),
])
def test_who_is_not_let_in(world, case, sentence):
    own = ALICE.hex()
    identities = {
        "id": lambda: (world.device(ALICE, 1), BERTA.hex()),
        "no-epoch": lambda: (world.service_ca.issue("n", own), own),
        "zero-epoch": lambda: (world.service_ca.issue("z", own, 0), own),
        "odd-epoch": lambda: (world.service_ca.issue("o", own, b"\x01\x02\x03\x04\x05\x06\x07\x08"), own),
        "name": lambda: (world.service_ca.issue("m", own.upper(), 1), own),
        "operator-as-device": lambda: (world.operator_ca.issue("p", own, 1), own),
    }
    identity, client_id = identities[case]()
    assert not world.broker.publish(identity, client_id, f"devices/{own}/a")
    assert sentence in world.broker.log()


def test_a_device_reaches_its_own_topics_only(world):
    operator = world.operator_ca.issue("olga", "olga")
    watch = world.broker.subscribe(operator, "olga", "devices/#")
    world.processes.append(watch)
    identity, own = world.device(ALICE, 1), ALICE.hex()
    for topic in (f"devices/{BERTA.hex()}/a", f"devices/{own}", f"devices/{own}x/a", "other", f"{own}/a"):
        world.broker.publish(identity, own, topic, "stray")
    world.broker.publish(identity, own, f"devices/{own}/a", "wanted")
    assert wait_for_line(watch, "wanted")
    assert "Denied PUBLISH" in world.broker.log() and "stray" not in world.broker.log()
    for topic in ("#", "devices/#", f"devices/{BERTA.hex()}/#", "$SYS/#", f"devices/+/a"):
        refused = world.broker.subscribe(identity, own, topic)
        world.broker.publish(world.device(BERTA, 1), BERTA.hex(), f"devices/{BERTA.hex()}/a", "secret")
        assert not wait_for_line(refused, "secret", 0.3), topic
        refused.kill()
        refused.wait()
    # People read and do not write.
    world.broker.publish(operator, "olga2", f"devices/{own}/a", "forged")
    assert not wait_for_line(watch, "forged", 0.3)


def test_without_a_readable_journal_no_device_gets_in(world):
    identity, own = world.device(ALICE, 1), ALICE.hex()
    assert world.broker.publish(identity, own, f"devices/{own}/a")
    kept = world.journal.path.read_bytes()
    world.journal.path.unlink()
    assert not world.broker.publish(identity, own, f"devices/{own}/a")
    assert "No such file or directory; no device is let in" in world.broker.log()
    world.journal.path.write_bytes(kept)
    assert world.broker.publish(identity, own, f"devices/{own}/a")
    world.journal.append(EPOCH_MIN, ALICE, epoch=2)
    data = bytearray(world.journal.path.read_bytes())
    data[60] ^= 1
    world.journal.path.write_bytes(data)
    assert not world.broker.publish(world.device(ALICE, 2), own, f"devices/{own}/a")
    assert "does not follow on the one before" in world.broker.log()


@contextlib.contextmanager
def world_without(folder, defence):
    world = World(folder, PLUGIN.with_name(f"sopris_broker_without_{defence}.so"))
    try:
        yield world
    finally:
        world.close()


def test_without_its_check_a_revoked_session_lives(tmp_path):
    """What test_revoked_session... would show if the plug-in did not look (T-24)."""
    with world_without(tmp_path, "device_may_connect") as world:
        alice = world.session(ALICE, 3)
        world.journal.append(ORDER, ALICE, epoch=4)
        assert not wait_for_log(world.broker, "is revoked", 1) and alice.poll() is None
        alice.kill()
        assert world.broker.publish(world.device(ALICE, 3), ALICE.hex(), f"devices/{ALICE.hex()}/a")


def test_without_its_check_a_device_hears_another(tmp_path):
    """What test_a_device_reaches... would show if the plug-in did not look (T-25)."""
    with world_without(tmp_path, "topic") as world:
        spy = world.broker.subscribe(world.device(ALICE, 1), ALICE.hex(), "#")
        world.processes.append(spy)
        world.broker.publish(world.device(BERTA, 1), BERTA.hex(), f"devices/{BERTA.hex()}/a", "secret")
        assert wait_for_line(spy, "PUBLISH")


@pytest.mark.parametrize("line, sentence", [
    ("plugin_opt_revocation /x", "plugin_opt_revocation is unknown or repeated"),
    ("plugin_opt_operator_ca /nowhere", "/nowhere holds no certificate in PEM form"),
])
def test_wrong_options_stop_the_broker_with_a_sentence(world, line, sentence):
    world.broker.stop()
    path = world.folder / "mosquitto.conf"
    option = line.split()[0]
    lines = [kept for kept in path.read_text(encoding="utf-8").splitlines() if not kept.startswith(option)]
    position = next(index for index, kept in enumerate(lines) if kept.startswith("plugin ")) + 1
    path.write_text("\n".join(lines[:position] + [line] + lines[position:]) + "\n", encoding="utf-8")
    world.broker.start()
    assert world.broker.process.wait(5) != 0
    assert sentence in world.broker.log()
