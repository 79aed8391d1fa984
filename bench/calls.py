"""Instructions of kernel calls, switches and monitor calls, on the emulated board under -icount shift=0, DSP on.

Two compartments time rounds of each in milliseconds of a million instructions (tests/isolation/images/measure_*.c),
behind the real gate and a monitor that answers at once."""
import pathlib
import tempfile

from tests.isolation.isolation import board, last

INSTRUCTIONS_PER_MS = 1_000_000
# word of the line, what one round is, how many of it a round holds
MEASURED = (
    ("time", "kernel call, there and back", 1),
    ("yield", "switch between compartments, its kernel call included", 2),
    ("call", "message to a compartment and its answer, two switches", 1),
    ("monitor", "monitor call of a compartment: queue, gate, copies, answer", 1),
)


def measure(root):
    del root  # the images know where they are
    rows = []
    with tempfile.TemporaryDirectory(prefix="sopris-bench-") as folder:
        with board(pathlib.Path(folder), base="measure", icount=0) as running:
            running.wait_line("ns: one: monitor", 240)
            for word, what, count in MEASURED:
                rounds, time_ms = last(running.lines, f"ns: one: {word}")
                rows.append((what, f"{time_ms * INSTRUCTIONS_PER_MS // (rounds * count):,}", "instructions", ""))
    return rows
