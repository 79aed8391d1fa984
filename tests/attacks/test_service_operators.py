"""What an operator may do is decided in the core, by its own table. T-19."""
import http.client
import json
import socket
import ssl
import struct

import pytest

from tests.support.service import Service

READS = ("/v1/devices", "/v1/releases", "/v1/vouchers", "/v1/makers", "/v1/operators", "/v1/status")


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("operators") / "world") as running:
        running.enter_all()
        for name in ("viewer", "releaser"):
            body = {"name": name, "role": name, "certificate": running.text(f"{name}.crt")}
            assert running.request("POST", "/v1/operators", body)[0] == 201
        yield running


def writes(service):
    return {
        "/v1/releases": {"manifest": service.base64("base.suit"), "keyset": service.base64("release.keyset")},
        "/v1/vouchers": {"voucher": service.base64("batch.voucher")},
        "/v1/makers": {"root": service.text("maker-root.crt"), "ca": service.text("maker-ca.crt")},
        "/v1/operators": {"name": "x", "role": "admin", "certificate": service.text("stranger.crt")},
    }


@pytest.mark.parametrize("path", READS)
def test_viewer_reads(service, path):
    assert service.request("GET", path, operator="viewer")[0] == 200


def test_viewer_writes_nothing(service):
    for path, body in writes(service).items():
        status, problem = service.request("POST", path, body, operator="viewer")
        assert (status, problem["code"]) == (403, "OPERATOR_ROLE"), path


def test_releaser_releases_but_makes_no_operators(service):
    bodies = writes(service)
    assert service.request("POST", "/v1/releases", bodies["/v1/releases"], operator="releaser")[0] == 201
    for path in ("/v1/makers", "/v1/operators"):
        assert service.request("POST", path, bodies[path], operator="releaser")[1]["code"] == "OPERATOR_ROLE"


def test_certificate_of_the_ca_that_nobody_registered_is_nobody(service):
    for path in READS:
        status, problem = service.request("GET", path, operator="stranger")
        assert (status, problem["code"]) == (403, "OPERATOR_UNKNOWN")


def test_without_a_certificate_there_is_no_connection(service):
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
        service.request("GET", "/v1/status", operator=None)


def test_problem_has_the_form_of_rfc_9457(service):
    status, problem = service.request("GET", "/v1/nothing")
    assert status == 404 and problem["status"] == 404 and problem["type"] == "about:blank"
    assert problem["code"] == "OPERATOR_NOT_FOUND" and problem["title"] and problem["number"] == 0x1404


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"{}", b'{"voucher": 5}', b'{"voucher": "!!!!"}',
                                  b'{"voucher": "AAAA"}', b'{"voucher": "", "more": 1}', b"\xff\xfe",
                                  b'{"voucher": "' + b"A" * 40000 + b'"}', b"[" * 60000])
def test_malformed_bodies_are_clear_errors(service, body):
    status, problem = service.request("POST", "/v1/vouchers", raw=body)
    assert status == 400 and problem["title"]


def test_what_is_entered_must_be_signed_by_whom_it_says(service):
    cases = [
        ("/v1/vouchers", {"voucher": service.base64("foreign.voucher")}, 400, "VOUCHER_OWNER"),
        ("/v1/vouchers", {"voucher": service.base64("stranger.voucher")}, 400, "VOUCHER_SIGNER"),
        ("/v1/vouchers", {"voucher": service.base64("batch.voucher")}, 409, "VOUCHER_GENERATION"),
        ("/v1/releases", {"manifest": service.base64("base.suit"), "keyset": service.base64("stranger.keyset")}, 400,
         "KEYSET_ROOT"),
        ("/v1/releases", {"manifest": service.base64("base.suit"), "keyset": service.base64("app.keyset")}, 400, None),
        ("/v1/releases", {"manifest": service.base64("app.suit"), "keyset": service.base64("release.keyset")}, 400,
         None),
        ("/v1/makers", {"root": service.text("maker-root.crt"), "ca": service.text("stranger-ca.crt")}, 400,
         "IDENTITY_CHAIN"),
        ("/v1/makers", {"root": service.text("viewer.crt"), "ca": service.text("viewer.crt")}, 400,
         "IDENTITY_CERTIFICATE"),
        ("/v1/operators", {"name": "a b", "role": "viewer", "certificate": service.text("stranger.crt")}, 400,
         "OPERATOR_REQUEST"),
        ("/v1/operators", {"name": "again", "role": "viewer", "certificate": service.text("viewer.crt")}, 409,
         "OPERATOR_REQUEST"),
    ]
    for path, body, expected_status, code in cases:
        status, problem = service.request("POST", path, body)
        assert status == expected_status, (path, problem)
        assert code is None or problem["code"] == code, (path, problem)


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
    return frame(3, struct.pack(">BH", 1, len(path)) + path + struct.pack(">H", len(certificate)) + certificate)


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
