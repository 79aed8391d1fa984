"""Refresh and revocation (T-30): decided, journaled, ordered, proved, done; and never forgotten by a restored database.
Devices write their own lives; each refresh's turn comes with the core's clock, once a second."""
import os
import pathlib
import shutil
import signal
import time

import pytest

from tests.broker.workshop import EPOCH_MIN, ORDER, QUARANTINE, RELEASE
from tests.support.service import Service, fake_device, wait_until

ENTRY_SIZE_BYTES = 96


@pytest.fixture(name="service")
def fixture_service(tmp_path):
    with Service(tmp_path / "world") as running:
        yield running.enter_all()


class Device:
    def __init__(self, service, index, epoch=1):
        self.service, self.index, self.epoch, self.boot, self.sequence = service, index, epoch, 1, 0
        self.ueid = None

    def check_in(self, epoch=None, check=True):
        self.sequence += 10
        result = fake_device("run", self.service.folder, self.index, 3, self.boot, self.sequence,
                             f"epoch={epoch or self.epoch}", check=check)
        self.ueid = result["ueid"]
        return result

    def refresh(self):
        """A new epoch and with it new keys."""
        self.epoch, self.boot, self.sequence = self.epoch + 1, self.boot + 1, 0
        return self.check_in()


def start(service, **wish):
    status, document = service.request("POST", "/v1/refreshes", wish)
    assert status == 201, document
    return document["number"]


def post(service, path, **options):
    return service.request("POST", path, raw=b"{}", **options)


def stages(service, number):
    document = service.request("GET", f"/v1/refreshes/{number}")[1]
    return {name: count for name, count in document["stages"].items() if count}


def journal(service):
    """(kind, UEID, epoch) of each entry."""
    data = (service.folder / "revocations").read_bytes()
    assert len(data) % ENTRY_SIZE_BYTES == 0
    entries = [data[at:at + ENTRY_SIZE_BYTES] for at in range(0, len(data), ENTRY_SIZE_BYTES)]
    return [(entry[4], entry[21:54].hex(), int.from_bytes(entry[54:58], "big")) for entry in entries]


def ordered(service, number):
    return wait_until(lambda: "waiting" not in stages(service, number))


def test_one_device_goes_through_all_stages(service):
    device, other = Device(service, 1), Device(service, 2)
    assert device.check_in()["order"] == 0 and other.check_in()["order"] == 0
    number = start(service, device=device.ueid, text="key leaked")
    assert ordered(service, number)
    assert stages(service, number) == {"ordered": 1} and journal(service) == [(ORDER, device.ueid, 2)]
    # The order and nothing else: no certificate, no offer, no time.
    answer = device.check_in()
    assert (answer["order"], answer["ticket_lifetime"], answer["certificates"], answer["offers"]) == (2, 0, 0, [])
    assert device.check_in()["order"] == 2, "an order is repeated until it is carried out"
    assert stages(service, number) == {"delivered": 1}
    answer = device.refresh()
    assert answer["order"] == 0 and answer["certificates"] == 1 and answer["ticket_lifetime"] > 0
    document = service.request("GET", f"/v1/refreshes/{number}")[1]
    assert document["state"] == "done" and document["text"] == "key leaked"
    reached = document["targets"][0]["reached"]
    assert list(reached) == ["waiting", "ordered", "delivered", "proved", "done"]
    assert sorted(reached.values()) == list(reached.values())
    # The old keys are refused from here on, and the other device has noticed nothing.
    old = device.check_in(epoch=1)
    assert (old["order"], old["ticket_lifetime"], old["certificates"]) == (2, 0, 0)
    assert other.check_in()["order"] == 0
    explained = service.request("GET", f"/v1/devices/{device.ueid}/explain")[1]["decisions"]
    assert "CHECKIN_REFRESH" in [decision["code"] for decision in explained]


def test_silent_device_is_locked_out_at_the_decision(service):
    device = Device(service, 1)
    device.check_in()
    number = start(service, device=device.ueid)
    assert ordered(service, number)
    time.sleep(1.2)
    assert stages(service, number) == {"ordered": 1}
    target = service.request("GET", f"/v1/refreshes/{number}")[1]["targets"][0]
    assert target["stage"] == "ordered" and target["epoch"] == 2
    # Without a word of it: a certificate of the old epoch counts for nothing at the broker, which reads the journal.
    assert journal(service) == [(ORDER, device.ueid, 2)]


def test_fleet_goes_by_its_rate_and_an_abort_leaves_the_rest_alone(service):
    devices = [Device(service, index) for index in range(5)]
    for device in devices:
        device.check_in()
    number = start(service, all=True, rate=2)
    assert wait_until(lambda: stages(service, number).get("ordered") == 2)
    time.sleep(2.5)
    assert stages(service, number) == {"waiting": 3, "ordered": 2}
    assert post(service, f"/v1/refreshes/{number}/abort")[0] == 200
    assert stages(service, number) == {"ordered": 2}
    assert len(journal(service)) == 2
    again = start(service, all=True)
    assert ordered(service, again) and stages(service, again) == {"ordered": 3}
    assert service.request("POST", "/v1/refreshes", {"all": True})[0] == 409
    for device in devices:
        assert device.check_in()["order"] == 2
        assert device.refresh()["certificates"] == 1
    assert stages(service, number) == {"done": 2} and stages(service, again) == {"done": 3}


def test_killed_core_forgets_no_order(service):
    devices = [Device(service, index) for index in range(6)]
    for device in devices:
        device.check_in()
    number = start(service, all=True, rate=240)
    for _ in range(3):
        victim = service.pids("sopris-core")[0]
        os.kill(victim, signal.SIGKILL)
        assert wait_until(lambda: service.pids("sopris-core") not in ([], [victim]))
        assert wait_until(lambda: service.request("GET", "/v1/status")[0] == 200)
    assert ordered(service, number)
    assert sorted(journal(service)) == sorted((ORDER, device.ueid, 2) for device in devices)
    assert all(device.check_in()["order"] == 2 for device in devices)


def test_restored_database_forgets_nothing(service, tmp_path):
    """Yesterday's backup: the journal is replayed before anything is served (T-30)."""
    device, late = Device(service, 1), Device(service, 2)
    device.check_in()
    service.stop()
    backup = tmp_path / "store.db"
    shutil.copy(service.folder / "store.db", backup)
    service.start()
    number = start(service, device=device.ueid)
    assert ordered(service, number)
    device.refresh()
    late.check_in()
    post(service, f"/v1/devices/{late.ueid}/quarantine")
    service.stop()
    for name in ("store.db-wal", "store.db-shm"):
        pathlib.Path(service.folder / name).unlink(missing_ok=True)
    shutil.copy(backup, service.folder / "store.db")
    service.start()
    assert "2 revocations that the database had not seen were taken from" in service.log()
    assert device.check_in(epoch=1)["order"] == 2, "a revoked key is accepted again"
    assert device.check_in()["order"] == 0
    assert late.check_in(check=False)["code"] == "CHECKIN_QUARANTINED"


def test_without_the_rule_revoked_keys_go_on(tmp_path):
    """The twin: what the order path defends against (T-30)."""
    with Service(tmp_path / "world", without="revoked") as service:
        service.enter_all()
        device = Device(service, 1)
        device.check_in()
        assert ordered(service, start(service, device=device.ueid))
        answer = device.check_in()
        assert answer["order"] == 0 and answer["ticket_lifetime"] > 0


def test_quarantine_ends_when_somebody_says_so(service):
    device = Device(service, 1)
    device.check_in()
    assert post(service, f"/v1/devices/{device.ueid}/quarantine")[1]["quarantined"] is True
    assert device.check_in(check=False)["code"] == "CHECKIN_QUARANTINED"
    assert post(service, f"/v1/devices/{device.ueid}/release")[1]["quarantined"] is False
    assert device.check_in()["code"] == "NONE"
    assert [entry[0] for entry in journal(service)] == [QUARANTINE, RELEASE]


def test_an_epoch_that_was_proved_is_journaled(service):
    device = Device(service, 1, epoch=1)
    device.check_in()
    device.refresh()
    assert journal(service) == [(EPOCH_MIN, device.ueid, 2)]


@pytest.mark.parametrize("damage, sentence", [
    ("flip", "does not follow on the one before"),
    ("shorten", "has seen more of the revocation journal than this file holds"),
    ("remove", "has seen more of the revocation journal than this file holds"),
])
def test_core_does_not_serve_with_another_journal(service, damage, sentence):
    device = Device(service, 1)
    device.check_in()
    assert ordered(service, start(service, device=device.ueid))
    service.stop()
    path = service.folder / "revocations"
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[60] ^= 1
        path.write_bytes(data)
    elif damage == "shorten":
        path.write_bytes(data[:-1])
    else:
        path.unlink()
    with pytest.raises(AssertionError):
        service.start()
    assert sentence in service.log()


def test_torn_end_is_cut_off(service):
    device = Device(service, 1)
    device.check_in()
    assert ordered(service, start(service, device=device.ueid))
    service.stop()
    path = service.folder / "revocations"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:50])
    service.start()
    assert path.read_bytes() == whole
    device.check_in()
    device.refresh()
    assert ordered(service, start(service, device=device.ueid))
    assert journal(service) == [(ORDER, device.ueid, 2), (ORDER, device.ueid, 3)]


def test_who_may_and_what_is_refused(service):
    device = Device(service, 1)
    device.check_in()
    body = {"name": "viewer", "role": "viewer", "certificate": service.text("viewer.crt")}
    assert service.request("POST", "/v1/operators", body)[0] == 201
    good = {"device": device.ueid}
    for path in ("/v1/refreshes", "/v1/refreshes/1/abort", f"/v1/devices/{device.ueid}/quarantine",
                 f"/v1/devices/{device.ueid}/release"):
        assert post(service, path, operator="viewer")[1]["code"] == "OPERATOR_ROLE"
    for change in ({"device": "00"}, {"all": True}, {"rate": -1}, {"text": "a\nb"}, {"text": "x" * 201}, {"more": 1}):
        assert service.request("POST", "/v1/refreshes", {**good, **change})[0] == 400, change
    assert post(service, "/v1/refreshes")[0] == 400
    stranger = "01" + "0" * 64
    assert service.request("POST", "/v1/refreshes", {"device": stranger})[0] == 409
    assert post(service, f"/v1/devices/{stranger}/quarantine")[0] == 404
    for number in ("9", "x", ""):
        assert service.request("GET", f"/v1/refreshes/{number}")[0] == 404
        assert post(service, f"/v1/refreshes/{number}/abort")[0] == 404
    assert journal(service) == []
