"""Malformed, oversized and truncated HTTP and CBOR: a clear error, nothing lost, no process dies. T-20."""
import random
import ssl
import time

import pytest

from tests.support.service import Service, fake_device

PROGRAMS = ("sopris-core", "sopris-edge", "sopris-door")
TYPE = b"application/sopris-checkin+cbor"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("input") / "world") as running:
        running.enter_all()
        before = {name: running.pids(name) for name in PROGRAMS}
        yield running
        assert before == {name: running.pids(name) for name in PROGRAMS}, "a process died: " + running.log()
        assert fake_device("join", running.folder, 1)["first"] == "NONE"


def read_answer(connection):
    """One whole answer; status 0 if the connection ends first."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        part = connection.recv(65536)
        if not part:
            return 0, answer
        answer += part
    head, body = answer.split(b"\r\n\r\n", 1)
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0].split(b":")[1]):
        body += connection.recv(65536)
    return int(head.split()[1]), body


def send(service, data, then_close=False):
    """Sends bytes on a connection of their own; status 0 if it ended without an answer."""
    with service.edge() as connection:
        try:
            connection.sendall(data)
            return (0, b"") if then_close else read_answer(connection)
        except (ConnectionError, ssl.SSLError):
            return 0, b""


def post(body, path=b"/v1/checkin", content_type=TYPE, length=None):
    return (b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Type: " + content_type + b"\r\nContent-Length: " +
            str(len(body) if length is None else length).encode() + b"\r\n\r\n" + body)


@pytest.mark.parametrize("data,status", [
    (post(b""), 400),
    (post(b"\xa0"), 400),
    (post(b"\xff" * 100), 400),
    (post(b"\x9f" * 4000), 400),
    (post(b"\xa1\x01\x5a\xff\xff\xff\xff"), 400),
    (post(b"\x81" * 4096), 400),
    (post(b"x" * 4097), 413),
    (post(b"x" * 100000), 413),
    (post(b"", length=10 ** 15), 413),
    (post(b"x", content_type=b"text/plain"), 415),
    (post(b"x", path=b"/"), 404),
    (post(b"x", path=b"/v1/claim/00"), 405),
    (b"GET /v1/checkin HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    (b"GET /v1/claim/zz HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    (b"GET /v1/claim/../checkin HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    (b"DELETE /v1/checkin HTTP/1.1\r\nHost: x\r\n\r\n", 501),
    (b"GARBAGE\r\n\r\n", 400),
    (b"POST /v1/checkin HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20000 + b"\r\n\r\n", 400),
])
def test_bad_requests_are_clear_errors(service, data, status):
    got, body = send(service, data)
    # Sending more than is read can break the connection before the answer is seen: then there is none, but no harm.
    assert got == status or (got == 0 and len(data) > 9000), (got, body)
    if got in (404, 405, 415) or (got == 400 and data.startswith(b"POST /v1/checkin") and len(data) < 9000):
        assert b"CHECKIN_" in body


def test_half_requests_are_forgotten(service):
    for data in (b"P", b"POST /v1/checkin HTT", post(b"abc", length=400), post(b"x" * 300, length=301)):
        send(service, data, then_close=True)
    assert fake_device("join", service.folder, 2)["first"] == "NONE"


def test_many_broken_connections_leave_room(service):
    for number in range(300):
        send(service, post(bytes([number % 256]) * (number % 50), length=50), then_close=True)
    assert fake_device("join", service.folder, 3)["first"] == "NONE"


def test_random_bytes_in_place_of_a_checkin(service):
    noise = random.Random(7)
    with service.edge() as connection:
        for _ in range(300):
            connection.sendall(post(noise.randbytes(noise.randrange(1, 600))))
            status, body = read_answer(connection)
            assert status == 400 and b"CHECKIN_STRUCTURE" in body


def test_plain_http_and_old_tls_do_not_connect(service):
    import socket
    with socket.create_connection(("127.0.0.1", service.port("edge")), timeout=5) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        try:
            assert b"HTTP" not in plain.recv(1000)
        except ConnectionError:
            pass
    context = ssl.create_default_context(cafile=service.folder / "owner.crt")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", service.port("edge")), timeout=5) as old:
        with pytest.raises(ssl.SSLError):
            context.wrap_socket(old, server_hostname="service.sopris")


def test_address_that_asks_too_often_is_told_so(tmp_path):
    service = Service(tmp_path / "world")
    service.config.write_text(service.config.read_text().replace('"rate": 100000', '"rate": 5'))
    with service:
        with service.edge() as connection:
            codes = []
            for _ in range(20):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                codes.append(read_answer(connection)[0])
            assert codes[0] == 404 and codes[-1] == 429
            with pytest.raises((ssl.SSLError, ConnectionError)):
                service.edge()
            time.sleep(1)
            service.edge().close()


def test_more_connections_than_allowed_wait(tmp_path):
    service = Service(tmp_path / "world")
    service.config.write_text(service.config.read_text().replace('"connections": 8000', '"connections": 4'))
    with service:
        held = [service.edge() for _ in range(4)]
        with pytest.raises((TimeoutError, ssl.SSLError, OSError)):
            import socket
            late = socket.create_connection(("127.0.0.1", service.port("edge")), timeout=1)
            ssl.create_default_context(cafile=service.folder / "owner.crt").wrap_socket(
                late, server_hostname="service.sopris")
        for connection in held:
            connection.close()
        time.sleep(0.3)
        with service.edge() as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_answer(connection)[0] == 404
