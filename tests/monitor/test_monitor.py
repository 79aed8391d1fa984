"""What the monitor lets run and whose the board is, with the product's own images.

T-04, T-05, T-14, T-15: each board is made by the command line; it runs in the emulator and as a process in turn, on the
same files."""
import pathlib
import re
import shutil
import subprocess
import threading
import time

import pytest

from tests.support import qemu

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOST, DEVICE = ROOT / "build/host", ROOT / "build/device/device"
SLOTS = {"base": (0x80000, 0xE0000), "app": (0x140000, 0x180000)}
HEADER_SIZE = 4096


class Process:
    """A program whose lines can be waited for; ended by its id."""

    def __init__(self, *arguments):
        self.lines, self._changed = [], threading.Condition()
        self.process = subprocess.Popen([str(argument) for argument in arguments], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for raw in self.process.stdout:
            with self._changed:
                self.lines.append(raw.decode("latin1").rstrip())
                self._changed.notify_all()

    def wait(self, pattern, timeout_s=30.0):
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                for line in self.lines:
                    match = re.search(pattern, line)
                    if match:
                        return match
                left = deadline - time.monotonic()
                assert left > 0, f"no line like {pattern!r} in:\n" + "\n".join(self.lines)
                self._changed.wait(left)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class World:
    """A maker, an owner with a running service, and one board that belongs to this owner."""

    def __init__(self, folder):
        self.folder = folder
        self.sopris("maker", "new", "acme")
        self.sopris("up", "--init", "--edge-port", "0", "--door-port", "0")
        images = {"monitor": DEVICE / "monitor/monitor.bin", "base": DEVICE / "systems/base.bin",
                  "app": DEVICE / "systems/thermostat.bin"}
        for component, image in images.items():
            self.sign(component, image, sequence=3)

    def sopris(self, *arguments):
        done = subprocess.run([HOST / "cli/sopris", "-C", self.folder, *map(str, arguments)], capture_output=True,
                              text=True, timeout=120, check=False)
        assert done.returncode == 0, f"sopris {arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def sign(self, component, image, sequence):
        record = self.folder / f"{component}.suit"
        signer = ["--owner"] if component == "app" else ["--maker", "acme"]
        for old in (record, self.folder / f"{component}.img"):
            old.unlink(missing_ok=True)
        self.sopris("image", "build", "--component", component, "--image", image, "--sequence", sequence,
                    "--version", f"0.{sequence}.0", "--maker", "acme", "--out", record)
        self.sopris("image", "sign", record, *signer, "--out", self.folder / f"{component}.img")
        return self.folder / f"{component}.img"

    def up(self):
        service = Process(HOST / "cli/sopris", "-C", self.folder, "up", "--soprisd", HOST / "service/soprisd")
        self.port = service.wait(r"ready edge=127\.0\.0\.1:(\d+)")[1]
        return service

    def assign(self):
        voucher = self.folder / "acme.voucher"
        self.sopris("maker", "trust", "acme")
        self.sopris("maker", "voucher", "acme", "--owner", self.folder / "owner/root.crt", "--batch", "B1",
                    "--host", "10.0.2.100", "--out", voucher)
        self.sopris("voucher", "add", voucher)
        self.sopris("release", "add", *(self.folder / f"{name}.img" for name in ("monitor", "base", "app")))

    def manufacture(self):
        self.sopris("board", "new", "kitchen", "--maker", "acme", "--batch", "B1", "--rom", DEVICE / "rom/rom.bin",
                    *(option for name in ("monitor", "base", "app")
                      for option in (f"--{name}", self.folder / f"{name}.img")))
        return self.folder / "boards/kitchen"


class BoardFiles:
    """A copy of a board's folder that a test may spoil."""

    def __init__(self, source, folder):
        self.folder = folder
        subprocess.run(["cp", "--sparse=always", "-r", f"{source}/.", folder], check=True)
        self.flash = folder / "flash.img"

    def flip(self, offset):
        with open(self.flash, "r+b") as flash:
            flash.seek(qemu.FLASH_FILE_OFFSET + offset)
            byte = flash.read(1)[0]
            flash.seek(qemu.FLASH_FILE_OFFSET + offset)
            flash.write(bytes([byte ^ 1]))

    def put(self, offset, data):
        with open(self.flash, "r+b") as flash:
            flash.seek(qemu.FLASH_FILE_OFFSET + offset)
            flash.write(data)

    def emulator(self, **options):
        """This board in the emulator, not yet started."""
        return qemu.Board(self.folder, rom=DEVICE / "rom/rom.bin", flash=self.flash, fuses=self.folder / "fuses.bin",
                          uds=(self.folder / "uds.bin").read_bytes(), **options)

    def emulate(self, *patterns):
        """Boots in the emulator until each pattern was seen; all lines until then."""
        with self.emulator() as board:
            for pattern in patterns:
                board.wait_line(pattern, 60)
            return list(board.lines)

    def process(self, port):
        return Process(HOST / "device/boards/host/sopris-host-board", self.folder, port)


def claim(world):
    """The world, and the folder of a board that its owner has claimed, as a process; the service has ended again."""
    board = world.manufacture()
    with world.up():
        world.assign()
        with Process(HOST / "device/boards/host/sopris-host-board", board, world.port) as device:
            device.wait("monitor: claim [0-9a-f]{8}")
            device.wait("monitor: start normal")
            device.wait("agent: checked in")
            device.wait("agent: operational certificate received")
        shown = world.sopris("device", "list")
    assert "accepted" in shown
    return world, board


@pytest.fixture(scope="module", name="claimed")
def fixture_claimed(tmp_path_factory):
    return claim(World(tmp_path_factory.mktemp("alice") / "work"))


@pytest.fixture(name="board")
def fixture_board(claimed, tmp_path):
    files = BoardFiles(claimed[1], tmp_path / "board")
    yield files
    shutil.rmtree(files.folder)


def test_claimed_board_runs_base_and_app(board):
    lines = board.emulate("monitor: start normal", "ns: agent: device", "ns: thermostat: up")
    text = "\n".join(lines)
    assert re.search("monitor: base a 3 [0-9a-f]{8}", text)
    assert re.search("monitor: app a 3 [0-9a-f]{8}", text)


@pytest.mark.parametrize("offset", [HEADER_SIZE, HEADER_SIZE + 1000], ids=["first", "middle"])
@pytest.mark.parametrize("component", ["base", "app"])
def test_altered_image_is_refused_and_the_other_slot_runs(board, component, offset):
    board.flip(SLOTS[component][0] + offset)
    lines = board.emulate(f"monitor: {component} b 3 [0-9a-f]{{8}}", "monitor: start normal", "ns: thermostat: up")
    assert f"monitor: {component} slot a 0x030b" in lines


def test_altered_app_in_both_slots_leaves_base_alone(board):
    for slot in SLOTS["app"]:
        board.flip(slot + HEADER_SIZE + 100)
    lines = board.emulate("monitor: start normal", "ns: agent: device")
    assert "monitor: app slot a 0x030b" in lines
    assert "monitor: app slot b 0x030b" in lines
    assert not any("thermostat" in line for line in lines)


def test_altered_base_in_both_slots_runs_nothing(board):
    for slot in SLOTS["base"]:
        board.flip(slot + HEADER_SIZE + 100)
    lines = board.emulate("monitor: base slot b 0x030b")
    assert not any(line.startswith(("ns:", "monitor: start")) for line in lines)


def test_app_of_another_owner_is_refused(board, tmp_path):
    other = World(tmp_path / "bob")
    image = (other.folder / "app.img").read_bytes()
    for slot in SLOTS["app"]:
        board.put(slot, image)
    lines = board.emulate("monitor: start normal")
    assert "monitor: app slot a 0x0402" in lines
    assert "monitor: no app 0x0b03" in lines


def test_board_refuses_the_service_of_another_owner(claimed, board, tmp_path):
    """Its TLS certificate does not lead to the root that the voucher names, so it gets no evidence at all."""
    other = World(tmp_path / "bob")
    with other.up():
        other.sopris("maker", "trust", claimed[0].folder / "makers/acme")
        with board.process(other.port) as device:
            device.wait("agent: check-in failed: 0x0f0[12]")
            assert not any("checked in" in line for line in device.lines)
        assert "kitchen" not in other.sopris("device", "list")
