"""Agent and hub on the emulated board against hostile servers: an error, and the device goes on."""
import subprocess

from tests.device import servers


def self_signed(folder, name):
    """A certificate that nobody vouches for."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                    f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-days", "1", "-keyout", key, "-out",
                    certificate], check=True, capture_output=True)
    return certificate, key


def http(status, content_type, body):
    return (f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def test_a_hostile_service_costs_an_error_and_the_device_joins_the_right_one(workshop, edge_port, tmp_path):
    """T-01, T-14, T-20: unclaimed first, whom anybody may answer, then claimed, who knows its owner's root."""
    stranger = servers.tls(*self_signed(tmp_path, "service.sopris"), [
        http(200, "application/sopris-claim+cbor", b"\xa4\x01\x02"), http(200, "text/html", b"hello"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b"\r\n\r\n"])
    workshop.new_board("hostile")
    for handler, code in ((servers.garbage, "0x0f01"), (servers.plain_http, "0x0f01"), (servers.huge_record, "0x0f01"),
                          (servers.hang_up, "0x0(f01|e03|e02)"), (stranger, "0x0(1|2|5|9|10)")):
        with servers.Server(handler) as hostile:
            board = workshop.run_board("hostile", hostile.port)
            for _ in range(2):  # it goes on and tries again
                board.wait_line(rf"ns: agent: claim failed: {code}", 60, len(board.lines))
            assert hostile.connections >= 2
            board.stop()

    board = workshop.run_board("hostile", edge_port)
    board.wait_line(r"ns: agent: claim accepted")
    board.wait_line(r"ns: agent: checked in")
    board.stop()

    with servers.Server(stranger) as hostile:
        board = workshop.run_board("hostile", hostile.port)
        for _ in range(2):
            board.wait_line(r"ns: agent: check-in failed: 0x0f02", 60, len(board.lines))
        assert not [line for line in board.lines if "checked in" in line]
        board.stop()

    board = workshop.run_board("hostile", edge_port)
    board.wait_line(r"ns: agent: checked in")
    board.stop()


def test_a_broker_that_was_broken_into_costs_an_error(workshop, edge_port, kitchen):
    """T-20: the owner's genuine broker certificate, and packets that no broker sends. Agent and app go on."""
    certificate, key = (workshop.home / "broker" / name for name in ("broker.crt", "broker.key"))
    for reply, code in ((b"\x30\x80\x80\x80\x01", "0x1101"), (b"HTTP/1.1 400\r\n\r\n", "0x1101"),
                        (b"\x20\x02\x00\x05", "0x1102")):
        with servers.Server(servers.tls(certificate, key, [reply])) as hostile:
            board = workshop.run_board(kitchen, edge_port, hostile.port)
            for _ in range(2):
                board.wait_line(rf"ns: hub: connecting failed: {code}", 60, len(board.lines))
            board.wait_line(r"ns: agent: checked in", 30, len(board.lines))
            assert not [line for line in board.lines if "monitor: fault" in line]
            board.stop()
