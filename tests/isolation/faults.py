"""Faults injected into the product's compartments one after the other: the plan, the run, and what must hold after it.

    python3 -m tests.isolation.faults [--count 1000] [--seed N]"""
import argparse
import collections
import pathlib
import secrets
import struct
import tempfile

from tests.isolation.isolation import IMAGES, board, last, wait_until
from tests.support.gdb import symbols

# enum inject_kind, and what the kernel must report for each.
KINDS = {
    "memory": 0x82, "undefined": 0x10000, "overflow": 0x100000, "divide": 0x2000000, "secure": 0x40000002,
    "unaligned": 0x1000000, "state": 0x20000, "breakpoint": 0x40000002, "fetch": 0x01, "exit": 0x80000005,
    "assert": 0x82000000, "spin": 0x40000004, "hold": 0x40000005, "bus": 0x40000002,
}
NAMES = list(KINDS)
LINE_OF_ASSERT = 0xFFFFFF
EVERYWHERE = set(KINDS) - {"hold", "bus"}
# Nobody calls agent, caller and victim: they can leave no call unanswered. Only net has a page where nothing answers.
TARGETS = {"net": (0, EVERYWHERE | {"hold", "bus"}), "agent": (1, EVERYWHERE), "hub": (2, EVERYWHERE | {"hold"}),
           "caller": (3, EVERYWHERE), "victim": (8, EVERYWHERE)}
BUDGET = 0x40000006   # victim: its table makes the budget end it before its deadline
LOST = 0x40000008
COMPARTMENT_COUNT = 12
PLAN_ADDRESS = 0x28036000 + 0x3000 - 0x100
ICOUNT = 1            # 500,000 instructions a tick


def expected_cause(name, kind):
    return BUDGET if (name, kind) == ("victim", "spin") else KINDS[kind]


def plan(seed, count):
    """[(compartment's name, kind)], as tick_inject.c draws them."""
    state = seed
    names = {number: name for name, (number, _) in TARGETS.items()}

    def below(limit):
        nonlocal state
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        return state * limit >> 32

    drawn = []
    while len(drawn) < count:
        number, kind = below(COMPARTMENT_COUNT), NAMES[below(len(NAMES))]
        if number in names and kind in TARGETS[names[number]][1]:
            below(6)
            drawn.append((names[number], kind))
    return drawn


def plan_file(folder, seed, count):
    tables, kinds = [0] * COMPARTMENT_COUNT, [0] * COMPARTMENT_COUNT
    for name, (number, possible) in TARGETS.items():
        image = "inject_app" if number >= 8 else "inject_base"
        tables[number] = symbols(IMAGES / f"{image}.d/{name}.elf")["inject_table"]
        kinds[number] = sum(1 << NAMES.index(kind) for kind in possible)
    path = pathlib.Path(folder) / "plan.bin"
    path.write_bytes(struct.pack("<2I12I12II", seed, count, *tables, *kinds, 0))
    return path


def faults_in(lines):
    """[(compartment's number, cause)] as the monitor got them; the line of an assertion is cut off."""
    found = []
    for line in lines:
        if line.startswith("monitor: fault "):
            number, cause = (int(word, 16) for word in line.split()[2:4])
            if cause == LOST:
                continue
            found.append((number, cause & ~LINE_OF_ASSERT if cause >> 24 == 0x82 else cause))
    return found


def lost_in(lines):
    """Faults that were reported as a count, by compartment."""
    found = collections.Counter()
    for line in lines:
        if line.startswith("monitor: fault ") and int(line.split()[3], 16) == LOST:
            found[int(line.split()[2], 16)] += int(line.split()[6], 16)
    return found


def run(folder, seed, count, base="inject_base", patience_s=None):
    """Injects, then holds what was reported against the plan. Returns how often each was reported."""
    wanted = collections.Counter((TARGETS[name][0], expected_cause(name, kind)) for name, kind in plan(seed, count))
    loads = {PLAN_ADDRESS: plan_file(folder, seed, count)}
    with board(folder, base=base, app="inject_app", icount=ICOUNT, more_loads=loads) as running:
        wait_until(running, lambda lines: len(faults_in(lines)) + lost_in(lines).total() >= count, patience_s or 60 + count)
        begin = len(running.lines)
        # All goes on: the loop, and calls that are answered.
        wait_until(running, lambda lines: sum(line.startswith("ns: period") for line in lines[begin:]) >= 4 and
                   any(line.startswith("ns: caller: calls") for line in lines[begin:]), 60)
        lines = list(running.lines)
    reported = collections.Counter(faults_in(lines))
    # One that came while the kernel was already full of its compartment's is in a count instead.
    lost = lost_in(lines)
    missing = collections.Counter()
    for (number, _), times in (wanted - reported).items():
        missing[number] += times
    assert reported <= wanted and missing == lost, \
        f"seed {seed}: too often {reported - wanted}, missing {wanted - reported}, as a count {lost}"
    assert lost.total() <= count // 20, f"seed {seed}: too many as a count: {lost}"
    # Nobody misses a deadline: a missed one would be a fault of its own. The loop's are counted by itself.
    for line in lines:
        if line.startswith("ns: period: period"):
            shortest_ms, longest_ms = (int(word, 16) for word in line.split()[4:6])
            assert 9 <= shortest_ms and longest_ms <= 11, f"seed {seed}: {line}"
    answered, _, _ = last(lines, "ns: caller: calls")
    assert answered > 0, "nobody answers any more"
    return reported


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2 ** 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="sopris-faults-") as folder:
        reported = run(folder, options.seed, options.count)
    names = {number: name for name, (number, _) in TARGETS.items()}
    for (number, cause), count in sorted(reported.items()):
        print(f"{names[number]:8} {cause:#010x} {count:4}")
    print(f"{options.count} faults injected, each reported once; no other compartment missed a deadline")


if __name__ == "__main__":
    main()
