"""A hostile kernel gets refusals from the monitor and never secure memory (T-09, T-11, T-23)."""
import time

import pytest

from tests.isolation.isolation import board, numbers, secure_word

NONE = 0x5A3C96E1
MODE, PRIVILEGE, BUSY, CALL, ARGUMENT = 0xC01, 0xC02, 0xC03, 0xC04, 0xC05
SECRET = 0x5EC2E7AA
EXC_RETURNS = ["0xFFFFFFFC", "0xFFFFFFFD", "0xFFFFFFF8", "0xFFFFFFF1", "0xFFFFFFDC", "0xFFFFFF9C", "0xFFFFFF00"]


def run(tmp_path, name, monitor="toy", **options):
    """{word: [values]} of what the hostile kernel logged, and under "lines" the whole console."""
    with board(tmp_path, monitor=monitor, base=f"hostile_{name}", **options) as running:
        running.wait_line("ns: hostile: end")
        found = {"lines": list(running.lines)}
        for line in running.lines:
            if line.startswith("ns: hostile: "):
                found.setdefault(line.split()[2], []).extend(numbers(line))
        return found


def test_calls_that_must_be_refused(tmp_path):
    said = run(tmp_path, "refused")
    assert said["handler"] == [MODE]
    assert said["oversized"] == [ARGUMENT, ARGUMENT]
    assert said["number"] == [CALL]
    assert said["unprivileged"] == [PRIVILEGE]
    assert said["faults"] == [1]  # the gate hands an unprivileged caller to its kernel


def test_twice_at_once(tmp_path):
    said = run(tmp_path, "twice")
    assert said["armed"] == [0], "the first call was not pre-empted inside"
    assert said["first"] == [NONE]
    assert said["second"] == [BUSY]


def test_without_the_gate_they_are_let_in(tmp_path):
    assert run(tmp_path, "refused", "toy_without_gate")["handler"] == [NONE]
    assert run(tmp_path, "refused", "toy_without_gate")["unprivileged"] == [NONE]
    assert run(tmp_path, "twice", "toy_without_gate")["second"] == [NONE]


def test_a_mailbox_that_changes_under_a_call(tmp_path):
    said = run(tmp_path, "mailbox")
    assert said["calm"] == said["disturbed"] == [NONE]
    assert said["difference"] == [0]


@pytest.mark.parametrize("monitor, forged", [("toy", False), ("toy_without_copy_in", True)])
def test_a_line_that_changes_between_check_and_use(tmp_path, monitor, forged):
    """Instructions are counted, so that the tick meets every moment of the call on any host."""
    said = run(tmp_path, "line", monitor, icount=0)
    assert said["written"][0] > 0
    assert ("monitor: forged" in said["lines"]) == forged


@pytest.mark.parametrize("monitor, forged", [("toy", False), ("toy_without_copy_out", True)])
def test_a_reply_that_changes_before_it_is_signed(tmp_path, monitor, forged):
    said = run(tmp_path, "statement", monitor, icount=0)
    assert said["calm"] == said["disturbed"] == [NONE]
    assert (said["difference"] != [0]) == forged


def test_secure_addresses_and_registers(tmp_path):
    said = run(tmp_path, "reach")
    assert said["refused"] == said["attempts"]
    assert said["attempts"][0] >= 37
    assert said["registers"] == [0]
    assert said["unaligned"] == [1], "an unaligned word must be no fault by itself"
    assert said["straddling-refused"] == said["straddling"], said.get("straddled")
    assert said["straddling"][0] >= 144
    assert "read" not in said and "written" not in said and "called" not in said


def test_without_a_region_for_each_peripheral_some_are_reached(tmp_path):
    said = run(tmp_path, "reach", "toy_without_sau")
    assert said["refused"] < said["attempts"]
    assert said["straddling-refused"] < said["straddling"]


@pytest.mark.parametrize("value", EXC_RETURNS)
def test_forged_exc_return(tmp_path, value):
    """It ends the boot, or the hostile world faults or hangs by itself, and the monitor's tick goes on; in no case does
    secure code run on or secure memory change."""
    with board(tmp_path, base=f"hostile_exc_return_{value}") as running:
        running.wait_line("ns: hostile: forging")
        time.sleep(1)
        if running.process.poll() is not None:
            running.wait_line("monitor: secure fault")
            return
        tick_count = secure_word(running, "toy", "toy_tick_count")
        time.sleep(0.5)
        assert secure_word(running, "toy", "toy_tick_count") > tick_count
        assert secure_word(running, "toy", "toy_secret") == SECRET
