"""An app that wants all processor time gets what it declared (T-26). Instructions are counted, so that the host's load is
no part of it; a signature takes the processor for some 8 million of them, and the signer has the lowest priority."""
import pytest

from tests.isolation.isolation import board, last, wait_until

ICOUNT = 3           # 8 ns an instruction: 125,000 a tick
WINDOW = 100         # periods of 10 ms


def periods(lines):
    return last(lines, "ns: period: period")[:1] or [0]


def signatures_in_a_window(folder, base, app):
    """Signatures made in WINDOW periods of the control loop, and its shortest and longest period there; once the app
    is under way. None: the loop does not even come to say so."""
    folder.mkdir()
    with board(folder, base=base, app=app, icount=ICOUNT) as running:
        if app:
            running.wait_line("ns: attacker: start")
        begin = len(running.lines)
        try:
            wait_until(running, lambda lines: sum(line.startswith("ns: period: period") for line in lines[begin:]) >= 3, 20)
        except AssertionError:
            return None
        lines = [line for line in running.lines[begin:] if line.startswith(("ns: period: period", "ns: signer: signed"))]
        places = [index for index, line in enumerate(lines) if line.startswith("ns: period: period")]
        window = lines[places[0]:places[2]]
        signed = [int(line.split()[3], 16) for line in window if line.startswith("ns: signer")]
        spans = [[int(word, 16) for word in line.split()[4:]] for line in window if line.startswith("ns: period")]
        return (signed[-1] - signed[0] if signed else 0), min(s[0] for s in spans), max(s[1] for s in spans)


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """Without an attack."""
    count, shortest_ms, longest_ms = signatures_in_a_window(tmp_path_factory.mktemp("calm") / "board", "calm_plain", None)
    assert (shortest_ms, longest_ms) == (10, 10)
    assert count >= 5
    return count


@pytest.mark.parametrize("app", ["app_spin", "app_spin_background", "app_spin_short"])
def test_the_others_get_their_time(tmp_path, calm, app):
    """A third is declared away; the loop, of the same priority, keeps its 10 ms within one tick."""
    count, shortest_ms, longest_ms = signatures_in_a_window(tmp_path / "board", "calm_plain", app)
    assert count >= (0.55 if app != "app_spin_background" else 0.1) * calm
    assert shortest_ms >= 9 and longest_ms <= 11


def test_without_budgets_nobody_else_runs(tmp_path, calm):
    found = signatures_in_a_window(tmp_path / "board", "calm_without_budget", "app_spin")
    assert found is None or found[0] == 0


def test_with_budgets_by_the_tick_who_evades_it_takes_it_all(tmp_path, calm):
    found = signatures_in_a_window(tmp_path / "board", "calm_budget_sampled", "app_spin_short")
    assert found is None or found[0] < 0.35 * calm
