"""Hostile apps and a hostile kernel behind the product's whole boot chain: ROM, its monitor, its kernel, a claimed board.

T-08, T-09, T-10, T-11, T-23. The attacks are those of tests/isolation, signed by the keys that a thief of code rights
would have: the owner's for apps, the maker's for base. What goes on beside them (tests/isolation/images/calm.toml) takes the
place of agent and hub."""
import re
import shutil

import pytest

from tests.isolation.isolation import IMAGES, everything_goes_on, last, numbers, wait_until
from tests.monitor.test_monitor import SLOTS, BoardFiles, World, claim

MODE, PRIVILEGE, BUSY, CALL, ARGUMENT = 0xC01, 0xC02, 0xC03, 0xC04, 0xC05
NONE = 0x5A3C96E1
CAUSES = {"call_veneer": {0x40000001}, "read_secure_ram": {0x40000002}, "read_flash": {0x40000002},
          "write_kernel": {0x82}, "return_function": {0x40000001}}


@pytest.fixture(scope="module", name="claimed")
def fixture_claimed(tmp_path_factory):
    return claim(World(tmp_path_factory.mktemp("alice") / "work"))


@pytest.fixture(name="board")
def fixture_board(claimed, tmp_path):
    """A copy of the claimed board, into which a test puts signed images."""
    world, source = claimed
    files = BoardFiles(source, tmp_path / "board")
    files.install = lambda component, plain: [
        files.put(slot, world.sign(component, IMAGES / f"{plain}.bin", 3).read_bytes()) for slot in SLOTS[component]]
    yield files
    shutil.rmtree(files.folder)


def causes(lines):
    return [int(match[1], 16) for line in lines if (match := re.match(r"monitor: fault 8 0x([0-9a-f]{8}) ", line))]


@pytest.mark.parametrize("attack", sorted(CAUSES))
def test_a_hostile_app_is_stopped_and_started_again(board, attack):
    board.install("base", "calm_plain")
    board.install("app", f"app_{attack}")
    with board.emulator() as running:
        wait_until(running, lambda lines: len(causes(lines)) >= 2)
        everything_goes_on(running)
        assert set(causes(running.lines)) <= CAUSES[attack], [hex(cause) for cause in causes(running.lines)]
        assert "ns: attacker: survived" not in running.lines


def test_a_function_return_over_a_pre_empted_call_resets_nothing(board):
    board.install("base", "calm_plain")
    board.install("app", "app_function_return")
    with board.emulator() as running:
        wait_until(running, lambda lines: any("0xe000e000" in line for line in lines), 120)
        everything_goes_on(running)


def test_a_period_of_10_ms_is_kept_while_the_monitor_signs(board):
    board.install("base", "calm_plain")
    with board.emulator(icount=0) as running:
        wait_until(running, lambda lines: last(lines, "ns: period") and last(lines, "ns: period")[0] >= 100, 120)
        assert last(running.lines, "ns: signer")[0] >= 3, "the monitor was not busy"
        for line in running.lines:
            if line.startswith("ns: period"):
                assert numbers(line)[1:] == [10, 10], line


def said_by(board, name, **options):
    """{word: [values]} of what the hostile kernel logged."""
    board.install("base", f"hostile_{name}")
    found = {}
    with board.emulator(**options) as running:
        running.wait_line("ns: hostile: end", 120)
        for line in running.lines:
            if line.startswith("ns: hostile: "):
                found.setdefault(line.split()[2], []).extend(numbers(line))
    return found


def test_a_hostile_kernel_gets_refusals(board):
    said = said_by(board, "refused")
    assert said["handler"] == [MODE]
    assert said["oversized"] == [ARGUMENT, ARGUMENT]
    assert said["number"] == [CALL]
    assert said["unprivileged"] == [PRIVILEGE]


def test_a_hostile_kernel_is_not_let_in_twice(board):
    said = said_by(board, "twice")
    assert said["armed"] == [0], "the first call was not pre-empted inside"
    assert said["first"] == [NONE]
    assert said["second"] == [BUSY]


def test_a_hostile_kernel_reads_no_secure_memory(board):
    said = said_by(board, "reach")
    assert said["refused"] == said["attempts"]
    assert said["registers"] == [0]
    assert "read" not in said and "written" not in said and "called" not in said
