"""Attacks on rollouts: words without evidence, operators without the right, sets without the root. T-05, T-18, T-19."""
import base64
import sqlite3

import pytest

from tests.support.service import Service, fake_device, slot, upload

NEW, FAILED = 4, 6
ATTEMPTS = 0x0B02


@pytest.fixture
def service(tmp_path):
    with Service(tmp_path / "world") as running:
        running.enter_all()
        assert upload(running, slot(running, "base4"))[0] == 201
        yield running


def run(service, index, base, boot, *words):
    return fake_device("run", service.folder, index, base, boot, 10 * boot, *words, check=False)


def test_words_without_accepted_evidence_halt_nothing(service):
    """An owned edge, or a device that runs unknown code, says that everybody failed; a thousand such words count nothing."""
    victim = run(service, 1, 3, 1)
    assert victim["code"] == "NONE"
    assert service.request("POST", "/v1/rollouts", {"component": "base", "sequence": NEW})[0] == 201
    assert len(run(service, 1, 3, 2)["offers"]) == 1
    for boot in range(3, 6):
        refused = run(service, 1, 77, boot, f"report=2,{NEW},{FAILED},{ATTEMPTS},0")
        assert refused["code"] == "CHECKIN_UNKNOWN_COMPONENT" and refused["offers"] == []
        stranger = run(service, 100 + boot, 77, boot, f"report=2,{NEW},{FAILED},{ATTEMPTS},0")
        assert stranger["code"] == "CHECKIN_UNKNOWN_COMPONENT"
    rollout = service.request("GET", "/v1/rollouts/1")[1]
    assert (rollout["state"], rollout["failed"], rollout["reported"]) == ("running", 0, {})
    assert service.query("SELECT count(*) FROM report") == [(0,)]


def test_words_of_one_device_count_once(service):
    """A device that lies can stop a rollout for itself alone; the threshold is counted in devices."""
    assert service.request("POST", "/v1/rollouts", {"component": "base", "sequence": NEW, "failures_max": 2})[0] == 201
    for boot in range(1, 6):
        run(service, 1, 3, boot, f"report=2,{NEW},{FAILED},{ATTEMPTS},{boot}")
    rollout = service.request("GET", "/v1/rollouts/1")[1]
    assert (rollout["state"], rollout["failed"]) == ("running", 1)


def test_key_sets_of_others_change_nothing(service):
    """A set by another maker's root, by the right root but altered, and one replayed after a newer one."""
    def add(contents):
        body = {"keyset": base64.b64encode(contents).decode()}
        return service.request("POST", "/v1/keysets", body)[1]["code"]
    before = service.request("GET", "/v1/keysets")[1]
    assert add((service.folder / "stranger.keyset").read_bytes()) == "KEYSET_ROOT"
    control = bytearray((service.folder / "control.keyset").read_bytes())
    assert add(bytes(control)) == "KEYSET_GENERATION"
    control[-1] ^= 1
    assert add(bytes(control)) == "KEYSET_SIGNATURE"
    assert service.request("GET", "/v1/keysets")[1] == before
    key = service.request("POST", "/v1/control-keys", raw=b"{}")[1]["public_key"]
    fake_device("keyset", service.folder, "control", 3, key)
    newer = (service.folder / "control-3.keyset").read_bytes()
    assert service.request("POST", "/v1/keysets", {"keyset": base64.b64encode(newer).decode()})[0] == 201
    assert add((service.folder / "control.keyset").read_bytes()) == "KEYSET_GENERATION"
    assert add(newer) == "KEYSET_GENERATION"


def test_a_stolen_old_release_key_publishes_nothing(service):
    """A10: after the maker's set has moved on, an image under the old one is refused, however well it is signed."""
    with_old = slot(service, "monitor")
    # As if the maker had sent generation 9 of this very root: the newest generation is what counts.
    assert upload(service, with_old)[0] == 201
    service.stop()
    database = sqlite3.connect(service.folder / "store.db")
    database.execute("UPDATE keyset SET generation = 9 WHERE kind = 1")
    database.commit()
    database.close()
    service.start()
    assert upload(service, slot(service, "base"))[1]["code"] == "KEYSET_GENERATION"
