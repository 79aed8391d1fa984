"""T-03: after the hand-over, UDS, DeviceID's private key, the raw seed and the receipt key are nowhere in RAM, in the
injected region or in registers; and the scan that says so finds a planted copy, and finds them where nothing is wiped."""
import contextlib
import hashlib
import hmac

import pytest

from tests.boot.boot_board import BootBoard, PAYLOADS, RECORD, ROM, ROOT, UDS
from tests.support import gdb

UNWIPED = ROOT / "build/device/challenge/without/boot/rom_unwiped.bin"
SEED = bytes(range(101, 133))
RAM = ((0x30000000, 0x20000), (0x38000000, 0x80000))
SECRETS_BASE = 0x38000000
WINDOW = 8
# Ways through the ROM, and what it prints on them: a new board; one with a receipt, which signs nothing; one whose monitor
# has asked for a new epoch.
PATHS = {"first": "rom: boot 1 epoch 0", "receipt": "rom: boot 2 epoch 0", "epoch": "rom: boot 2 epoch 1"}
# docs/protocol/boot-record.md
ENTRY_SIZE, ENTRY_COUNT, HEAD_SIZE, UNARY_OFFSET = 256, 32, 96, 128


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


def request_epoch(boot_board):
    """The next entry of the record, as a monitor writes it: the present one with a request for epoch 1."""
    entries = [boot_board.read(RECORD + index * ENTRY_SIZE, ENTRY_SIZE) for index in range(ENTRY_COUNT)]
    written = [index for index in range(ENTRY_COUNT) if entries[index].startswith(b"BREC")]
    present = entries[written[-1]]
    assert present[UNARY_OFFSET:] == bytes([0xFF]) * (ENTRY_SIZE - UNARY_OFFSET), "nothing was counted since"
    sequence = int.from_bytes(present[8:12], "big") + 1
    head = present[:8] + sequence.to_bytes(4, "big") + present[12:16] + (1).to_bytes(4, "big") + present[20:HEAD_SIZE]
    key = hkdf(UDS, b"sopris boot record\x00" + bytes(4))
    boot_board.write(RECORD + (written[-1] + 1) * ENTRY_SIZE, head + hmac.new(key, head, hashlib.sha256).digest())


@contextlib.contextmanager
def handed_over(tmp_path, rom, path):
    """A board that stands at the first instruction behind the ROM, which it reached on one of PATHS."""
    boot_board = BootBoard(tmp_path, rom)
    boot_board.put("a", boot_board.slot())
    if path != "first":
        boot_board.boot()
    if path == "epoch":
        request_epoch(boot_board)
    signs = gdb.symbols(rom.with_suffix(".elf"))["ecdsa_p256_sign"]
    with boot_board.board(gdb=True, seed=SEED, icount=0) as board:
        if path == "receipt":
            board.gdb.set_breakpoint(signs)  # run_to fails if it comes here
        else:
            board.gdb.run_to(signs)
        board.gdb.run_to(gdb.symbols(PAYLOADS / "payload_report.elf")["payload_reset_handler"])
        board.wait_line(PATHS[path])
        yield board


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_left_and_a_planted_copy_is_found(tmp_path, path):
    with handed_over(tmp_path, ROM, path) as board:
        assert scan(board) == set()
        for at in (SECRETS_BASE, 0x3001C123, 0x38010007):
            kept = board.gdb.read(at, 32)
            board.gdb.write(at, UDS)
            assert scan(board) == {"UDS"}
            board.gdb.write(at, kept)
        board.gdb.set_register(3, int.from_bytes(UDS[:4], "little"))
        board.gdb.set_register(4, int.from_bytes(UDS[4:8], "little"))
        assert scan(board) == {"UDS"}


@pytest.mark.parametrize("path", PATHS)
def test_registers_are_clear(tmp_path, path):
    """All but stack pointer and the entry address."""
    with handed_over(tmp_path, ROM, path) as board:
        values = [board.gdb.register(number) for number in range(13)]
        assert [value for value in values if value != 0] == [values[5]]
        assert values[5] & ~1 == board.gdb.register("pc")


@pytest.mark.parametrize("path, names", [
    ("first", {"UDS", "seed", "receipt key", "DeviceID private key"}),
    ("receipt", {"UDS", "seed", "receipt key"}),  # no key pair is made
    ("epoch", {"UDS", "seed", "receipt key", "DeviceID private key"}),
])
def test_scan_finds_them_where_nothing_is_wiped(tmp_path, path, names):
    with handed_over(tmp_path, UNWIPED, path) as board:
        assert scan(board) == names
