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
DECIDING = ("rom_boot", "rom_slots_load", "rom_receipt_read", "image_load", "image_keyset_digest", "slot_header_parse",
            "digest_check", "floor_check", "signature_check", "known_check", "keyset_accept", "manifest_accept",
            "image_copy", "header_read", "keyset_parse", "keyset_contains", "manifest_parse", "manifest_parse_signed",
            "manifest_check", "manifest_verify_signature", "envelope_read", "cose_sign1_parse", "cose_sign1_verify",
            "cose_sign1_digest", "ecdsa_p256_verify", "signature_point_x", "point_check", "scalar_from_bytes",
            "hardened_equal", "hardened_require", "hardened_require_none", "span_equal", "memcmp", "sha256_of",
            "sha256_finish")
# Each execution before the wanted one is a stop of its own.
OCCURRENCE_MAX = 500
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

    def _skip(self, address, size_bytes, occurrence):
        """Runs to the given execution of an instruction and over it; True if it came to that."""
        stub = self.board.gdb
        for turn in range(occurrence):
            stub.set_breakpoint(address)
            stub.resume()
            at = self._stopped(10)
            stub.clear_breakpoint(address)
            if at != address:
                return False
            if turn + 1 < occurrence:
                stub.command("vCont;s")
        stub.set_register("pc", address + size_bytes)
        return True

    def trial(self, address, size_bytes, occurrence=1):
        """booted, refused, faulted, hung, ended, or None if the instruction is not executed that often."""
        self.boot_board.write(0, self.kept)
        if self.board is None:
            self.start()
        stub = self.board.gdb
        try:
            stub.monitor("system_reset")
            if not self._skip(address, size_bytes, occurrence):
                return None
            for end in self.ends:
                stub.set_breakpoint(end)
            stub.resume()
            at = self._stopped(self.hang_s)
            return self.ends.get(at, "hung" if at is None else f"stopped at {at:#x}")
        except (EOFError, OSError):
            # A lockup of the processor ends QEMU.
            self.close()
            return "ended"

    def executed(self, found):
        """{address: executions} of the given instructions, in a start without a fault.

        QEMU logs where each straight run of instructions starts; the run goes on to the next branch."""
        log = self.boot_board.folder / "executed.log"
        low, high = min(found)[0], max(found)[0] + 4
        self.boot_board.write(0, self.kept)
        extra = ["-d", "exec,nochain", "-D", str(log), "-dfilter", f"{low:#x}..{high:#x}"]
        with self.boot_board.board(extra=extra, icount=0) as board:
            board.wait_line("rom: halt", timeout_s=120)
        with open(log, encoding="ascii") as lines:
            starts = collections.Counter(int(match[1], 16) for line in lines
                                         if (match := re.match(r"Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/", line)))
        texts = {address: (size_bytes, text.split(": ", 1)[1]) for address, size_bytes, text in found}
        counts = collections.Counter()
        for start, count in starts.items():
            address = start
            while address in texts:
                counts[address] += count
                size_bytes, text = texts[address]
                if re.match(r"(b(?!ic|f)|cb|tb|pop.*pc|ldm.*pc|ldr.*\tpc)", text):
                    break
                address += size_bytes
        return counts

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
        executed = glitcher.executed(found)
        trials = [(*one, occurrence) for one in found if (last := executed[one[0]])
                  for occurrence in sorted({1, 2, 3, last - 1, last}) if 1 <= occurrence <= min(last, OCCURRENCE_MAX)
                  and re.search(only, one[2])]
        if sample is not None and sample < len(trials):
            trials = random.Random(seed).sample(trials, sample)
        for index, (address, size_bytes, text, occurrence) in enumerate(trials):
            outcome = glitcher.trial(address, size_bytes, occurrence)
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
