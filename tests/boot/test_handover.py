"""T-03: after the hand-over, UDS, DeviceID's private key, the raw seed and the receipt key are nowhere in RAM, in the
injected region or in registers; and the scan that says so finds a planted copy, and finds them where nothing is wiped."""
import hashlib
import hmac

import pytest

from tests.boot.boot_board import BootBoard, PAYLOADS, ROM, ROOT, UDS
from tests.support import gdb

UNWIPED = ROOT / "build/device/challenge/without/boot/rom_unwiped.bin"
SEED = bytes(range(101, 133))
RAM = ((0x30000000, 0x20000), (0x38000000, 0x80000))
SECRETS_BASE = 0x38000000
WINDOW = 8


def hkdf(secret, info):
    key = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()


def secrets():
    """{name: bytes}; the private key is the first candidate, as ecdsa_p256_derive_private takes it."""
    return {
        "UDS": UDS,
        "seed": SEED,
        "DeviceID private key": hkdf(UDS, b"sopris device id\x00"),
        "receipt key": hkdf(UDS, b"sopris rom receipt\x00"),
    }


def find(haystack):
    """Names of secrets of which any 8 bytes stand in haystack, as bytes or as the words of p256-m."""
    found = set()
    for name, secret in secrets().items():
        for form in (secret, secret[::-1]):
            if any(form[at:at + WINDOW] in haystack for at in range(len(form) - WINDOW + 1)):
                found.add(name)
    return found


def scan(board):
    """Everything that the next instruction could reach."""
    memory = b"".join(board.gdb.read(base, size) for base, size in RAM)
    return find(memory) | find(board.gdb.general_registers())


def handed_over(tmp_path, rom):
    """A board that stands at the first instruction behind the ROM."""
    boot_board = BootBoard(tmp_path, rom)
    boot_board.put("a", boot_board.slot())
    board = boot_board.board(gdb=True, seed=SEED, icount=0)
    board.start()
    board.gdb.run_to(gdb.symbols(PAYLOADS / "payload_report.elf")["payload_reset_handler"])
    return board


def test_nothing_is_left_and_a_planted_copy_is_found(tmp_path):
    board = handed_over(tmp_path, ROM)
    try:
        assert scan(board) == set()
        for at in (SECRETS_BASE, 0x3001C123, 0x38010007):
            kept = board.gdb.read(at, 32)
            board.gdb.write(at, UDS)
            assert scan(board) == {"UDS"}
            board.gdb.write(at, kept)
        board.gdb.set_register(3, int.from_bytes(UDS[:4], "little"))
        board.gdb.set_register(4, int.from_bytes(UDS[4:8], "little"))
        assert scan(board) == {"UDS"}
    finally:
        board.stop()


def test_registers_are_clear(tmp_path):
    """All but stack pointer and the entry address."""
    board = handed_over(tmp_path, ROM)
    try:
        values = [board.gdb.register(number) for number in range(13)]
        assert [value for value in values if value != 0] == [values[5]]
        assert values[5] & ~1 == board.gdb.register("pc")
    finally:
        board.stop()


@pytest.mark.parametrize("name", ["UDS", "seed", "receipt key", "DeviceID private key"])
def test_scan_finds_them_where_nothing_is_wiped(tmp_path, name):
    board = handed_over(tmp_path, UNWIPED)
    try:
        assert name in scan(board)
    finally:
        board.stop()
