"""Compartments on the emulated board: net, agent, hub and the thermostat with the real service and broker."""
import json
import time

from tests.device import servers
from tests.device.workshop import layout, read_memory, symbol

STACK_FREE_BYTES_MIN = 1024
HEAP_FREE_BYTES_MIN = 4096
PROBE = "build/device/tests/device/images/probe.bin"


def test_net_serves_what_is_declared_and_refuses_the_rest(workshop):
    """T-08, T-20: from inside a compartment, rightly and wrongly, while a neighbour's connection goes on."""
    base = workshop.image("base", PROBE, name="probe")
    workshop.new_board("probe", base=base)
    with servers.Server(servers.echo) as echo, servers.Server(servers.hang_up) as nobody:
        board = workshop.run_board("probe", nobody.port, echo.port)
        result = board.wait_line(r"ns: probe: passed (\d+) failed (\d+)", 120)
        assert int(result[1]) > 300 and int(result[2]) == 0, "\n".join(board.lines)
        before = len(board.lines)
        board.wait_line(r"ns: neighbour: rounds", 20, before)
        board.wait_line(r"monitor: fault 1 0x270f000b", 5)  # port 9999, KERNEL_CALL_REFUSED: counted as evidence
        assert not [line for line in board.lines if "lost its connection" in line or
                    ("monitor: fault" in line and not line.split("0x")[1].startswith(("270f000b", "20fb000b")))]
        board.stop()


def test_the_thermostat_publishes_through_the_hub(workshop, edge_port, kitchen, broker):
    """Sensor to subscriber, on the device's own topic, as it never asks for another; then the broker goes away and comes
    back, and the app never notices."""
    listener = workshop.subscribe("devices/#")
    board = workshop.run_board(kitchen, edge_port)
    board.wait_line(r"ns: hub: connected", 60)
    workshop.sopris("board", "set", kitchen, "--temperature", "18")
    reading = listener.wait_line(r"devices/([0-9a-f]{66})/thermostat (\{.*18\.0.*\})", 30)
    assert json.loads(reading[2]) == {"temperature": 18.0, "heater": True}
    workshop.sopris("board", "set", kitchen, "--temperature", "23.5")
    reading = listener.wait_line(r"thermostat (\{.*23\.5.*\})", 30)
    assert json.loads(reading[1]) == {"temperature": 23.5, "heater": False}
    known = json.dumps(workshop.sopris("device", "list", as_json=True))
    published = [line for line in listener.lines if line.startswith("devices/")]
    assert published and all(line.split("/")[1] in known for line in published)

    broker.stop()
    before = len(board.lines)
    board.wait_line(r"ns: hub: (publishing failed|connection lost|connecting failed): 0x", 60, before)
    again = workshop.start_broker()
    board.wait_line(r"ns: hub: connected", 90, before)
    listener = workshop.subscribe("devices/#")
    listener.wait_line(r"thermostat \{", 30)
    assert not [line for line in board.lines if "monitor: fault" in line], board.lines
    board.stop()
    again.stop()


def test_check_ins_go_on_over_one_connection(workshop, edge_port, kitchen):
    """Half of each ticket's lifetime of 10 s later, without a new handshake."""
    with servers.Server(servers.relay(edge_port)) as counted:
        board = workshop.run_board(kitchen, counted.port)
        board.wait_line(r"ns: agent: checked in")
        start = time.monotonic()
        for _ in range(3):
            board.wait_line(r"ns: agent: checked in, ticket 10 s", 30, len(board.lines))
        assert 12 < time.monotonic() - start < 25
        assert counted.connections == 1
        board.stop()


def unused(memory):
    """Bytes at the start that were never written: RAM is zero when the emulator starts."""
    return next((index for index, byte in enumerate(memory) if byte), len(memory))


def test_stacks_and_heaps_keep_a_margin(workshop, edge_port, kitchen, broker):
    """After handshakes, check-ins and messages: what TLS took of its heap, what each compartment took of its stack."""
    board = workshop.run_board(kitchen, edge_port)
    board.wait_line(r"ns: hub: connected", 60)
    for _ in range(2):
        board.wait_line(r"ns: agent: checked in", 30, len(board.lines))
    folder = workshop.home / "boards" / kitchen
    for system in ("base", "thermostat"):
        for name, where in layout(system).items():
            free = unused(read_memory(folder, where["ram"], where["stack"]))
            print(f"{name}: stack {where['stack'] - free} of {where['stack']} bytes")
            assert free >= STACK_FREE_BYTES_MIN, f"{name} has {free} bytes of stack left"
    for name in ("agent", "hub"):
        address, size = symbol("base", name, "heap")
        free = unused(read_memory(folder, address, size)[::-1])
        print(f"{name}: heap {size - free} of {size} bytes")
        assert size > free >= HEAP_FREE_BYTES_MIN, f"{name} has {free} bytes of heap left"
    board.stop()
