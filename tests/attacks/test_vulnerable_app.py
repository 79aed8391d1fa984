"""The deliberately vulnerable app is taken over for real, over the network, and the attacker tries to get out: T-08, T-09, T-10,
T-11, T-23. Each attempt costs the attacker the compartment or an error, is reported, and nobody else notices."""
import struct
import time

import pytest

from challenge.attacks.vulnerable import exploit
from tests.device.workshop import DEVICE, Workshop, layout, symbol

NET, AGENT, HUB = 0, 1, 2
NOT_DECLARED, NET_NOT_DECLARED = 0x0D02, 0x0E01
MONITOR_EVIDENCE, MONITOR_RESET, MONITOR_UPDATE_BEGIN = 3, 8, 16
DONE = 0x5A3C96E1  # ERROR_CODE_NONE
CONNECT, LISTEN = 1, 5
KERNEL_CALL_REFUSED = 11


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    workshop = Workshop(tmp_path_factory.mktemp("vulnerable"))
    try:
        port = workshop.start_service()
        app = workshop.image("app", DEVICE / "systems/vulnerable.bin", signer=("--owner",), name="vulnerable")
        workshop.sopris("release", "add", app)
        workshop.new_board("victim", app=app)
        running = workshop.run_board("victim", port)
        running.workshop = workshop
        running.wait_line("ns: vulnerable: guest book on port")
        yield running
    finally:
        workshop.close()


@pytest.fixture(scope="module")
def attacker(board):
    port = int(board.wait_line(r"port 7777 is 127\.0\.0\.1:(\d+)")[1])
    return exploit.Exploit(port, DEVICE / "systems/vulnerable.d/vulnerable.elf")


def escapes(attacker):
    """Name and call of each attempt that must end the compartment."""
    vault, _ = symbol("vulnerable", "vault", "vault_secret")
    base, own = layout("base"), layout("vulnerable")["vulnerable"]
    memcpy, here = attacker.symbols["memcpy"], attacker.text_address
    return {
        "read the vault": (memcpy, here, vault, 4),
        "write the vault": (memcpy, vault, here, 4),
        "read the agent": (memcpy, here, base["agent"]["ram"], 4),
        "write net": (memcpy, base["net"]["ram"] + 4096, here, 4),
        "read the kernel": (memcpy, here, 0x28036100, 4),
        "write the kernel": (memcpy, 0x28036100, here, 4),
        "write the mailbox": (memcpy, 0x28034000, here, 4),
        "write own code": (memcpy, own["code"], here, 4),
        "run own data": (here,),
        "run the kernel": (0x28000400,),
        "enter the monitor": (0x30000200, MONITOR_RESET, 0),
        "enter the monitor past its gate": (0x30000400, 0, 0),
        "read secure memory": (memcpy, here, 0x30010000, 4),
        "read the flash": (memcpy, here, 0x70000000, 4),
        "read the ROM": (memcpy, here, 0x10000000, 4),
        "feed the watchdog": (memcpy, 0x50081000, here, 4),
        "send a frame": (memcpy, 0x41400020, here, 4),
        "switch a lamp": (memcpy, 0x41302000, here, 4),
        "drive the pins": (memcpy, 0x41206000, here, 4),
        "open the MPU": (memcpy, 0xE000ED94, here, 4),
    }


def wait_served(attacker, board, timeout_s=20):
    """Until the compartment runs again; gives how often it has been visited."""
    deadline = time.monotonic() + timeout_s
    while (visits := attacker.call(attacker.symbols["greet"])) is None:
        assert time.monotonic() < deadline, "\n".join(board.lines[-20:])
        time.sleep(0.05)
    return visits


def test_the_attacker_runs_in_the_compartment(board, attacker):
    """Its own code, with the attacker's arguments, on the device's console and back over the network."""
    assert attacker.call(attacker.symbols["greet"]) == 1  # the call it would have made anyway
    assert attacker.kernel_call(exploit.KERNEL_CALL_LOG, attacker.text_address, 21,
                                text=b"owned over the network")
    board.wait_line(r"ns: vulnerable: owned over the networ")
    assert attacker.call(attacker.symbols["greet"]) == 2  # and goes on as if nothing had been


def test_every_escape_is_stopped_and_reported(board, attacker):
    for name, call in escapes(attacker).items():
        wait_served(attacker, board)
        begin = len(board.lines)
        assert attacker.call(*call, text=b"\xfe\xe7" * 16) is None, f"{name}: survived"
        board.wait_line(r"monitor: fault 8 ", 10, begin)
        assert wait_served(attacker, board) == 1, f"{name}: was not started afresh"


def test_what_was_not_declared_is_refused(board, attacker):
    """Each is answered with an error; the first of each second is recorded."""
    wait_served(attacker, board)
    for number in (MONITOR_EVIDENCE, MONITOR_RESET, MONITOR_UPDATE_BEGIN):
        assert attacker.kernel_call(exploit.KERNEL_CALL_MONITOR, attacker.text_address,
                                    text=attacker.message(number, 4)) == NOT_DECLARED
    for compartment in (AGENT, HUB, 9):
        assert attacker.kernel_call(exploit.KERNEL_CALL_CALL, attacker.text_address,
                                    text=attacker.message(compartment, 4)) == NOT_DECLARED
    assert attacker.kernel_call(exploit.KERNEL_CALL_ENDPOINT, 0, attacker.free_address) == NOT_DECLARED
    board.wait_line(r"monitor: fault 8 0x0000000(3|6|a)", 10)


@pytest.mark.parametrize("request_bytes", [bytes([CONNECT, 0x22, 0xB3, 0, 0, 1, 0]) + b"10.0.2.100",
                                           bytes([CONNECT, 0, 22, 0, 0, 1, 0]) + b"10.0.2.2", bytes([LISTEN, 0, 23])])
def test_undeclared_hosts_and_ports_are_refused(board, attacker, request_bytes):
    """Owner's broker, gateway, another port: net says no, and says so to the kernel."""
    port, = struct.unpack(">H", request_bytes[1:3])
    record = f"monitor: fault 8 {port << 16 | KERNEL_CALL_REFUSED:#010x}"
    wait_served(attacker, board)
    begin = len(board.lines)
    deadline = time.monotonic() + 20
    while not any(record in line for line in board.lines[begin:]):  # one a second and compartment, of its time
        assert time.monotonic() < deadline, "\n".join(board.lines[begin:])
        code = attacker.kernel_call(exploit.KERNEL_CALL_CALL, attacker.text_address,
                                    text=attacker.message(NET, len(request_bytes), 16), data=request_bytes)
        assert code == DONE  # the call; its answer lies where the request was
        time.sleep(0.3)


def test_nobody_else_noticed_and_the_operator_knows(board):
    """After all of the above."""
    begin = len(board.lines)
    board.wait_line(r"ns: vault: intact", 20, begin)
    board.wait_line(r"ns: agent: checked in", 30, begin)
    assert not [line for line in board.lines if "BROKEN INTO" in line or "watchdog reset" in line]
    assert sum("rom: boot" in line for line in board.lines) == 2  # power on, and the claim
    shown = board.workshop.sopris("device", "show", "victim", as_json=True)
    counts = {kind: count for kind, count in shown.get("faults", {}).items()}
    assert {"compartment": 8, "kind": "listen", "host": None, "port": 7777, "used": True} in shown["endpoints"], shown
    assert {"compartment": 2, "kind": "tls", "host": "10.0.2.100", "port": 8883, "used": True} in shown["endpoints"], shown
    assert counts.get("compartment", 0) >= 10 and counts.get("undeclared", 0) >= 3, shown
