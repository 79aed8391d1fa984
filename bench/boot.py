"""Instructions from reset to the jump into the monitor, on the emulated board under -icount shift=0, DSP on.

A debug-stub breakpoint stops at each stage. The free-running FPGAIO counter has 20 MHz, so it counts a tick every
50 instructions there; the stub can read devices but not write them, and this one needs no start."""
import os
import pathlib
import shutil
import subprocess
import tempfile

from tests.support.qemu import Board, FLASH_FILE_OFFSET

INSTRUCTIONS_PER_TICK = 50
FPGAIO_COUNTER = 0x51302018
RECEIPT_OFFSET, RECEIPT_SIZE = 0x4000, 0x2000
MONITOR_SLOT_OFFSETS = (0x40000, 0x60000)
PADDED_SIZE_BYTES = 64 * 1024

ROM_PATH = "build/device/device/rom/rom"
MONITOR_PATH = "build/device/device/monitor/monitor"


def instructions(board):
    return round(board.gdb.read_u32(FPGAIO_COUNTER) * INSTRUCTIONS_PER_TICK)


class Workspace:
    """A maker, two images of one size and one board, made with the command line as a maker would."""

    def __init__(self, root, folder):
        self.root, self.folder = root, pathlib.Path(folder)
        self.rom = root / (ROM_PATH + ".bin")
        self.sopris("maker", "new", "bench")
        code = (root / (MONITOR_PATH + ".bin")).read_bytes()
        self.images = []
        for sequence in (1, 2):
            plain = self.folder / f"monitor-{sequence}.bin"
            plain.write_bytes((code + os.urandom(PADDED_SIZE_BYTES))[:PADDED_SIZE_BYTES])
            self.images.append(self.sign(plain, sequence))
        self.sopris("board", "new", "bench", "--maker", "bench", "--batch", "bench", "--rom", self.rom,
                    "--monitor", self.images[0])
        self.board = self.folder / "work/boards/bench"

    def sopris(self, *arguments):
        command = [self.root / "build/host/cli/sopris", "-C", self.folder / "work", *arguments]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"sopris {arguments[0]} {arguments[1]} failed: {done.stderr}")

    def sign(self, plain, sequence):
        record, image = plain.with_suffix(".suit"), plain.with_suffix(".img")
        self.sopris("image", "build", "--component", "monitor", "--image", plain, "--sequence", str(sequence),
                    "--version", f"0.0.{sequence}", "--maker", "bench", "--out", record)
        self.sopris("image", "sign", record, "--maker", "bench", "--out", image)
        return image

    def write_flash(self, offset, data):
        with open(self.board / "flash.img", "r+b") as flash:
            flash.seek(FLASH_FILE_OFFSET + offset)
            flash.write(data)

    def boot(self):
        """Instructions of one boot, from reset to the first instruction of the monitor."""
        monitor_entry = int.from_bytes(self.images[0].read_bytes()[4096 + 4:4096 + 8], "little") & ~1
        folder = self.folder / "run"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        with Board(folder, rom=self.rom, flash=self.board / "flash.img", fuses=self.board / "fuses.bin",
                   uds=(self.board / "uds.bin").read_bytes(), icount=0, gdb=True) as board:
            board.gdb.run_to(monitor_entry)
            return instructions(board)


def measure(root):
    with tempfile.TemporaryDirectory(prefix="sopris-bench-") as folder:
        workspace = Workspace(root, folder)
        workspace.write_flash(RECEIPT_OFFSET, b"\xff" * RECEIPT_SIZE)
        first = workspace.boot()
        ordinary = workspace.boot()
        for offset in MONITOR_SLOT_OFFSETS:
            workspace.write_flash(offset, workspace.images[1].read_bytes())
        new_measurement = workspace.boot()
    note = "64 KiB monitor, DSP on; peer: MCUboot with p256-m 20.2 M"
    return [
        ("reset to monitor, no receipt (as in the factory)", f"{first:,}", "instructions", note),
        ("reset to monitor, new measurement, known key set", f"{new_measurement:,}", "instructions",
         "aim at most 45,000,000"),
        ("reset to monitor, ordinary boot", f"{ordinary:,}", "instructions", "aim at most 20,000,000"),
    ]
