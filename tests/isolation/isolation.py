"""Boards for the isolation tests: monitor, base and app images put where they run, without ROM and flash."""
import pathlib
import re
import time

from tests.support.gdb import symbols
from tests.support.qemu import Board

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMAGES = ROOT / "build/device/tests/isolation/images"
MONITOR_BASE = 0x30000000
BASE_BASE = 0x28000000
APP_BASE = 0x28060000


def board(folder, monitor="toy", base="calm_plain", app=None, more_loads=None, **options):
    """A board that starts in the monitor: the boot memory holds its stack pointer and entry alone."""
    image = (IMAGES / f"{monitor}.bin").read_bytes()
    boot = pathlib.Path(folder) / "boot.bin"
    boot.write_bytes(image[:8])
    loads = {MONITOR_BASE: IMAGES / f"{monitor}.bin", BASE_BASE: IMAGES / f"{base}.bin"}
    if app:
        loads[APP_BASE] = IMAGES / f"{app}.bin"
    loads.update(more_loads or {})
    return Board(folder, rom=boot, loads=loads, **options)


def numbers(line):
    """The hexadecimal numbers at the end of a line of a test compartment."""
    found = []
    for word in reversed(line.split()):
        if not re.fullmatch("[0-9a-f]{8}", word):
            break
        found.insert(0, int(word, 16))
    return found


def last(lines, start):
    """Numbers of the last line that starts so."""
    for line in reversed(list(lines)):
        if line.startswith(start):
            return numbers(line)
    return []


def wait_until(board_, condition, timeout_s=60.0):
    """Waits until the condition holds on the console lines; the board must be alive until then."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition(board_.lines):
            return
        assert board_.process.poll() is None, "the board has reset:\n" + "\n".join(board_.lines[-30:])
        time.sleep(0.05)
    raise AssertionError("it did not happen in time; console:\n" + "\n".join(board_.lines[-40:]))


def everything_goes_on(board_, timeout_s=60.0):
    """From now on messages are answered, signatures are made and periods are kept, without a reset."""
    begin = len(board_.lines)
    wait_until(board_, lambda lines: all(
        any(line.startswith(start) for line in lines[begin:])
        for start in ("ns: client: echo", "ns: signer: signed", "ns: period: period")), timeout_s)
    for start in ("ns: client: echo", "ns: signer: signed"):
        good, bad = last(board_.lines, start)
        assert good > 0 and bad == 0, board_.lines[-20:]


def secure_word(board_, monitor, name):
    """A word of the toy monitor's memory, by symbol, read from outside while the board runs."""
    address = symbols(IMAGES / f"{monitor}.elf")[name]
    output = board_.qmp("human-monitor-command", **{"command-line": f"xp /1wx {address:#x}"})
    return int(output.split(":")[1], 16)
