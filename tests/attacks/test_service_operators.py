"""An owned edge and an owned door on the core's sockets: what an operator may do is decided in the core. T-18, T-19."""
import json
import socket
import ssl
import struct

import pytest

from tests.support.service import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("operators") / "world") as running:
        yield running.enter_all()


def frame(kind, body):
    content = struct.pack(">BQ", kind, 1) + body
    return struct.pack(">I", len(content)) + content


def exchange(path, data):
    """Speaks to the core as an owned front would; returns what comes back, b"" if the connection ends."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5)
    connection.connect(str(path))
    connection.sendall(data)
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""
    finally:
        connection.close()


def operator_frame(certificate, path=b"/v1/status"):
    return frame(3, struct.pack(">BH", 1, len(path)) + path + struct.pack(">H", len(certificate)) + certificate +
                 struct.pack(">H", 0))


def test_owned_edge_has_no_operators_power(service):
    certificate = ssl.PEM_cert_to_DER_cert(service.text("admin.crt"))
    run = service.folder / "run"
    assert b'"devices"' in exchange(run / "door.sock", operator_frame(certificate))
    assert exchange(run / "edge.sock", operator_frame(certificate)) == b""
    assert service.request("GET", "/v1/status")[0] == 200


def test_owned_door_cannot_invent_an_operator(service):
    run = service.folder / "run"
    for certificate in (b"", b"\x30\x03\x02\x01\x01", ssl.PEM_cert_to_DER_cert(service.text("stranger.crt")),
                        ssl.PEM_cert_to_DER_cert(service.text("admin.crt")) + b"\0"):
        answer = exchange(run / "door.sock", operator_frame(certificate))
        problem = json.loads(answer[answer.index(b"{"):])
        assert problem["code"] == "OPERATOR_UNKNOWN"


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", frame(9, b""), frame(128, b"\0" * 3), frame(3, b""),
                                  frame(1, b"short"), frame(2, b"x" * 34), struct.pack(">I", 3) + b"abc"])
def test_frames_that_cannot_be_read_end_that_connection_alone(service, data):
    for name in ("edge.sock", "door.sock"):
        assert exchange(service.folder / "run" / name, data) == b""
    assert service.request("GET", "/v1/status")[0] == 200
