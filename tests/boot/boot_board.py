"""A board whose flash a boot test fills: slots made by slot_tool, the product's ROM, a stand-in for the monitor."""
import pathlib
import re
import struct
import subprocess

from tests.support import qemu

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROM = ROOT / "build/device/device/rom/rom.bin"
PAYLOADS = ROOT / "build/device/tests/boot/payload"
SLOT_TOOL = ROOT / "build/host/tests/boot/slot_tool"
UDS = bytes(range(1, 33))

RECORD, COUNTERS, RECEIPT, PROVISIONING = 0x0, 0x2000, 0x4000, 0x6000
SLOTS = {"a": 0x40000, "b": 0x60000}
SLOT_SIZE = 0x20000
HEADER_SIZE = 4096


class BootBoard:
    """Folder of one board: fuses, UDS and a flash that outlives each start."""

    def __init__(self, folder, rom=ROM):
        self.folder, self.rom = pathlib.Path(folder), rom
        self.flash, self.fuses = self.folder / "flash.img", self.folder / "fuses.bin"
        self.uds = UDS
        qemu.make_flash(self.flash)
        subprocess.run([SLOT_TOOL, "fuses", self.fuses], check=True)

    def slot(self, name="payload_report", size=None, **recipe):
        """Bytes of a slot; a size pads the image with zeros."""
        image = self.folder / "image.bin"
        data = (PAYLOADS / f"{name}.bin").read_bytes()
        image.write_bytes(data.ljust(size or len(data), b"\0"))
        out = self.folder / "slot.bin"
        options = [f"{key}={value}" for key, value in recipe.items()]
        subprocess.run([SLOT_TOOL, "slot", image, out, *options], check=True)
        return out.read_bytes()

    def write(self, offset, data):
        with open(self.flash, "r+b") as flash:
            flash.seek(qemu.FLASH_FILE_OFFSET + offset)
            flash.write(data)

    def read(self, offset, size):
        with open(self.flash, "rb") as flash:
            flash.seek(qemu.FLASH_FILE_OFFSET + offset)
            return flash.read(size)

    def flip(self, offset, bit=0):
        byte = self.read(offset, 1)[0]
        self.write(offset, bytes([byte ^ (1 << bit)]))

    def put(self, slot, data):
        self.write(SLOTS[slot], data.ljust(SLOT_SIZE, b"\xff"))

    def forget(self):
        """Record, counters and receipts as on a new board."""
        self.write(0, b"\xff" * PROVISIONING)

    def raise_generation(self, generation):
        """The counter of the release generation of a new board: value and complement (device/boards/common/counter.c)."""
        self.write(COUNTERS + 0x1000, struct.pack("<II", generation, generation ^ 0xFFFFFFFF))

    def board(self, **options):
        return qemu.Board(self.folder, rom=self.rom, flash=self.flash, fuses=self.fuses, uds=self.uds, **options)

    def boot(self, until="payload: done", timeout_s=60.0, **options):
        """One start up to a console line; all lines until then. Time is counted in instructions: on a busy host the
        watchdog, which a payload does not feed, would come before the line."""
        options.setdefault("icount", 0)
        with self.board(**options) as board:
            board.wait_line(until, timeout_s)
            return list(board.lines)


def fields(lines):
    """What the payload printed: {name: hex digits}."""
    found = {}
    for line in lines:
        match = re.fullmatch(r"payload: (\S+) ([0-9a-f]+)", line)
        if match:
            found[match[1]] = match[2]
    return found
