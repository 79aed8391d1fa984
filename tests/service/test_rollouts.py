"""Rollouts over devices that write their own lives: offered, installed, failed, halted, resumed. No clock is waited for."""
import hashlib
import os
import signal
import time

import pytest

from tests.support.service import Service, fake_device, slot, upload, wait_until

OLD, NEW = 3, 4
DOWNLOADING, WAITING, TRIAL, CONFIRMED, SETTLED, FAILED, REFUSED = range(1, 8)
ATTEMPTS, CLASS, DIGEST = 0x0B02, 0x0307, 0x030B


class Device:
    """One fake device: which base it runs and how often it has booted is the test's to say."""

    def __init__(self, service, index):
        self.service, self.index = service, index
        self.base, self.boot, self.sequence, self.ueid = OLD, 1, 0, None

    def check_in(self, *words):
        """The offers in the answer."""
        self.sequence += 10
        result = fake_device("run", self.service.folder, self.index, self.base, self.boot, self.sequence, *words)
        self.ueid = result["ueid"]
        return result["offers"]

    def reset(self, base, *words):
        self.base, self.boot, self.sequence = base, self.boot + 1, 0
        return self.check_in(*words)

    def says(self, state, code=0, done=0, sequence=NEW):
        """A check-in with a report."""
        return self.check_in(f"report=2,{sequence},{state},{code},{done}")

    def explain(self):
        status, document = self.service.request("GET", f"/v1/devices/{self.ueid}/explain")
        assert status == 200
        return document

    def why(self):
        return [update["sentence"] for update in self.explain()["updates"]]


def start(service, **wish):
    status, rollout = service.request("POST", "/v1/rollouts", {"component": "base", "sequence": NEW, **wish})
    assert status == 201, rollout
    return rollout["number"]


def act(service, number, verb, body=b"{}", operator="admin"):
    return service.request("POST", f"/v1/rollouts/{number}/{verb}", raw=body, operator=operator)


def state(service, number):
    rollouts = service.request("GET", "/v1/rollouts")[1]["rollouts"]
    rollout = next(rollout for rollout in rollouts if rollout["number"] == number)
    return rollout["state"], rollout["offered"], rollout["running"], rollout["failed"]


@pytest.fixture
def service(tmp_path):
    with Service(tmp_path / "world") as running:
        running.enter_all()
        contents = slot(running, "base4")
        assert upload(running, contents)[0] == 201
        running.new = {"component": 2, "sequence": NEW, "size": len(contents),
                       "digest": hashlib.sha256(contents).hexdigest()}
        yield running


def test_offered_then_installed(service):
    devices = [Device(service, index) for index in range(3)]
    assert [device.check_in() for device in devices] == [[], [], []]
    assert devices[0].why() == []
    number = start(service)
    assert devices[0].why() == ["offered at its next check-in"]
    assert [device.check_in() for device in devices] == [[service.new]] * 3
    assert devices[0].check_in() == [service.new], "it may have lost the answer"
    assert state(service, number) == ("running", 3, 0, 0)
    assert devices[0].reset(NEW) == [] and devices[1].reset(NEW) == []
    assert state(service, number) == ("running", 3, 2, 0)
    assert devices[0].why() == ["the device runs it"]
    details = [decision["detail"] for decision in devices[0].explain()["decisions"]]
    assert "base 4 installed" in details[0] and "base 4 offered" in details[2]


def test_too_many_failures_halt_and_someone_goes_on(service):
    devices = [Device(service, index) for index in range(5)]
    number = start(service, failures_max=2)
    for device in devices[:3]:
        assert device.check_in() == [service.new]
    assert devices[0].reset(OLD) == []
    assert state(service, number) == ("running", 3, 0, 1)
    assert devices[1].reset(OLD) == []
    assert state(service, number) == ("halted", 3, 0, 2)
    assert devices[2].check_in() == [] and devices[3].check_in() == []
    assert "halted" in devices[3].why()[0] and "did not come to run it" in devices[0].why()[0]
    assert "base 4 failed" in devices[0].explain()["decisions"][0]["detail"]
    assert act(service, number, "pause")[1]["state"] == "halted"
    assert act(service, number, "resume")[1]["state"] == "running"
    assert devices[2].check_in() == [service.new] and devices[3].check_in() == [service.new]
    assert devices[0].check_in() == [], "what failed once is not tried again"
    assert devices[2].reset(OLD) == []
    assert state(service, number) == ("running", 4, 0, 3)
    assert devices[3].reset(NEW) == []
    assert devices[3].reset(OLD) == [], "a device that falls back later has failed too"
    assert state(service, number) == ("halted", 4, 0, 4)


def test_paused_and_aborted_offer_nothing(service):
    first, second = Device(service, 1), Device(service, 2)
    number = start(service)
    assert first.check_in() == [service.new]
    assert act(service, number, "pause")[0] == 200
    assert first.check_in() == [] and second.check_in() == []
    assert "paused" in second.why()[0]
    assert first.reset(NEW) == []
    assert state(service, number) == ("paused", 1, 1, 0), "progress is counted all the same"
    status, problem = service.request("POST", "/v1/rollouts", {"component": "base", "sequence": NEW})
    assert status == 409 and "is open" in problem["detail"]
    assert act(service, number, "abort")[1]["state"] == "aborted"
    assert second.check_in() == [] and second.why() == []
    assert act(service, number, "resume")[0] == 409
    again = start(service)
    assert again > number and second.check_in() == [service.new]


def test_rings_are_the_same_devices_and_grow(service):
    devices = [Device(service, index) for index in range(12)]
    number = start(service, percent=50)
    inside = [bool(device.check_in()) for device in devices]
    rings = [device.explain()["updates"][0]["ring"] for device in devices]
    assert inside == [ring < 50 for ring in rings] and True in inside and False in inside
    outside = devices[inside.index(False)]
    assert "outside the ring" in outside.why()[0]
    assert act(service, number, "resume", b'{"percent": 100}')[1]["percent"] == 100
    assert all(device.check_in() for device in devices)


def test_killed_core_goes_on_where_it_was(service):
    devices = [Device(service, index) for index in range(4)]
    number = start(service, failures_max=2)
    steps = [lambda: devices[0].check_in(), lambda: devices[1].check_in(), lambda: devices[0].reset(NEW),
             lambda: devices[1].reset(OLD), lambda: devices[2].check_in(), lambda: devices[2].reset(OLD)]
    outcomes = [(1, 0, 0), (2, 0, 0), (2, 1, 0), (2, 1, 1), (3, 1, 1), (3, 1, 2)]
    for step, expected in zip(steps, outcomes):
        step()
        victim = service.pids("sopris-core")[0]
        os.kill(victim, signal.SIGKILL)
        assert wait_until(lambda: service.pids("sopris-core") not in ([], [victim]))
        assert wait_until(lambda: service.request("GET", "/v1/status")[0] == 200)
        assert state(service, number)[1:] == expected
    assert state(service, number)[0] == "halted" and devices[3].check_in() == []


def test_who_may_and_what_is_refused(service):
    for name in ("viewer", "releaser"):
        body = {"name": name, "role": name, "certificate": service.text(f"{name}.crt")}
        assert service.request("POST", "/v1/operators", body)[0] == 201
    good = {"component": "base", "sequence": NEW}
    assert service.request("POST", "/v1/rollouts", good, operator="viewer")[1]["code"] == "OPERATOR_ROLE"
    for change, status in (({"sequence": 9}, 404), ({"component": "app"}, 404), ({"component": "rom"}, 400),
                           ({"percent": 0}, 400), ({"percent": 101}, 400), ({"failures_max": 0}, 400),
                           ({"rate": -1}, 400), ({"sequence": -1}, 400), ({"more": 1}, 400)):
        assert service.request("POST", "/v1/rollouts", {**good, **change})[0] == status, change
    assert service.request("POST", "/v1/rollouts", good, operator="releaser")[0] == 201
    number = service.request("GET", "/v1/rollouts", operator="viewer")[1]["rollouts"][0]["number"]
    for verb in ("pause", "resume", "abort"):
        assert act(service, number, verb, operator="viewer")[1]["code"] == "OPERATOR_ROLE"
        for wrong in (number + 1, "x", "", "1" * 30):
            assert act(service, wrong, verb)[0] == 404
    assert act(service, number, "resume", b'{"percent": 101}')[0] == 400
    assert act(service, number, "abort", operator="releaser")[0] == 200


def test_what_devices_say_is_shown_and_counts(service):
    devices = [Device(service, index) for index in range(5)]
    number = start(service, failures_max=2)
    for device in devices:
        assert device.check_in() == [service.new]
    assert devices[0].says(DOWNLOADING, done=70) == [service.new]
    devices[0].boot, devices[0].sequence = 2, 0
    assert devices[0].says(DOWNLOADING, done=80) == [service.new], "a power cut in a download is no failure"
    assert devices[1].says(WAITING, done=100) == [service.new]
    assert devices[2].says(REFUSED, DIGEST) == [service.new], "the line may be to blame"
    rollout = service.request("GET", "/v1/rollouts")[1]["rollouts"][0]
    assert rollout["reported"] == {"downloading": 1, "waiting for a restart": 1, "refused": 1}
    assert (rollout["bytes_done"], rollout["bytes_total"]) == (180, 5 * service.new["size"])
    assert devices[3].says(REFUSED, CLASS) == []
    update = devices[3].explain()["updates"][0]
    assert (update["report"]["state"], update["report"]["code"]) == ("refused", "MANIFEST_CLASS")
    assert "another device class" in update["report"]["sentence"] and update["report"]["since"] > 0
    assert state(service, number) == ("running", 5, 0, 1)
    assert devices[4].says(FAILED, ATTEMPTS) == []
    assert state(service, number) == ("halted", 5, 0, 2), "what devices say halts it too"
    details = [decision["detail"] for decision in devices[4].explain()["decisions"]]
    assert "base 4 failed" in details[0]
    shown = service.request("GET", f"/v1/rollouts/{number}", operator="admin")[1]
    assert shown["sentence"] == "halted; 0 of 5 devices offered run it"
    assert [device["state"] for device in shown["devices"]] == ["failed"] * 2 + ["offered"] * 3
    codes = {device["ueid"]: device["report"]["code"] for device in shown["devices"] if device["report"]}
    assert (codes[devices[3].ueid], codes[devices[4].ueid]) == ("MANIFEST_CLASS", "BOOT_ATTEMPTS")
    assert service.request("GET", f"/v1/rollouts/{number + 1}")[0] == 404


def test_power_cuts_do_not_halt(service):
    """With the default of one failure; the device reports nothing of this release, but it does report."""
    device, silent = Device(service, 0), Device(service, 1)
    says = "generations=1,1,1"
    number = start(service)
    assert device.check_in(says) == [service.new]
    for _ in range(5):
        assert device.reset(OLD, says) == [service.new]
    assert state(service, number) == ("running", 1, 0, 0)
    assert device.why()[0].startswith("offered;")
    assert "failed" not in device.explain()["decisions"][0]["detail"]
    assert device.reset(NEW, says) == []
    assert state(service, number)[2:] == (1, 0)
    assert silent.check_in() == [service.new] and silent.reset(OLD) == []
    assert state(service, number) == ("halted", 2, 1, 1), "one that never reports has no other way to say it"


def test_another_chance(service):
    device, other = Device(service, 0), Device(service, 1)
    number = start(service, failures_max=3)
    assert device.check_in() == other.check_in() == [service.new]
    assert device.says(FAILED, ATTEMPTS) == [] and other.reset(OLD) == []
    assert act(service, number, "retry", b'{"ueid": "%s"}' % device.ueid.encode())[1]["failed"] == 1
    assert act(service, number, "retry", b'{"ueid": "%s"}' % device.ueid.encode())[0] == 404
    assert other.check_in() == []
    assert device.says(FAILED, ATTEMPTS) == [service.new], "the old story does not count against the new try"
    assert act(service, number, "retry")[1]["failed"] == 0
    assert other.check_in() == [service.new]
    assert device.reset(NEW) == []
    assert state(service, number)[2:] == (1, 0)
    for wrong in (b'{"ueid": 1}', b'{"ueid": "00"}', b'{"more": 1}'):
        assert act(service, number, "retry", wrong)[0] == 400


def test_rings_open_by_themselves(service):
    devices = [Device(service, index) for index in range(8)]
    probe = start(service, percent=1)
    for device in devices:
        device.check_in()
    rings = {device.index: device.explain()["updates"][0]["ring"] for device in devices}
    act(service, probe, "abort")
    part = sorted(rings.values())[2] + 1
    number = start(service, rings=[part, 100], ring_wait=0, success_min=100)
    first = [device for device in devices if rings[device.index] < part]
    later = [device for device in devices if device not in first]
    assert first and later
    for device in devices:
        assert bool(device.check_in()) == (device in first)
    for device in first[:-1]:
        device.reset(NEW)
    assert rollout_of(service, number)["percent"] == part
    first[-1].reset(NEW)
    assert rollout_of(service, number)["percent"] == 100
    for device in later:
        assert device.check_in() == [service.new]
    for device in later:
        assert state(service, number)[0] == "running"
        device.reset(NEW)
    assert state(service, number) == ("finished", 8, 8, 0)
    straggler = Device(service, 99)
    assert straggler.check_in() == [service.new], "who comes late is still offered it"
    assert start(service) > number, "a finished rollout does not stand in the way"
    assert straggler.check_in() == [service.new]
    assert act(service, number, "resume")[0] == 409


def rollout_of(service, number):
    return next(r for r in service.request("GET", "/v1/rollouts")[1]["rollouts"] if r["number"] == number)


def test_groups_and_windows(service):
    inside, outside = Device(service, 0), Device(service, 1)
    inside.check_in(), outside.check_in()
    for ueid, group in ((inside.ueid, "roof"), (outside.ueid, "roof"), (outside.ueid, "")):
        assert service.request("POST", f"/v1/devices/{ueid}/group", {"group": group})[0] == 200
    assert service.request("GET", "/v1/groups")[1]["groups"] == [{"name": "roof", "devices": 1}]
    assert service.request("GET", f"/v1/devices/{inside.ueid}")[1]["group"] == "roof"
    for wrong in ("Roof", "1", "a" * 33, "a b"):
        assert service.request("POST", f"/v1/devices/{inside.ueid}/group", {"group": wrong})[0] == 400
    number = start(service, group="roof")
    assert inside.check_in() == [service.new] and outside.check_in() == []
    assert outside.why() == []
    assert service.request("POST", "/v1/rollouts", {"component": "base", "sequence": NEW})[0] == 409
    assert service.request("POST", "/v1/rollouts", {"component": "base", "sequence": NEW, "group": "attic"})[0] == 201
    for other in service.request("GET", "/v1/rollouts")[1]["rollouts"]:
        act(service, other["number"], "abort")
    hour = int(time.time()) // 3600 % 24
    number = start(service, window=[(hour + 2) % 24, (hour + 3) % 24])
    assert outside.check_in() == [] and "window" in outside.why()[0]
    act(service, number, "abort")
    start(service, window=[(hour - 1) % 24, (hour + 2) % 24])
    assert outside.check_in() == [service.new]


def test_finish_and_withdraw_by_hand(service):
    first, second, third = (Device(service, index) for index in range(3))
    number = start(service)
    assert first.check_in() == [service.new]
    assert act(service, number, "finish")[1]["state"] == "finished"
    assert second.check_in() == [service.new]
    assert first.reset(OLD) == []
    assert state(service, number)[0] == "aborted", "too many failures withdraw what is finished"
    assert third.check_in() == [] and third.why() == []


@pytest.mark.parametrize("wrong", [{"rings": []}, {"rings": [5, 5]}, {"rings": [10, 5]}, {"rings": [101]},
                                   {"rings": [0]}, {"rings": ["a"]}, {"rings": list(range(1, 10))},
                                   {"rings": [5], "percent": 5}, {"window": [1]}, {"window": [24, 1]},
                                   {"success_min": 0}, {"success_min": 101}, {"ring_wait": -1}, {"group": "X"}])
def test_wishes_that_make_no_sense(refusing, wrong):
    assert refusing.request("POST", "/v1/rollouts", {"component": "base", "sequence": NEW, **wrong})[0] == 400


@pytest.fixture(scope="module")
def refusing(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("refusing") / "world") as running:
        yield running
