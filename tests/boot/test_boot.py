"""The ROM on the emulated board: boots what is good, refuses the rest with a code of its own, and the other slot runs.

T-04, T-05, T-06, T-07, T-16."""
import hashlib
import os
import random
import re
import subprocess
import time

import pytest

from tests.boot.boot_board import BootBoard, HEADER_SIZE, RECORD, SLOTS, fields

KILL_ROUNDS = 50
KILLED_BOOTS_MIN = 15


@pytest.fixture(name="boot_board")
def fixture_boot_board(tmp_path):
    return BootBoard(tmp_path)


def test_first_boot_reaches_the_payload(boot_board):
    boot_board.put("a", boot_board.slot())
    lines = boot_board.boot()
    assert lines[0] == "rom: record 0x0b04"
    assert lines[1] == "rom: boot 1 epoch 0"
    assert re.fullmatch(r"rom: device-id [0-9a-f]{128}", lines[2])
    assert re.fullmatch(r"rom: monitor a 1 [0-9a-f]{8}", lines[3])
    found = fields(lines)
    assert found["magic"] == "484f4646"
    assert found["record"] == found["confirmed"] == "5a3c96e1"
    assert found["record-boot-count"] == found["boot-count"] == "00000001"


def test_certificate_verifies_with_openssl(boot_board, tmp_path):
    boot_board.put("a", boot_board.slot())
    lines = boot_board.boot()
    found = fields(lines)
    point = re.fullmatch(r"rom: device-id ([0-9a-f]{128})", lines[2])[1]
    assert found["ueid"] == "01" + hashlib.sha256(bytes.fromhex(point)).hexdigest()
    certificate = tmp_path / "attestation.der"
    certificate.write_bytes(bytes.fromhex(found["certificate"]))
    text = subprocess.check_output(["openssl", "x509", "-inform", "DER", "-in", certificate, "-noout", "-text"],
                                   text=True)
    assert "99991231" in text or "9999 GMT" in text
    assert f"CN = {found['ueid']}" in text.replace("CN=", "CN = ")
    # The signature, over the first element of the certificate, by DeviceID.
    der = certificate.read_bytes()
    body = subprocess.check_output(["openssl", "asn1parse", "-inform", "DER", "-in", certificate], text=True)
    depth_one = [line for line in body.splitlines() if ":d=1" in line]
    start, header, length = (int(value) for value in re.match(
        r"\s*(\d+):d=1\s+hl=(\d+)\s+l=\s*(\d+)", depth_one[0]).groups())
    (tmp_path / "tbs").write_bytes(der[start:start + header + length])
    start, header, length = (int(value) for value in re.match(
        r"\s*(\d+):d=1\s+hl=(\d+)\s+l=\s*(\d+)", depth_one[2]).groups())
    (tmp_path / "signature").write_bytes(der[start + header + 1:start + header + length])
    spki = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004" + point)
    (tmp_path / "key").write_bytes(spki)
    subprocess.run(["openssl", "dgst", "-sha256", "-verify", tmp_path / "key", "-keyform", "DER", "-signature",
                    tmp_path / "signature", tmp_path / "tbs"], check=True)


REFUSALS = {
    "unsigned": ({"unsigned": 1}, "0x0302"),
    "stranger's key": ({"signer": "stranger"}, "0x0304"),
    "stranger's key set": ({"root": "stranger"}, "0x0402"),
    "other kind of key set": ({"kind": 2}, "0x0404"),
    "older sequence": ({"sequence": 4, "sequence_min": 5}, "0x0309"),
    "other vendor": ({"vendor": 1}, "0x0306"),
    "other class": ({"class": 1}, "0x0307"),
    "other component": ({"component": 2}, "0x0308"),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_refused_slot_has_its_code_and_the_other_boots(boot_board, what):
    recipe, code = REFUSALS[what]
    boot_board.put("a", boot_board.slot(**recipe))
    boot_board.put("b", boot_board.slot(sequence=9))
    lines = boot_board.boot()
    assert f"rom: slot a {code}" in lines
    assert fields(lines)["slot"] == "00000001"
    assert fields(lines)["error-a"] == "0000" + code[2:]


def test_flipped_bits_are_refused(boot_board):
    """Sampled over key set, manifest and image; each has the code of the part that it hit."""
    slot = boot_board.slot()
    boot_board.put("b", boot_board.slot(sequence=9))
    keyset_size, manifest_size = (int.from_bytes(slot[at:at + 4], "big") for at in (4, 8))
    source = random.Random(20261122)
    parts = {
        "key set": (12, keyset_size, r"0x0(1|2|4)0."),
        "manifest": (12 + keyset_size, manifest_size, r"0x0(1|2|3)0."),
        "image": (HEADER_SIZE, len(slot) - HEADER_SIZE, "0x030b"),
    }
    for start, size, code in parts.values():
        for _ in range(6):
            boot_board.forget()
            boot_board.put("a", slot)
            boot_board.flip(SLOTS["a"] + start + source.randrange(size), source.randrange(8))
            lines = boot_board.boot()
            assert any(re.fullmatch("rom: slot a " + code, line) for line in lines), lines
            assert fields(lines)["slot"] == "00000001"


def test_no_good_slot_halts_and_the_watchdog_resets(boot_board):
    with boot_board.board() as board:
        board.wait_line("rom: halt 0x0b03")
        assert board.wait_exit(30) == 0
        assert "rom: slot a 0x0b01" in board.lines
        assert "rom: slot b 0x0b01" in board.lines


def test_slot_that_hangs_is_given_up(boot_board):
    boot_board.put("a", boot_board.slot("payload_hang"))
    boot_board.put("b", boot_board.slot(sequence=2))
    for _ in range(3):
        with boot_board.board() as board:
            board.wait_line("payload: hangs")
            assert board.wait_exit(30) == 0  # the watchdog, with -no-reboot
    lines = boot_board.boot()
    assert "rom: slot a 0x0b02" in lines
    assert fields(lines)["slot"] == "00000001"
    assert fields(lines)["boot-count"] == "00000004"
    lines = boot_board.boot()  # and it stays with the slot that runs
    assert fields(lines)["slot"] == "00000001"


def test_generation_below_the_counter_is_refused(boot_board):
    boot_board.put("a", boot_board.slot(generation=1))
    boot_board.put("b", boot_board.slot(generation=2))
    boot_board.raise_generation(2)
    lines = boot_board.boot()
    assert "rom: slot a 0x0405" in lines


def test_altered_record_is_noticed(boot_board):
    boot_board.put("a", boot_board.slot())
    boot_board.boot()
    assert "rom: boot 2 epoch 0" in boot_board.boot()
    for entry in range(32):
        boot_board.flip(RECORD + entry * 256 + 13)
    assert "rom: record 0x0b04" in boot_board.boot()


def start_times(boot_board):
    """Seconds of a whole start: until the console's first line, and from there until the payload is done."""
    begin = time.monotonic()
    with boot_board.board(icount=0) as board:
        board.wait_line("", 60)
        first = time.monotonic()
        board.wait_line("payload: done", 60)
        return first - begin, time.monotonic() - first


def kill_round(boot_board, source, whole, before_s, boots_s):
    """One start and its kill -9. Four in five fall a random while after the first line, over the length of one of the
    measured boots, so that a busy machine gets as far; the others before it. A whole one falls after the last line, so
    that the record advances however slow the machine has become. Returns the console."""
    with boot_board.board(icount=0) as board:
        if whole:
            board.wait_line("payload: done", 60)
        elif source.random() < 0.8:
            board.wait_line("", 60)
            time.sleep(source.uniform(0, 1.2 * source.choice(boots_s)))
        else:
            time.sleep(source.uniform(0, before_s))
        board.kill()
        return list(board.lines)


def test_kill_at_random_moments_always_boots(boot_board):
    """Fifty rounds of kill -9; the payload confirms, so the record advances; the boot count never goes back. SOPRIS_SEED
    repeats the draws; the seed is printed."""
    seed = int(os.environ.get("SOPRIS_SEED", random.randrange(1 << 32)))
    source = random.Random(seed)
    boot_board.put("a", boot_board.slot())
    (_, first_boot_s), (before_s, ordinary_boot_s) = start_times(boot_board), start_times(boot_board)
    boot_board.forget()
    last = booted = done = 0
    for number in range(KILL_ROUNDS):
        lines = kill_round(boot_board, source, number % 10 == 9, before_s, (first_boot_s, ordinary_boot_s))
        assert "rom: record 0x0b04" not in lines or last == 0, f"seed {seed}"
        counts = [int(match[1]) for line in lines if (match := re.match(r"rom: boot (\d+) ", line))]
        for count in counts:
            assert count > last, f"seed {seed}"
            last = count
        booted += bool(counts)
        done += "payload: done" in lines
    print(f"seed {seed}: {booted} of {KILL_ROUNDS} had counted the boot, {done} were done")
    assert booted >= KILLED_BOOTS_MIN and done < booted, f"seed {seed}: {booted} booted, {done} of them to the end"
    found = fields(boot_board.boot())
    assert found["record"] == "5a3c96e1", f"seed {seed}"
    assert int(found["boot-count"], 16) > last, f"seed {seed}"
