"""Kernel and gate at work, without an attack."""
from tests.isolation.isolation import board, everything_goes_on, last, wait_until


def test_compartments_talk_sign_and_keep_time(tmp_path):
    with board(tmp_path) as running:
        everything_goes_on(running)
        assert not [line for line in running.lines if line.startswith("monitor: fault 0") and " 08 " not in line]


def test_a_period_of_10_ms_is_kept_while_the_monitor_signs(tmp_path):
    """Measured by the compartment in ticks of 1 ms; instructions are counted, so that the host's load is no part of it."""
    with board(tmp_path, icount=0) as running:
        wait_until(running, lambda lines: last(lines, "ns: period") and last(lines, "ns: period")[0] >= 200, 120)
        signed = last(running.lines, "ns: signer")[0]
        for line in running.lines:
            if line.startswith("ns: period"):
                _, shortest_ms, longest_ms = [int(word, 16) for word in line.split()[3:]]
                assert (shortest_ms, longest_ms) == (10, 10), line
        assert signed >= 3, "the monitor was not busy"
