"""A compartment spins on the veneer while another keeps the monitor signing, with ticks of random length (T-10).

With the LIFO rule nothing comes of it; without it the compartment goes on with the kernel's privilege. The gate's
expulsion of unprivileged callers is taken out in both, so that the rule stands alone and millions of calls are made."""
import os

from tests.isolation.isolation import board, everything_goes_on, last, wait_until

CALL_COUNT = int(os.environ.get("SOPRIS_ESCALATION_CALLS", "10000000"))
KIND_PRIVILEGE = 1  # place among the counts of a "toy:" line


def refused(lines):
    counts = last(lines, "toy: faults")
    return counts[KIND_PRIVILEGE] if counts else 0


def test_nothing_in_millions_of_calls(tmp_path):
    with board(tmp_path, monitor="toy_without_expulsion", base="calm_random", app="app_spin_veneer") as running:
        wait_until(running, lambda lines: refused(lines) >= CALL_COUNT or
                   any(line.startswith("toy: escalated") for line in lines[-50:]), 60 + CALL_COUNT / 20000)
        assert not any(line.startswith("toy: escalated") for line in running.lines)
        everything_goes_on(running)


def test_it_escalates_without_the_rule(tmp_path):
    with board(tmp_path, monitor="toy_without_expulsion", base="calm_without_stack_rule",
               app="app_spin_veneer") as running:
        running.wait_line("toy: escalated", 120)


def test_with_expulsion_each_start_ends_at_its_first_call(tmp_path):
    with board(tmp_path, base="calm_random", app="app_spin_veneer") as running:
        wait_until(running, lambda lines: sum(line.startswith("monitor: fault 08 40000001") for line in lines) >= 50)
        everything_goes_on(running)
        assert not any(line.startswith("toy: escalated") for line in running.lines)
