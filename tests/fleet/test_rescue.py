"""A board whose base slots are both bad, and what may be sent to it over its UART."""
import subprocess

import pytest

from tests.device.workshop import DEVICE, SOPRIS, Workshop
from tests.support import qemu

BASE = DEVICE / "systems/base.bin"
BASE_SLOTS = (0x80000, 0xE0000)
HEADER_SIZE = 4096


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """With a board that has no base left."""
    made = Workshop(tmp_path_factory.mktemp("rescue"))
    made.new_board("broken")
    with open(made.home / "boards/broken/flash.img", "r+b") as flash:
        for slot in BASE_SLOTS:
            flash.seek(qemu.FLASH_FILE_OFFSET + slot + HEADER_SIZE + 1000)
            flash.write(bytes(4))
    yield made
    made.close()


def rescue(workshop, image):
    return subprocess.run([SOPRIS, "-C", workshop.home, "board", "rescue", "broken", image], capture_output=True,
                          text=True, timeout=120)


def altered(workshop, name, offset):
    """A small image, well signed, with one bit flipped afterwards."""
    plain = workshop.folder / f"{name}.bin"
    plain.write_bytes(BASE.read_bytes()[:5000])
    path = workshop.image("base", plain, name=name)
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)
    return path


def signed_by_a_stranger(workshop):
    workshop.sopris("maker", "new", "stranger")
    return workshop.image("base", BASE, ("--maker", "stranger"), "stranger")


@pytest.mark.parametrize("make, code", [
    (signed_by_a_stranger, "0x0402"), (lambda workshop: workshop.monitor, "0x0308"),
    (lambda workshop: altered(workshop, "keyset", 12 + 150), "0x0403"),
    (lambda workshop: altered(workshop, "image", HEADER_SIZE + 500), "0x030b"),
], ids=["stranger", "component", "keyset", "image"])
def test_what_a_maker_did_not_sign_is_refused(workshop, make, code):
    """T-04: each with an error of its own on the console and a sentence for the person."""
    result = rescue(workshop, make(workshop))
    assert result.returncode != 0
    assert f"monitor: rescue {code}" in result.stdout and "the board refuses the image" in result.stderr, result


def test_a_signed_base_rescues_the_board(workshop):
    """T-07: no slot boots, then the one that came over the wire does."""
    result = rescue(workshop, workshop.base)
    assert result.returncode == 0, result
    assert "monitor: base slot a 0x030b" in result.stdout and "monitor: base slot b 0x" in result.stdout
    board = workshop.run_board("broken", 1)
    board.wait_line(r"monitor: base b 1 ")
    board.wait_line(r"ns: agent: device")
    board.stop()
    again = rescue(workshop, workshop.base)
    assert again.returncode != 0 and "has a base that boots" in again.stderr
