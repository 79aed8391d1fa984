"""Updates from the operator's command to devices that run them: service, agent, monitor and ROM together."""
import re
import time

from tests.device.workshop import DEVICE, Workshop

PLAIN = {"monitor": DEVICE / "monitor/monitor.bin", "base": DEVICE / "systems/base.bin",
         "app": DEVICE / "systems/thermostat.bin"}
NEW = 2
STARTS_AFTERWARDS = 4  # one more than a trial gets


def rollout_counts(workshop):
    """{component: (offered, running, failed)}"""
    return {rollout["component"]: (rollout["offered"], rollout["running"], rollout["failed"])
            for rollout in workshop.sopris("rollout", "status", as_json=True)}


def wait_counts(workshop, expected, timeout_s=30.0):
    deadline = time.monotonic() + timeout_s
    while (found := rollout_counts(workshop)) != expected:
        assert time.monotonic() < deadline, f"{found} instead of {expected}"
        time.sleep(0.2)


def sequences(lines):
    """{component: sequence} of the last start that a console shows."""
    found = {}
    for line in lines:
        match = re.search(r"(?:rom|monitor): (monitor|base|app) [ab] (\d+) ", line)
        if match:
            found[match[1]] = int(match[2])
    return found


def test_all_components_reach_an_emulated_board_and_a_process(tmp_path):
    """T-04: published, offered, fetched, installed, tried, confirmed; what was confirmed needs no service to stay."""
    workshop = Workshop(tmp_path)
    try:
        port = workshop.start_service()
        workshop.new_board("emulated")
        workshop.new_board("process")
        boards = [workshop.run_board("emulated", port), workshop.run_host_board("process", port)]
        for board in boards:
            board.wait_line(r"agent: checked in")
            assert sequences(board.lines) == {component: 1 for component in PLAIN}
        for component, plain in PLAIN.items():
            workshop.publish(component, plain, NEW)
            workshop.sopris("rollout", "start", "--component", component, "--sequence", NEW)
        for board in boards:
            for component in PLAIN:
                board.wait_line(rf"agent: update of {component} to {NEW}: (\d+) of \1 bytes, finished", 60)
        wait_counts(workshop, {component: (2, 2, 0) for component in PLAIN})
        for board in boards:
            board.stop()
        for _ in range(STARTS_AFTERWARDS):
            board = workshop.run_host_board("process", 1)
            board.wait_line(r"agent: check-in failed")
            board.stop()
            assert sequences(board.lines) == {component: NEW for component in PLAIN}, board.lines
    finally:
        workshop.close()
