"""Failures of an app on the emulated board, all the way to the operator: recorded, reported, grouped, each exactly once
although network, board and service go away in between. T-07, T-17, T-27, T-31."""
import os
import pathlib
import re
import signal
import time

import pytest

from tests.device.test_kill import emulator_of
from tests.device.workshop import ROOT, Workshop

CRASH = ROOT / "build/device/tests/isolation/images/app_read_kernel"
KILL_COUNT = 3


@pytest.fixture(scope="module", name="crashing")
def fixture_crashing(tmp_path_factory):
    """A service, and a board whose app reads what it may not, again and again."""
    workshop = Workshop(tmp_path_factory.mktemp("failures"))
    workshop.crash = workshop.image("app", f"{CRASH}.bin", ("--owner",), "crash", 7)
    workshop.port = workshop.start_service()
    workshop.sopris("release", "add", workshop.crash)
    workshop.new_board("crash", app=workshop.crash)
    workshop.happened = 0
    yield workshop
    workshop.close()


def faults(lines):
    return sum(1 for line in lines if re.search(r"monitor: fault 8 ", line))


def kill(board):
    emulator = emulator_of(board.process.pid)
    os.kill(emulator, signal.SIGKILL)
    board.stop()


def failures(workshop, *arguments):
    return workshop.sopris("failure", "list", *arguments, as_json=True)


def wait_failures(workshop, accept, timeout_s=40):
    """What the service knows, as soon as it is as wanted."""
    deadline = time.monotonic() + timeout_s
    while not accept(known := failures(workshop)):
        assert time.monotonic() < deadline, known
        time.sleep(0.3)
    return known


def test_a_crash_reaches_the_operator(crashing):
    board = crashing.run_board("crash", crashing.port)
    board.wait_line(r"ns: agent: checked in", 60)
    known = wait_failures(crashing, bool)
    board.stop()
    crashing.happened += faults(board.lines)
    assert len(known) == 1
    failure = known[0]
    assert failure["release"] == "app 7" and failure["component"] == "app" and failure["devices"] == 1
    assert failure["cause"] == "forbidden access" and failure["count"] >= 1
    assert crashing.sopris("failure", "list", "--version", "6.0.0", as_json=True) == []
    assert len(crashing.sopris("failure", "list", "--version", "7.0.0", "--device", "crash", as_json=True)) == 1
    shown = crashing.sopris("failure", "show", str(failure["number"]), as_json=True)
    assert shown["by_device"][0]["count"] >= failure["count"]
    assert shown["symbol"] is None and shown["where"] == shown["pc"]
    crashing.sopris("image", "publish", crashing.crash, "--elf", ",".join(map(str, pathlib.Path(f"{CRASH}.d").glob("*.elf"))))
    known = wait_failures(crashing, lambda found: found[0]["symbol"] is not None, 10)
    assert known[0]["symbol"] == "compartment_main"
    assert re.fullmatch(r"challenge/attacks/compartment/read\.c:\d+", known[0]["place"]), known
    assert "compartment_main challenge/attacks/compartment/read.c" in crashing.sopris("failure", "list")
    table = crashing.sopris("failure", "show", str(failure["number"]))
    assert "forbidden access" in table and "By device" in table


def test_a_burst_of_failures_halts_a_rollout(crashing):
    """A board that runs well takes the crashing release, and the rollout stops by itself; the board says why."""
    crashing.new_board("well")
    board = crashing.run_board("well", crashing.port)
    board.wait_line(r"ns: agent: checked in", 60)
    crashing.sopris("rollout", "start", "--component", "app", "--sequence", "7")
    board.wait_line(r"monitor: fault 8 ", 60)
    deadline = time.monotonic() + 60
    while (rollout := crashing.sopris("rollout", "status", as_json=True)[0])["state"] == "running":
        assert time.monotonic() < deadline, rollout
        time.sleep(0.5)
    board.stop()
    assert rollout["state"] == "halted" and rollout["failed"] == 1
    assert "reported a burst of failures" in crashing.sopris("device", "explain", "well")
    mine = crashing.sopris("failure", "list", "--device", "well", as_json=True)
    assert len(mine) == 1 and mine[0]["devices"] == 1 and mine[0]["count"] >= 5


def test_each_failure_counts_once(crashing):
    """No network, then power cuts, then a service that dies; at the end the host board, which has no app to fail, hands
    in what the flash still holds."""
    for index in range(KILL_COUNT):
        nowhere = index == 0
        board = crashing.run_board("crash", 1 if nowhere else crashing.port)
        board.wait_line(r"monitor: fault 8 ", 60)
        if index == 2:
            board.wait_line(r"ns: agent: checked in", 60)
            crashing.service.process.send_signal(signal.SIGKILL)
            crashing.service.process.wait()
        time.sleep(4)
        kill(board)
        crashing.happened += faults(board.lines)
    crashing.port = crashing.run_service()
    board = crashing.run_host_board("crash", crashing.port)
    for start in range(2):
        board.wait_line(r"agent: checked in", 60, start)
    time.sleep(2)
    board.stop()
    counted = sum(failure["count"] for failure in failures(crashing, "--device", "crash"))
    # Whoever ends a board may do so between the line on the console and the record in flash.
    ended = KILL_COUNT + 1
    assert crashing.happened - ended <= counted <= crashing.happened, f"{crashing.happened} happened, {counted} counted"
