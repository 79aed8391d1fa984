"""What a fleet goes through: `make fleet`, and a sample of it in the tests.

    python3 -m tests.fleet.story --size 24 --emulated 4 [--seed N]"""
import argparse
import random
import re
import tempfile

from tests.fleet.fleet import Fleet, Killer

FIRST, GOOD, FAULTY, REPAIRED = 1, 2, 3, 4
FAILURES_MAX = 2
KILL_PAUSE_S_MAX = 4.0


def roll_out_in_rings(fleet, seed, ring_count):
    """A good release, ring by ring, while processes of the service are killed."""
    fleet.release(GOOD)
    percent, ring = fleet.percent_for(ring_count)
    number = fleet.roll_out(GOOD, percent, FAILURES_MAX)
    with Killer(fleet, seed, KILL_PAUSE_S_MAX):
        fleet.wait_rollout(number, "the first ring runs it", lambda rollout: rollout["running"] == len(ring))
        others = {board.ueid for board in fleet.boards} - {board.ueid for board in ring}
        found = fleet.devices()
        assert all(found[ueid] == FIRST for ueid in others), "someone outside the ring was offered it"
        fleet.ask("rollout", "resume", number, "--percent", 100)
        fleet.wait_rollout(number, "every board runs it", lambda rollout: rollout["running"] == len(fleet.boards))
    assert fleet.killed, "nothing was killed: the rollout was too fast for it"
    assert fleet.rollout(number)["failed"] == 0
    fleet.ask("rollout", "abort", number)


def roll_out_faulty(fleet, ring_count):
    """A release that faults at its first instruction: the ring tries it, the rollout halts, the ring returns."""
    fleet.release(FAULTY, faulty=True)
    percent, ring = fleet.percent_for(ring_count)
    # One more than the ring's host boards, which are the faster ones: an emulated one must have failed too.
    failures_max = max(sum(not board.emulated for board in ring) + 1, FAILURES_MAX)
    assert failures_max <= len(ring), "the ring needs an emulated board"
    number = fleet.roll_out(FAULTY, percent, failures_max)
    end = fleet.wait_rollout(number, "the rollout halted by itself", lambda rollout: rollout["state"] == "halted")
    assert end["running"] == 0 and failures_max <= end["failed"] <= len(ring)
    tried = [board for board in fleet.boards
             if any(re.search(rf"agent: update of base to {FAULTY}: .* finished", line) for line in board.lines)]
    assert len(tried) >= failures_max and all(board in ring for board in tried)
    assert any(board.emulated for board in tried), "only host boards tried it"
    for board in tried:
        board.process.wait_line(rf"monitor: base {FAULTY} failed its trial", 60)
        board.process.wait_line(r"agent: checked in", 60, len(board.lines))
    assert set(fleet.devices().values()) == {GOOD}
    fleet.say(f"{len(tried)} boards tried it; all are back on the release before")
    fleet.ask("rollout", "abort", number)


def roll_out_repaired(fleet):
    """The release after it reaches everybody, those that failed with the faulty one too."""
    fleet.release(REPAIRED)
    number = fleet.roll_out(REPAIRED, 100, FAILURES_MAX)
    fleet.wait_rollout(number, "every board runs the repaired release",
                       lambda rollout: rollout["running"] == len(fleet.boards))
    assert set(fleet.devices().values()) == {REPAIRED}


def tell(fleet, seed, ring_count):
    fleet.say(f"seed {seed}")
    fleet.start()
    roll_out_in_rings(fleet, seed, ring_count)
    roll_out_faulty(fleet, ring_count)
    roll_out_repaired(fleet)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=24)
    parser.add_argument("--emulated", type=int, default=4)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sopris-fleet-") as folder:
        fleet = Fleet(folder, options.size, options.emulated)
        try:
            tell(fleet, options.seed, ring_count=max(options.size // 4, FAILURES_MAX))
        finally:
            fleet.close()
    print(f"passed: {options.size} boards, {options.emulated} of them emulated; no board needed a hand")


if __name__ == "__main__":
    main()
