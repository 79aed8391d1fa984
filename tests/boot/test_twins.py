"""Attacks that the ROM stops, and that succeed on a twin with that one defence taken out: T-04, T-05, T-06, T-16."""
import re

from tests.boot.boot_board import BootBoard, RECORD, ROM, ROOT, fields
from tests.boot.glitch import older_generation, older_sequence, tampered_image, tampered_manifest

TWINS = ROOT / "build/device/challenge/without/boot"


def both(tmp_path, twin):
    """The product and the twin, each with a board of its own."""
    for name, rom in (("product", ROM), ("twin", TWINS / f"{twin}.bin")):
        folder = tmp_path / name
        folder.mkdir()
        yield name, BootBoard(folder, rom)


def console(board, timeout_s=60.0):
    return board.boot(until="rom: halt|payload: done", timeout_s=timeout_s)


def test_manifest_changed_after_signing(tmp_path):
    for name, board in both(tmp_path, "rom_unverified"):
        tampered_manifest(board)
        assert ("rom: slot a 0x0303" in console(board)) == (name == "product")


def test_image_changed_after_signing(tmp_path):
    for name, board in both(tmp_path, "rom_undigested"):
        tampered_image(board)
        lines = console(board)
        assert any(line.startswith("rom: slot a 0x03") for line in lines) == (name == "product"), lines
        assert ("payload: done" in lines) == (name == "twin"), lines


def test_older_sequence(tmp_path):
    for name, board in both(tmp_path, "rom_sequenceless"):
        older_sequence(board)
        lines = console(board)
        assert ("rom: slot a 0x0309" in lines) == (name == "product"), lines
        assert ("payload: done" in lines) == (name == "twin"), lines


def test_older_generation(tmp_path):
    for name, board in both(tmp_path, "rom_floorless"):
        older_generation(board)
        assert ("rom: slot a 0x0405" in console(board)) == (name == "product")


def test_altered_record(tmp_path):
    for name, board in both(tmp_path, "rom_unauthentic"):
        board.put("a", board.slot())
        board.boot()
        for entry in range(32):
            board.flip(RECORD + entry * 256 + 12)  # the boot count's highest byte
        count = next(int(match[1]) for line in console(board) if (match := re.match(r"rom: boot (\d+) ", line)))
        assert (count < 10) == (name == "product")


def test_monitor_that_hangs(tmp_path):
    for name, board in both(tmp_path, "rom_uncounted"):
        board.put("a", board.slot("payload_hang"))
        board.put("b", board.slot(sequence=2))
        for _ in range(3):
            board.boot(until="payload: hangs")
        if name == "product":
            assert fields(board.boot())["slot"] == "00000001"
        else:
            assert "payload: hangs" in board.boot(until="payload: hangs")
