"""sopris-symbol on programs that nobody should trust: it answers two lines at most or dies, and its output is never more
than the core takes."""
import pathlib
import random
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/host/service/sopris-symbol"
SPOILED_COUNT = 150


@pytest.fixture(scope="module", name="elf")
def fixture_elf():
    return PROGRAM.read_bytes()


def look_up(folder, address, *names):
    return subprocess.run([PROGRAM, folder, f"{address:x}", *names], capture_output=True, timeout=20, check=False, env={})


def address_of(function):
    for line in subprocess.run(["nm", PROGRAM], capture_output=True, text=True, check=True).stdout.splitlines():
        if line.endswith(f" {function}"):
            return int(line.split()[0], 16)
    raise AssertionError(function)


def test_a_place_is_found(tmp_path, elf):
    (tmp_path / "one").write_bytes(elf)
    (tmp_path / "empty").write_bytes(b"")
    found = look_up(tmp_path, address_of("sandbox_enter"), "empty", "one").stdout.decode().splitlines()
    assert found[0] == "sandbox_enter" and found[1].startswith("service/symbol/sandbox.c:")
    assert look_up(tmp_path, 0xFFFFFFFF, "one").stdout == b"\n\n"
    assert look_up(tmp_path, 0, "none").returncode != 0


def test_spoiled_programs_cost_nothing(tmp_path, elf):
    """Bytes changed, mostly where headers and tables are; pieces missing."""
    chance = random.Random(4)
    address = address_of("sandbox_enter")
    deaths = 0
    for _ in range(SPOILED_COUNT):
        data = bytearray(elf[:chance.choice([len(elf), len(elf), chance.randrange(len(elf))])])
        for _ in range(chance.randrange(1, 60)):
            region = chance.choice([64, 1024, len(data)])
            if data:
                data[chance.randrange(max(1, min(region, len(data))))] = chance.randrange(256)
        (tmp_path / "spoiled").write_bytes(data)
        done = look_up(tmp_path, address, "spoiled")
        deaths += done.returncode < 0
        assert done.stdout.count(b"\n") <= 2 and done.returncode in (0, 1, -11, -6, -9, -24), done
    assert deaths < SPOILED_COUNT / 2
