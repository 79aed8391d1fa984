"""net as an attacker meets it: what a port scan of a board's own stack finds, what its list is worth, and what is lost when it
is taken over."""
import pytest

from tests.device import servers
from tests.device.scan import Scanner
from tests.device.workshop import DEVICE, ROOT
from tests.support.qemu import Board

IMAGES = ROOT / "build/device/tests/device/images"
SAMPLE = [*range(1, 1025), 1883, 3389, 5900, 8080, 8443, 8883, *range(20000, 65536, 997), 65535]


@pytest.fixture(scope="module")
def plc_board(workshop, edge_port):
    """Folder of a claimed board that runs the PLC, switched off."""
    app = workshop.image("app", DEVICE / "systems/plc.bin", signer=("--owner",), name="plc")
    workshop.sopris("release", "add", app)
    workshop.new_board("scanned", app=app)
    board = workshop.run_board("scanned", edge_port)
    board.wait_line(r"ns: modbus: serves")
    board.stop()
    return workshop.home / "boards/scanned"


def test_a_port_scan_finds_the_declared_port_and_nothing_else(plc_board, tmp_path):
    """T-08: raw frames straight to the board's controller, no emulated router in between."""
    with Scanner() as scanner:
        board = Board(tmp_path, rom=plc_board / "rom.bin", fuses=plc_board / "fuses.bin", flash=plc_board / "flash.img",
                      uds=(plc_board / "uds.bin").read_bytes(), nic=scanner.nic,
                      extra=["-device", "tmp105,address=0x48", "-device", "pca9552,address=0x60"])
        with board:
            board.wait_line(r"ns: modbus: serves")
            assert scanner.scan(SAMPLE) == {502}
            assert not scanner.answers_udp([53, 67, 123, 161, 502, 5683])


def test_without_the_list_a_compartment_goes_anywhere(workshop):
    """T-08: the twin without net_allow.c."""
    base = workshop.image("base", IMAGES / "probe_everywhere.bin", name="everywhere")
    workshop.new_board("everywhere", base=base)
    with servers.Server(servers.echo) as echo, servers.Server(servers.hang_up) as nobody:
        board = workshop.run_board("everywhere", nobody.port, echo.port)
        board.wait_line(r"ns: probe: failed: (port|host|broadcast)", 60)
        board.stop()


def test_an_owned_net_loses_the_list_and_nothing_more(workshop, edge_port):
    """T-01, T-08, T-20: it is refused what it did not declare; agent and hub get nonsense and go on, and no key leaves."""
    base = workshop.image("base", IMAGES / "base_owned_net.bin", name="owned")
    workshop.new_board("owned", base=base)
    board = workshop.run_board("owned", edge_port)
    for _ in range(4):
        board.wait_line(r"ns: agent: claim failed: 0x", 60, len(board.lines))
    assert sum("ns: net: refused" in line for line in board.lines) == 8
    assert not [line for line in board.lines if "REACHED" in line or "claim accepted" in line or "board reset" in line]
    faults = [line for line in board.lines if "monitor: fault" in line]
    assert faults and all(line.split("monitor: fault ")[1].startswith("0 ") for line in faults), faults
    board.stop()
