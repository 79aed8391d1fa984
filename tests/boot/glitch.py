"""Fault injection through the debug stub: one instruction of the ROM is skipped, and a tampered image must not boot.

A trial restores record and receipts in the flash file, resets the machine, lets the ROM run to one instruction (its n-th
execution), steps over it without executing it, and looks where the ROM ends: at the jump, at the halt, or nowhere.
    python3 -m tests.boot.glitch            every instruction of the functions that decide, every scenario
    python3 -m tests.boot.glitch --twin     the same on the twin without doubled checks
"""
import argparse
import collections
import pathlib
import random
import re
import socket
import subprocess
import sys
import tempfile
import time

from tests.boot.boot_board import BootBoard, HEADER_SIZE, PROVISIONING, ROM, ROOT, SLOTS
from tests.support import gdb, qemu

TWIN = ROOT / "build/device/challenge/without/boot/rom_unhardened.bin"
# Functions between the reset and the jump that decide or carry a decision; inlined ones are in their callers.
DECIDING = ("rom_boot", "rom_slots_load", "slots_try", "image_require_loaded", "floors_require", "rom_receipt_read", "image_load", "image_keyset_digest", "slot_header_parse",
            "digest_check", "floor_check", "signature_check", "known_check", "keyset_accept", "manifest_accept",
            "image_copy", "header_read", "keyset_parse", "keyset_contains", "manifest_parse", "manifest_parse_signed",
            "manifest_check", "manifest_verify_signature", "envelope_read", "cose_sign1_parse", "cose_sign1_verify",
            "cose_sign1_digest", "ecdsa_p256_verify", "signature_matches", "signature_point_x", "point_check", "scalar_from_bytes",
            "hardened_equal", "hardened_require", "hardened_require_none", "span_equal", "memcmp", "sha256_of",
            "sha256_finish")
# Each execution before the wanted one is a stop of its own: a way with more stops is not taken.
STOPS_MAX = 200
WAY_PARTS_MAX = 3
WAY_BACK_MAX = 300
BOOTED, REFUSED, FAULTED = "booted", "refused", "faulted"


def tampered_image(board):
    """One bit of the image; the receipt spares both signatures, so the digest alone stands in the way."""
    slot = board.slot()
    board.put("a", slot)
    board.boot()
    board.flip(SLOTS["a"] + HEADER_SIZE + 1000)


def tampered_manifest(board):
    """A manifest whose signature does not verify; the key set is known, so this check alone stands in the way."""
    good, other = board.slot(), bytearray(board.slot(sequence=2))
    board.put("a", good)
    board.boot()
    keyset_size = int.from_bytes(good[4:8], "big")
    signer = other.index(b"\x58\x40", 12 + keyset_size) + 2
    signature = other.index(b"\x58\x40", signer + 64) + 2
    other[signature + 5] ^= 1
    board.put("a", bytes(other))


def stale_wrapper(board):
    """The manifest is changed and its authentication wrapper is not: the digest in between stands in the way."""
    good = bytearray(board.slot())
    board.put("a", bytes(good))
    board.boot()
    keyset_size, manifest_size = (int.from_bytes(good[at:at + 4], "big") for at in (4, 8))
    version = good.rindex(b"test", 0, 12 + keyset_size + manifest_size)
    good[version] ^= 1
    board.put("a", bytes(good))


def strange_root(board):
    board.put("a", board.slot(root="stranger"))


def strange_signer(board):
    board.put("a", board.slot(signer="stranger"))
    board.write(PROVISIONING, b"\0" * 16)


def older_sequence(board):
    board.put("a", board.slot(sequence=4))
    board.boot()
    board.put("a", board.slot(sequence=4, sequence_min=5))


def older_generation(board):
    board.put("a", board.slot())
    board.boot()
    board.raise_generation(2)


SCENARIOS = {function.__name__: function for function in (
    tampered_image, tampered_manifest, stale_wrapper, strange_root, strange_signer, older_sequence, older_generation)}
# One verification each: a tenth of a second a trial.
SLOW = ("tampered_manifest", "strange_root", "strange_signer", "older_sequence")


def instructions(elf, names=DECIDING):
    """[(address, size, text)] of the functions."""
    output = subprocess.check_output(["arm-none-eabi-objdump", "-d", str(elf)], text=True)
    found, name = [], None
    for line in output.splitlines():
        if match := re.match(r"^[0-9a-f]+ <(.*)>:", line):
            name = re.sub(r"\.(constprop|part|isra).*", "", match[1])
        match = re.match(r"^\s*([0-9a-f]+):\t([0-9a-f]{4})( [0-9a-f]{4})?\s+\t?(.*)", line)
        if match and name in names and not match[4].startswith((".word", ".short")):
            found.append((int(match[1], 16), 4 if match[3] else 2, f"{name}: {match[4]}"))
    return found


def ranges(found):
    """The addresses of the instructions, as few ranges "low..high" as they make."""
    joined = []
    for address, size_bytes, _ in sorted(found):
        if joined and joined[-1][1] == address:
            joined[-1][1] = address + size_bytes
        else:
            joined.append([address, address + size_bytes])
    return [f"{low:#x}..{high - 1:#x}" for low, high in joined]


class Ways:
    """How to get to the n-th execution of an instruction in few stops: through rarer ones shortly before."""

    def __init__(self, order):
        self.order, self.number, self.places = order, [], collections.defaultdict(list)
        for place, address in enumerate(order):
            self.places[address].append(place)
            self.number.append(len(self.places[address]))
        self._known = {}

    def executions(self, address):
        return len(self.places[address])

    def to(self, address, occurrence):
        """[(address, executions to wait for)], the wanted one last."""
        return self._best(self.places[address][occurrence - 1], WAY_PARTS_MAX)[1]

    def _best(self, place, parts):
        """(stops, way) to a place of the order, over at most so many instructions."""
        address = self.order[place]
        if parts == 1 or self.number[place] == 1:
            return self.number[place], [(address, self.number[place])]
        if (place, parts) in self._known:
            return self._known[place, parts]
        stops, way, passed = self.number[place], [(address, self.number[place])], 1
        for before in range(place - 1, max(place - WAY_BACK_MAX, -1), -1):
            if passed + 1 > stops - 1:
                break
            if self.order[before] == address:
                passed += 1
                continue
            stops_before, way_before = self._best(before, parts - 1)
            if stops_before + passed < stops:
                stops, way = stops_before + passed, way_before + [(address, passed)]
        self._known[place, parts] = stops, way
        return stops, way


class ResettableBoard(qemu.Board):
    """A reset does not end QEMU, so that a trial costs a reset and not a start."""

    def _arguments(self):
        return [argument for argument in super()._arguments() if argument != "-no-reboot"]


class Glitcher:
    def __init__(self, folder, scenario, rom):
        self.boot_board = BootBoard(folder, rom)
        product = BootBoard.__new__(BootBoard)
        product.__dict__.update(self.boot_board.__dict__)
        SCENARIOS[scenario](product)
        self.kept = self.boot_board.read(0, PROVISIONING)
        symbols = gdb.symbols(rom.with_name(rom.name.replace(".bin", ".elf")))
        self.ends = {symbols["hal_system_start_monitor"]: BOOTED, symbols["hal_system_uptime_ms"]: REFUSED,
                     symbols["wait_for_watchdog"]: FAULTED, symbols["ensure_failed"]: FAULTED}
        self.board = None
        self.hang_s = 10.0

    def start(self):
        self.board = ResettableBoard(self.boot_board.folder, rom=self.boot_board.rom, flash=self.boot_board.flash,
                                     fuses=self.boot_board.fuses, uds=self.boot_board.uds, gdb=True, icount=0)
        self.board.start()
        self._ends_set()

    def _ends_set(self):
        for address in self.ends:
            self.board.gdb.set_breakpoint(address)

    def close(self):
        if self.board:
            self.board.stop()
            self.board = None

    def _stopped(self, limit_s):
        """Program counter at the next stop, or None if none came in time."""
        self.board.gdb._socket.settimeout(limit_s)
        try:
            self.board.gdb.wait_stop()
        except (TimeoutError, socket.timeout):
            self.board.gdb._socket.settimeout(20)
            self.board.gdb.interrupt()
            return None
        finally:
            self.board.gdb._socket.settimeout(20)
        return self.board.gdb.register("pc")

    def _run_to(self, address, count):
        """Runs to the count-th execution from here; True if it came to that."""
        stub = self.board.gdb
        stub.set_breakpoint(address)
        try:
            for turn in range(count):
                stub.resume()
                if self._stopped(10) != address:
                    return False
                if turn + 1 < count:
                    stub.command("vCont;s")
        finally:
            stub.clear_breakpoint(address)
        return True

    def trial(self, address, size_bytes, way):
        """booted, refused, faulted, hung, ended, or None if the instruction was not reached."""
        self.boot_board.write(0, self.kept)
        if self.board is None:
            self.start()
        stub = self.board.gdb
        try:
            stub.monitor("system_reset")
            if not all(self._run_to(*part) for part in way):
                return None
            stub.set_register("pc", address + size_bytes)
            stub.resume()
            at = self._stopped(self.hang_s)
            return self.ends.get(at, "hung" if at is None else f"stopped at {at:#x}")
        except (EOFError, OSError):
            # A lockup of the processor ends QEMU.
            self.close()
            return "ended"

    def trace(self, found):
        """The given instructions in the order of their execution, in a start without a fault.

        QEMU logs where each straight run of instructions starts; the run goes on to the next branch."""
        log = self.boot_board.folder / "executed.log"
        texts = {address: (size_bytes, text.split(": ", 1)[1]) for address, size_bytes, text in found}
        self.boot_board.write(0, self.kept)
        extra = ["-d", "exec,nochain", "-D", str(log), "-dfilter", ",".join(ranges(found))]
        with self.boot_board.board(extra=extra, icount=0) as board:
            board.wait_line("rom: halt", timeout_s=120)
        order = []
        with open(log, encoding="ascii") as lines:
            for line in lines:
                match = re.match(r"Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/", line)
                address = int(match[1], 16) if match else 0
                while address in texts:
                    order.append(address)
                    size_bytes, text = texts[address]
                    if re.match(r"(b(?!ic|f)|cb|tb|pop.*pc|ldm.*pc|ldr.*\tpc)", text):
                        break
                    address += size_bytes
        log.unlink()
        return order

    def untouched(self):
        """Where the ROM ends without a fault."""
        self.boot_board.write(0, self.kept)
        if self.board is None:
            self.start()
        self.board.gdb.monitor("system_reset")
        self.board.gdb.resume()
        return self.ends.get(self._stopped(10))


def campaign(folder, scenario, rom=ROM, sample=None, seed=None, progress=None, only="", enough=None):
    """Counts of outcomes and the skips that booted: [(address, occurrence, text)].

    Each instruction is skipped at its first three executions and at its last two.
    only    regular expression that "function: instruction" must match
    enough  ends the campaign when so many skips have booted"""
    elf = rom.with_name(rom.name.replace(".bin", ".elf"))
    counts, booted = collections.Counter(), []
    glitcher = Glitcher(folder, scenario, rom)
    try:
        assert glitcher.untouched() == REFUSED, "the scenario must be refused where nothing is skipped"
        started = time.monotonic()
        glitcher.untouched()
        # What takes so much longer than a whole boot does not come back.
        glitcher.hang_s = max(0.3, 8 * (time.monotonic() - started))
        glitcher.close()
        found = instructions(elf)
        ways = Ways(glitcher.trace(found))
        trials = [(*one, occurrence) for one in found if (last := ways.executions(one[0])) and re.search(only, one[2])
                  for occurrence in sorted({1, 2, 3, last - 1, last}) if 1 <= occurrence <= last]
        if sample is not None and sample < len(trials):
            trials = random.Random(seed).sample(trials, sample)
        for index, (address, size_bytes, text, occurrence) in enumerate(trials):
            way = ways.to(address, occurrence)
            if sum(stops for _, stops in way) > STOPS_MAX:
                counts["out of reach"] += 1
                continue
            outcome = glitcher.trial(address, size_bytes, way)
            counts[outcome or "not executed"] += 1
            if outcome == BOOTED:
                booted.append((hex(address), occurrence, text))
                if progress:
                    progress(f"  BOOTED {booted[-1]}")
            if enough and len(booted) >= enough:
                break
            if progress and index % 200 == 199:
                progress(f"  {scenario}: {index + 1} of {len(trials)}")
    finally:
        glitcher.close()
    return counts, booted


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--twin", action="store_true", help="the ROM without doubled checks")
    parser.add_argument("--only", default="", help="regular expression on 'function: instruction'")
    parser.add_argument("--sample", type=int, help="so many trials a scenario instead of all")
    parser.add_argument("scenarios", nargs="*", default=list(SCENARIOS))
    options = parser.parse_args()
    total = 0
    for scenario in options.scenarios:
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            counts, booted = campaign(pathlib.Path(folder), scenario, TWIN if options.twin else ROM,
                                      sample=options.sample, only=options.only, progress=lambda text: print(text, flush=True))
        print(f"{scenario}: {dict(counts)} in {time.monotonic() - started:.0f} s", flush=True)
        total += len(booted)
    print(f"{total} single skips boot a tampered image")
    return 0 if (total == 0) != options.twin else 1


if __name__ == "__main__":
    sys.exit(main())
