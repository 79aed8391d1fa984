"""Instructions of kernel calls, switches and monitor calls, on the emulated board under -icount shift=0, DSP on.

Two compartments time rounds of each in milliseconds of a million instructions (tests/isolation/images/measure_*.c),
behind the real gate and a monitor that answers at once."""
import json
import pathlib
import subprocess
import tempfile

from tests.isolation.isolation import board, last

INSTRUCTIONS_PER_MS = 1_000_000
FAULT_COUNT = 200
# Cycles, not instructions: a Cortex-M33 takes more than one cycle for many instructions, so these are no ratio.
PUBLISHED = {"yield": "published: Zephyr, user threads, 1,485 cycles a yield",
             "call": "published: CHERIoT, about 400 cycles a call across compartments"}
# word of the line, what one round is, how many of it a round holds
MEASURED = (
    ("time", "kernel call, there and back", 1),
    ("yield", "switch between compartments, its kernel call included", 2),
    ("call", "message to a compartment and its answer, two switches", 1),
    ("monitor", "monitor call of a compartment: queue, gate, copies, answer", 1),
)


def measure(root):
    rows = []
    with tempfile.TemporaryDirectory(prefix="sopris-bench-") as folder:
        with board(pathlib.Path(folder), base="measure", icount=0) as running:
            running.wait_line("ns: one: fault", 400)
            for word, what, count in MEASURED:
                rounds, time_ms = last(running.lines, f"ns: one: {word}")
                rows.append((what, f"{time_ms * INSTRUCTIONS_PER_MS // (rounds * count):,}", "instructions",
                             PUBLISHED.get(word, "")))
            calm, disturbed, window_ms = last(running.lines, "ns: one: fault")
            lost = (calm - disturbed) * window_ms * INSTRUCTIONS_PER_MS // calm
            rows.append(("fault to restarted: stopped, reported, started anew", f"{lost // FAULT_COUNT:,}", "instructions",
                         "its delay of at least 1 ms not counted"))
    return rows + memory(pathlib.Path(root) / "build/device/device")


def memory(device):
    """RAM of each compartment of base, and what the kernel keeps of each."""
    layout = json.loads((device / "systems/base.d/layout.json").read_text())
    rows = [(f"{name}: RAM", f"{part['ram_size']:,}", "bytes", f"{part['stack']:,} of it stack")
            for name, part in layout.items()]
    sizes = {}
    for line in subprocess.check_output(["arm-none-eabi-nm", "-S", device / "kernel/kernel.elf"], text=True).splitlines():
        parts = line.split()
        if len(parts) == 4 and parts[3] in ("compartments", "threads", "accounts"):
            sizes[parts[3]] = int(parts[1], 16)
    each = sizes["compartments"] // 12 + sizes["threads"] // 14 + sizes["accounts"] // 12
    return rows + [("kernel: RAM for each compartment", f"{each:,}", "bytes", "entry, state, context, regions, budget")]
