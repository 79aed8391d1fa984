"""Compartments on the emulated board: net, agent, hub and the thermostat with the real service and broker, and against
hostile servers. Everything real but the servers that say so."""
import json
import subprocess
import time

import pytest

from tests.device import servers
from tests.device.workshop import Workshop, layout, read_memory, symbol

STACK_FREE_BYTES_MIN = 1024
HEAP_FREE_BYTES_MIN = 4096
PROBE = "build/device/tests/device/images/probe.bin"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    made = Workshop(tmp_path_factory.mktemp("workshop"))
    yield made
    made.close()


def self_signed(folder, name):
    """A certificate that nobody vouches for."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                    f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-days", "1", "-keyout", key, "-out",
                    certificate], check=True, capture_output=True)
    return certificate, key


def http(status, content_type, body):
    return (f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


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
        assert not [line for line in board.lines if "lost its connection" in line or "monitor: fault" in line]
        board.stop()


def test_a_hostile_service_costs_an_error_and_the_device_joins_the_right_one(workshop, tmp_path):
    """T-01, T-14, T-20: unclaimed first, whom anybody may answer, then claimed, who knows its owner's root."""
    stranger = servers.tls(*self_signed(tmp_path, "service.sopris"), [
        http(200, "application/sopris-claim+cbor", b"\xa4\x01\x02"), http(200, "text/html", b"hello"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b"\r\n\r\n"])
    workshop.new_board("hostile")
    port = workshop.start_service()
    for handler, code in ((servers.garbage, "0x0f01"), (servers.plain_http, "0x0f01"), (servers.huge_record, "0x0f01"),
                          (servers.hang_up, "0x0(f01|e03|e02)"), (stranger, "0x0(1|2|5|9|10)")):
        with servers.Server(handler) as hostile:
            board = workshop.run_board("hostile", hostile.port)
            for _ in range(2):  # it goes on and tries again
                board.wait_line(rf"ns: agent: claim failed: {code}", 60, len(board.lines))
            assert hostile.connections >= 2
            board.stop()

    board = workshop.run_board("hostile", port)
    board.wait_line(r"ns: agent: claim accepted")
    board.wait_line(r"ns: agent: checked in")
    board.stop()

    with servers.Server(stranger) as hostile:
        board = workshop.run_board("hostile", hostile.port)
        for _ in range(2):
            board.wait_line(r"ns: agent: check-in failed: 0x0f02", 60, len(board.lines))
        assert not [line for line in board.lines if "checked in" in line]
        board.stop()

    board = workshop.run_board("hostile", port)
    board.wait_line(r"ns: agent: checked in")
    board.stop()


def test_the_thermostat_publishes_through_the_hub(workshop):
    """Sensor to subscriber; then the broker goes away and comes back, and the app never notices."""
    workshop.new_board("kitchen")
    edge_port = int((workshop.home / "service/run/edge.port").read_text())
    broker = workshop.start_broker()
    listener = workshop.subscribe("devices/#")
    board = workshop.run_board("kitchen", edge_port)
    board.wait_line(r"ns: hub: connected", 60)
    workshop.sopris("board", "set", "kitchen", "--temperature", "18")
    reading = listener.wait_line(r"devices/([0-9a-f]{66})/thermostat (\{.*18\.0.*\})", 30)
    assert json.loads(reading[2]) == {"temperature": 18.0, "heater": True}
    workshop.sopris("board", "set", "kitchen", "--temperature", "23.5")
    reading = listener.wait_line(r"thermostat (\{.*23\.5.*\})", 30)
    assert json.loads(reading[1]) == {"temperature": 23.5, "heater": False}

    broker.stop()
    before = len(board.lines)
    board.wait_line(r"ns: hub: (publishing failed|connection lost|connecting failed): 0x", 60, before)
    workshop.start_broker()
    board.wait_line(r"ns: hub: connected", 90, before)
    listener = workshop.subscribe("devices/#")
    listener.wait_line(r"thermostat \{", 30)
    assert not [line for line in board.lines if "monitor: fault" in line], board.lines
    board.stop()


def test_another_devices_topic_is_out_of_reach(workshop):
    """The broker lets a device write below its own UEID only; the hub never asks for anything else."""
    listener_lines = [line for process in workshop.processes for line in process.lines if line.startswith("devices/")]
    device = workshop.sopris("device", "list", as_json=True)
    known = json.dumps(device)
    assert listener_lines and all(line.split("/")[1] in known for line in listener_lines)


def test_a_broker_that_was_broken_into_costs_an_error(workshop):
    """T-20: the owner's genuine broker certificate, and packets that no broker sends. Agent and app go on."""
    edge_port = int((workshop.home / "service/run/edge.port").read_text())
    certificate, key = (workshop.home / "broker" / name for name in ("broker.crt", "broker.key"))
    for reply, code in ((b"\x30\x80\x80\x80\x01", "0x1101"), (b"HTTP/1.1 400\r\n\r\n", "0x1101"),
                        (b"\x20\x02\x00\x05", "0x1102")):
        with servers.Server(servers.tls(certificate, key, [reply])) as hostile:
            board = workshop.run_board("kitchen", edge_port, hostile.port)
            for _ in range(2):
                board.wait_line(rf"ns: hub: connecting failed: {code}", 60, len(board.lines))
            board.wait_line(r"ns: agent: checked in", 30, len(board.lines))
            assert not [line for line in board.lines if "monitor: fault" in line]
            board.stop()


def test_check_ins_go_on_over_one_connection(workshop):
    """Half of each ticket's lifetime of 10 s later, without a new handshake."""
    edge_port = int((workshop.home / "service/run/edge.port").read_text())
    with servers.Server(servers.relay(edge_port)) as counted:
        board = workshop.run_board("kitchen", counted.port)
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


def test_stacks_and_heaps_keep_a_margin(workshop):
    """After handshakes, check-ins and messages: what TLS took of its heap, what each compartment took of its stack."""
    edge_port = int((workshop.home / "service/run/edge.port").read_text())
    board = workshop.run_board("kitchen", edge_port)
    board.wait_line(r"ns: hub: connected", 60)
    for _ in range(2):
        board.wait_line(r"ns: agent: checked in", 30, len(board.lines))
    folder = workshop.home / "boards/kitchen"
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
