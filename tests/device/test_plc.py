"""The PLC: stock Modbus clients work, and its cycle holds 10 ms within one tick whatever the network or another compartment
does. The board measures itself, by its own ticks, and says so on its console. Its time is counted in instructions, 62.5
million a second, so that this machine's load is not taken for the board's."""
import ctypes
import ctypes.util
import re
import socket
import struct
import subprocess
import threading
import time

import pytest

from tests.device.workshop import DEVICE, ROOT, read_memory, symbol

IMAGES = ROOT / "build/device/tests/device/images"
NEW = 2
FAULT_OF_MODBUS = r"monitor: fault 10 "
READ_HOLDING = b"\0\1\0\0\0\6\1\3\0\0\0\x08"


@pytest.fixture(scope="module")
def new_shop(workshop, edge_port):
    """Makes and claims a board that runs an app image; gives its console and the host's end of its Modbus port."""
    def make(name, plain):
        app = workshop.image("app", plain, signer=("--owner",), name=name)
        workshop.sopris("release", "add", app)
        workshop.new_board(name, app=app)
        board = workshop.run_board(name, edge_port, options=["--steady"])
        board.wait_line(r"monitor: app a 1 ")  # claimed, and started again
        return board
    return make


@pytest.fixture(scope="module")
def shop(new_shop):
    board = new_shop("shop", DEVICE / "systems/plc.bin")
    port = int(board.wait_line(r"port 502 is 127\.0\.0\.1:(\d+)")[1])
    board.wait_line(r"ns: modbus: serves")
    yield board, port
    board.stop()


def mbpoll(port, *arguments):
    command = ["mbpoll", "-m", "tcp", "-p", str(port), "-0", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert result.returncode == 0, result.stdout + result.stderr
    return [int(value) for value in re.findall(r"^\[\d+\]:\s+(\d+)", result.stdout, re.M)]


class LibModbus:
    """The library that most masters on Linux are written with."""

    def __init__(self, port):
        self.library = ctypes.CDLL(ctypes.util.find_library("modbus"))
        self.library.modbus_new_tcp.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.modbus_new_tcp(b"127.0.0.1", port))
        assert self.library.modbus_connect(self.context) == 0

    def close(self):
        self.library.modbus_close(self.context)
        self.library.modbus_free(self.context)

    def read(self, function, count, of=ctypes.c_uint16):
        values = (of * count)()
        assert getattr(self.library, function)(self.context, 0, count, values) == count
        return list(values)

    def write(self, function, *arguments):
        return getattr(self.library, function)(self.context, *arguments)


def test_stock_clients_read_and_write(workshop, shop):
    _, port = shop
    workshop.sopris("board", "set", "shop", "--contacts", "0,3")
    time.sleep(0.3)
    assert mbpoll(port, "-t", 1, "-r", 0, "-c", 8, "-1", "127.0.0.1") == [1, 0, 0, 1, 0, 0, 0, 0]
    mbpoll(port, "-t", 0, "-r", 5, "127.0.0.1", 1, 0, 1)
    mbpoll(port, "-t", 4, "-r", 1, "127.0.0.1", 1234)
    client = LibModbus(port)
    assert client.read("modbus_read_bits", 8, ctypes.c_uint8) == [0, 0, 0, 0, 0, 1, 0, 1]
    assert client.read("modbus_read_input_bits", 8, ctypes.c_uint8) == [1, 0, 0, 1, 0, 0, 0, 0]
    assert client.read("modbus_read_registers", 2)[1] == 1234
    assert client.write("modbus_write_bit", 4, 1) == 1
    assert client.write("modbus_write_register", 0, 0) == 1
    assert client.write("modbus_write_registers", 2, 2, (ctypes.c_uint16 * 2)(7, 8)) == 2
    assert client.write("modbus_write_bits", 6, 2, (ctypes.c_uint8 * 2)(0, 1)) == 2
    assert client.read("modbus_read_registers", 8) == [0, 1234, 7, 8, 0, 0, 0, 0]
    assert client.write("modbus_write_register", 8, 0) == -1  # there is none: an exception
    time.sleep(0.1)
    assert workshop.sopris("board", "show", "shop", as_json=True)["outputs on"] == "0 4 5 7"
    workshop.sopris("board", "set", "shop", "--contacts", "1")
    time.sleep(0.1)
    assert client.read("modbus_read_input_registers", 8)[4] == 0b10110000
    client.close()


def flood(port, stop, counts):
    """Connects, sends many requests at once, goes away, and again."""
    while not stop.is_set():
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
                client.settimeout(0.5)
                for _ in range(20):
                    client.sendall(READ_HOLDING * 40)
                    counts.append(len(client.recv(4096)))
        except OSError:
            counts.append(0)


def scan_words(workshop, name, image, variable):
    """A variable of the scan. The emulator reads as its processor would: not while that runs what may not read there."""
    address, size = symbol(image, "scan", variable)
    for _ in range(200):
        try:
            return struct.unpack(f"<{size // 4}I", read_memory(workshop.home / "boards" / name, address, size))
        except AssertionError:
            time.sleep(0.01)
    raise AssertionError("the board's memory cannot be read")


def timer(workshop, name, image):
    """(latest begin of a cycle in ms, cycles left out, cycles) as the scan has them in its memory."""
    _, _, late_ms, missed = scan_words(workshop, name, image, "timer")
    return late_ms, missed, scan_words(workshop, name, image, "cycles")[0]


def check_cycle(workshop, name, image, cycles_min):
    """After so many cycles at least: on a busy machine the board's time goes slower than ours."""
    deadline = time.monotonic() + 60
    while timer(workshop, name, image)[2] < cycles_min and time.monotonic() < deadline:
        time.sleep(0.5)
    late_ms, missed, cycles = timer(workshop, name, image)
    assert cycles >= cycles_min and late_ms <= 1 and missed == 0, (late_ms, missed, cycles)


def test_the_cycle_holds_while_modbus_is_flooded_and_an_update_is_fetched(workshop, shop):
    """T-08: also the agent goes on, in the same flood: it fetches a whole image and restarts into it."""
    board, port = shop
    begin = len(board.lines)
    stop, counts = threading.Event(), []
    floods = [threading.Thread(target=flood, args=(port, stop, counts)) for _ in range(4)]
    for thread in floods:
        thread.start()
    try:
        board.wait_line(r"ns: agent: checked in", 30, begin)
        workshop.publish("base", DEVICE / "systems/base.bin", NEW)
        workshop.sopris("rollout", "start", "--component", "base", "--sequence", NEW)
        board.wait_line(rf"ns: agent: update of base to {NEW}: 0 of", 30, begin)
        while not any("bytes, finished" in line for line in board.lines[begin:]):
            try:
                measured = timer(workshop, "shop", DEVICE / "systems/plc.d")
            except OSError:
                break  # it restarts into the update
            time.sleep(0.1)
        board.wait_line(rf"ns: agent: update of base to {NEW}: (\d+) of \1 bytes, finished", 10, begin)
    finally:
        stop.set()
        for thread in floods:
            thread.join()
    assert sum(counts) > 10000, "hardly a flood"
    late_ms, missed, cycles = measured
    assert late_ms <= 1 and missed == 0 and cycles > 1000, measured
    board.wait_line(rf"monitor: base . {NEW} ", 20, begin)


def wait_outputs(workshop, name, condition, timeout_s=30):
    deadline = time.monotonic() + timeout_s
    while not condition(on := workshop.sopris("board", "show", name, as_json=True)["outputs on"]):
        assert time.monotonic() < deadline, on
        time.sleep(0.1)


def test_a_modbus_compartment_that_crashes_for_ever_costs_its_own_outputs(workshop, new_shop):
    """T-08"""
    board = new_shop("crashing", IMAGES / "plc_crashing.bin")
    wait_outputs(workshop, "crashing", lambda on: on.endswith("4 5 6 7"))
    board.wait_line(FAULT_OF_MODBUS, 40)
    wait_outputs(workshop, "crashing", lambda on: not re.search("[4567]", on))
    begin = len(board.lines)
    while len([line for line in board.lines[begin:] if re.search(FAULT_OF_MODBUS, line)]) < 100:
        board.wait_line(FAULT_OF_MODBUS, 40, len(board.lines))
    board.wait_line(r"ns: agent: checked in", 60, begin)
    check_cycle(workshop, "crashing", IMAGES / "plc_crashing.d", 500)
    board.stop()


def test_outputs_are_off_when_the_scan_is_down(workshop, new_shop):
    """T-08"""
    board = new_shop("dying", IMAGES / "plc_dying.bin")
    wait_outputs(workshop, "dying", lambda on: on == "0 1 2 3 4 5 6 7")
    board.wait_line(r"monitor: fault 9 ", 20)
    wait_outputs(workshop, "dying", lambda on: on == "")
    board.stop()
