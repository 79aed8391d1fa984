"""Boards with the whole firmware against the real service: who is let in, and what people are told about it."""
import json
import time

import pytest

from tests.cli.sopris import DEVICE, Running, Service, Sopris

PARTS = {"monitor": "monitor/monitor.bin", "base": "systems/base.bin", "app": "systems/thermostat.bin"}


@pytest.fixture
def images(service):
    """The build's images, signed by acme and by the owner."""
    made = {}
    for component, binary in PARTS.items():
        signer = ["--owner"] if component == "app" else ["--maker", "acme"]
        made[component] = service.image(component, component, DEVICE / binary, *signer)
    return made


@pytest.fixture
def claimable(service, images):
    """A board, and a service that may claim it but knows no release yet."""
    options = [part for component, image in images.items() for part in (f"--{component}", image)]
    made = service.json("board", "new", "kitchen", "--maker", "acme", "--batch", "b1", "--rom", DEVICE / "rom/rom.bin",
                        *options)
    service.ueid = made["ueid"]
    service.ok("maker", "trust", "acme")
    service.ok("voucher", "add", service.voucher())
    return service


def await_decision(sopris, code, timeout_s=40.0):
    """Waits until the service has decided so about the board; returns that decision."""
    deadline = time.monotonic() + timeout_s
    seen = []
    while time.monotonic() < deadline:
        result = sopris.run("-o", "json", "device", "explain", "kitchen")
        if result.returncode == 0:
            seen = json.loads(result.stdout)["decisions"]
            for decision in seen:
                if decision["code"] == code:
                    return decision
        time.sleep(0.2)
    raise AssertionError(f"no decision {code}: {seen}")


@pytest.mark.parametrize("missing, code", [("monitor", "CHECKIN_UNKNOWN_MONITOR"), ("base", "CHECKIN_UNKNOWN_COMPONENT"),
                                           ("app", "CHECKIN_UNKNOWN_COMPONENT")])
def test_unknown_release_is_refused_and_explained(claimable, images, missing, code):
    """T-15: genuine but unknown code is refused with a reason; once its release is registered the device joins."""
    claimable.ok("release", "add", *(image for component, image in images.items() if component != missing))
    with Running(claimable, "--broker-port", "0"):
        decision = await_decision(claimable, code)
        assert not decision["accepted"] and "sopris release add" in decision["sentence"]
        assert claimable.json("device", "list")[0]["certificate"] is None
        assert "sopris release add" in claimable.ok("device", "explain", "kitchen")
        claimable.ok("release", "add", images[missing])
        assert await_decision(claimable, "NONE")["accepted"]
    device = claimable.json("device", "show", claimable.ueid[:10])
    assert device["state"] == "accepted" and device["certificate"]


def test_device_refuses_the_service_of_another_owner(claimable, images, tmp_path):
    """T-01, T-14: a claimed device tells another owner's service nothing."""
    claimable.ok("release", "add", *images.values())
    with Running(claimable, "--broker-port", "0"):
        await_decision(claimable, "NONE")
    other = Sopris(tmp_path / "other")
    other.folder.mkdir()
    foreign = Service(other)
    try:
        port = other.path("service/run/edge.port").read_text().strip()
        with Running(claimable, "--broker-port", "0", "--service-port", port) as running:
            refusal = running.until(r"agent: check-in failed")
            assert "does not lead to the owner's root" in refusal.get("meaning", ""), refusal
        assert other.json("device", "list") == []
        assert other.json("status")["devices"] == 0
    finally:
        foreign.stop()


def test_unclaimed_board_without_voucher_stays_unclaimed(service, images):
    """T-14: no voucher, no owner: the board runs its base and waits."""
    options = [part for component, image in images.items() for part in (f"--{component}", image)]
    service.ok("board", "new", "kitchen", "--maker", "acme", "--batch", "b1", "--rom", DEVICE / "rom/rom.bin", *options)
    service.ok("maker", "trust", "acme")
    service.ok("voucher", "add", service.voucher(batch="b2"))
    with Running(service, "--broker-port", "0") as running:
        running.until(r"^monitor: start unclaimed$")
        running.until(r"agent: claim failed")
    assert service.json("device", "list") == []


@pytest.mark.ticket_lifetime(10)
def test_refreshed_board_comes_back_by_itself_with_new_keys(claimable, images):
    """T-30: one order; the board resets, has new keys, proves them, gets a new certificate; nobody touches it."""
    claimable.ok("release", "add", *images.values())
    with Running(claimable, "--broker-port", "0") as running:
        await_decision(claimable, "NONE")
        before = claimable.json("device", "show", "kitchen")
        started = claimable.json("refresh", "start", "kitchen", "--why", "a test")
        assert started["devices"] == 1 and started["text"] == "a test"
        assert running.until(r"^monitor: refresh 2 1$")
        assert running.until(r"^rom: boot \d+ epoch 2$")
        deadline = time.monotonic() + 60
        while claimable.json("refresh", "status", started["number"])["state"] != "done":
            assert time.monotonic() < deadline, claimable.ok("refresh", "status", started["number"])
            time.sleep(0.3)
    after = claimable.json("device", "show", "kitchen")
    assert (before["epoch"], after["epoch"]) == (1, 2) and after["state"] == "accepted"
    assert before["certificate"]["serial"] != after["certificate"]["serial"]
    shown = claimable.ok("refresh", "status", started["number"])
    assert "ordered +" in shown and "done +" in shown and "a test" in shown
    assert claimable.json("refresh", "status")[0]["state"] == "done"
