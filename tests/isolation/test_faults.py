"""A fault stops its compartment alone and is reported once (T-27): a sample of random ones in each compartment (the
thousand in a row is "make faults"), the limit of restarts, and what outlives them."""
import secrets

import pytest

from tests.isolation import faults
from tests.isolation.isolation import board, everything_goes_on, numbers, wait_until

SAMPLE_COUNT = 80
UNDEFINED = 0x10000


def test_random_faults_in_every_compartment(tmp_path):
    faults.run(tmp_path, secrets.randbelow(2 ** 32), SAMPLE_COUNT)


def test_without_a_queue_faults_get_lost(tmp_path):
    with pytest.raises(AssertionError, match="missing|in time"):
        faults.run(tmp_path, 7, SAMPLE_COUNT, base="inject_without_fault_queue", patience_s=20)


def starts(running):
    """[start count in kept memory, in fresh memory, faults, cause] of each start."""
    return [numbers(line) for line in running.lines if line.startswith("ns: attacker: start")]


@pytest.mark.parametrize("app, kept", [("app_fall", [1, 2, 3, 4]), ("app_fall_fresh", [1, 1, 1, 1])])
def test_it_stays_down_after_its_limit_and_says_so(tmp_path, app, kept):
    with board(tmp_path, app=app) as running:
        running.wait_line("ns: attacker: stays down until the device starts again")
        running.wait_line("monitor: fault 08 40000007 00000000 00000000 00000004")
        everything_goes_on(running)
        assert starts(running) == [[kept[index], 1, index, UNDEFINED if index else 0] for index in range(4)]
        wait_until(running, lambda lines: sum(line.startswith("monitor: fault 08 00010000") for line in lines) == 4)
