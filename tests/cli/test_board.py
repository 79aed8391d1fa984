"""Emulated boards with the real ROM and monitor."""
import os
import pathlib
import signal
import subprocess
import time

import pytest

from tests.cli.sopris import Running

FLASH = 0x10000000
MONITOR_A = 0x040000
PROVISIONING = 0x006000


@pytest.fixture
def board(maker, firmware):
    """A board with a monitor and nothing else: it boots, says so, and resets."""
    rom, monitor = firmware
    image = maker.image("monitor", "monitor", monitor, "--maker", "acme")
    maker.made = maker.json("board", "new", "kitchen", "--maker", "acme", "--batch", "b1", "--rom", rom, "--monitor",
                            image)
    return maker


def emulators_in(folder: pathlib.Path) -> list[int]:
    """Ids of the emulators whose working folder is this one."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "cwd") == str(folder) and \
                    b"qemu" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def await_none(folder):
    deadline = time.monotonic() + 5
    while emulators_in(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert emulators_in(folder) == []


def test_factory(board):
    """The certificate in the flash is for the key whose UEID the board has."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    import hashlib
    with open(board.path("boards/kitchen/flash.img"), "rb") as flash:
        flash.seek(FLASH + PROVISIONING)
        region = flash.read(4096)
    assert region[:4] == b"PROV" and int.from_bytes(region[4:8], "big") == 2
    size = int.from_bytes(region[8:12], "big")
    certificate = x509.load_der_x509_certificate(region[12:12 + size])
    point = certificate.public_key().public_bytes(serialization.Encoding.X962,
                                                  serialization.PublicFormat.UncompressedPoint)
    assert board.made["ueid"] == "01" + hashlib.sha256(point[1:]).hexdigest()
    assert (board.path("boards/kitchen/flash.img").stat().st_blocks * 512) < 64 * 2 ** 20
    assert board.path("boards/kitchen/uds.bin").stat().st_mode & 0o777 == 0o600
    await_none(board.path("boards/kitchen"))


def test_boot_and_reset(board):
    """The board resets for want of a base; it is started again each time, with another seed, until it is stopped."""
    with Running(board) as running:
        running.until(r"^power on$")
        running.until(r"^rom: monitor a 1 [0-9a-f]{8}$")
        empty = running.until(r"^monitor: base slot a 0x0b01$")
        assert empty["meaning"] == "the slot holds nothing"
        running.until(r"reset")
        running.until(r"^rom: boot 3 ")
        assert running.stop() == 0
    await_none(board.path("boards/kitchen"))
    assert not board.path("boards/kitchen/secrets.bin").exists()
    log = board.path("boards/kitchen/uart.log").read_text()
    assert "rom: boot 2 " in log and "# power on" in log


def test_flipped_bit_is_explained(board):
    """T-04: the ROM refuses the altered slot with its own code, which the command line explains, and takes the other."""
    with open(board.path("boards/kitchen/flash.img"), "r+b") as flash:
        flash.seek(FLASH + MONITOR_A + 4096 + 1000)
        byte = flash.read(1)[0]
        flash.seek(-1, os.SEEK_CUR)
        flash.write(bytes([byte ^ 0x10]))
    with Running(board) as running:
        refusal = running.until(r"^rom: slot a 0x030b$")
        assert refusal["meaning"] == "the image does not match the digest in its manifest"
        running.until(r"^rom: monitor b 1 ")


def test_one_session_a_board(board):
    with Running(board) as running:
        running.until(r"^power on$")
        board.refused("board", "run", "kitchen", says="running already")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_no_emulator_is_left(board, number):
    with Running(board) as running:
        running.until(r"^rom: boot")
        running.stop(number)
    await_none(board.path("boards/kitchen"))


def test_emulator_that_is_killed(board):
    """An emulator that ends for no reason of the board's is reported, not restarted."""
    with Running(board) as running:
        running.until(r"^rom: boot")
        for process in emulators_in(board.path("boards/kitchen")):
            os.kill(process, signal.SIGKILL)
        running.until(r"ended unexpectedly")
        assert running.process.wait(10) == 1


def test_board_is_not_overwritten(board, firmware):
    before = board.path("boards/kitchen/uds.bin").read_bytes()
    board.refused("board", "new", "kitchen", "--maker", "acme", "--batch", "b1", "--rom", firmware[0],
                  says="is not overwritten")
    assert board.path("boards/kitchen/uds.bin").read_bytes() == before


def test_wrong_rom(maker, tmp_path):
    """A ROM that says nothing ends the factory's run; nothing is certified and the board does not exist."""
    rom = tmp_path / "silent.bin"
    rom.write_bytes(bytes.fromhex("00100030 09000010 fee7fee7"))
    with subprocess.Popen(maker.command("board", "new", "kitchen", "--maker", "acme", "--batch", "b1", "--rom", rom),
                          stderr=subprocess.PIPE, text=True) as process:
        time.sleep(1)
        process.kill()
    await_none(maker.path("boards/kitchen"))
    maker.refused("board", "run", "kitchen", says="there is no board")


def test_image_for_another_component(maker, firmware, binary):
    image = maker.image("base", "base", binary, "--maker", "acme")
    maker.refused("board", "new", "kitchen", "--maker", "acme", "--batch", "b1", "--rom", firmware[0], "--monitor",
                  image, says="the manifest is for another component")


@pytest.mark.parametrize("temperature", ["130", "-56", "warm", "1e1", ""])
def test_impossible_temperatures(board, temperature):
    board.refused("board", "set", "kitchen", "--temperature", temperature, status=2)
