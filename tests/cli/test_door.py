"""The operator's side of the real service."""
import hashlib
import http.client
import socket
import ssl

import pytest

from tests.cli.sopris import Service, Sopris


def test_from_trust_to_release(service, binary):
    first = service.voucher()
    service.refused("voucher", "add", first, says="VOUCHER_SIGNER")
    service.ok("maker", "trust", "acme")
    service.ok("voucher", "add", first)
    service.refused("voucher", "add", first, says="VOUCHER_GENERATION")
    service.ok("voucher", "add", service.voucher(generation=2))
    assert [entry["subject"] for entry in service.json("voucher", "list")] == ["b1"]
    images = [service.image("base", "base", binary, "--maker", "acme"),
              service.image("app", "app", binary, "--owner")]
    added = service.json("release", "add", *images)
    assert [release["component"] for release in added] == ["base", "app"]
    assert len(service.json("release", "list")) == 2
    assert service.json("device", "list") == []
    assert service.json("status")["devices"] == 0


def test_foreign_things_are_refused(service, binary, tmp_path):
    """T-14: another owner's voucher; T-04: an image of a maker that is not trusted."""
    other = Sopris(tmp_path / "other")
    other.folder.mkdir()
    other.ok("up", "--init")
    service.ok("maker", "trust", "acme")
    service.refused("voucher", "add", service.voucher(owner=other.path("owner/root.crt")), says="VOUCHER_OWNER")
    other.ok("maker", "new", "acme")
    image = other.image("base", "base", binary, "--maker", "acme")
    service.refused("release", "add", image, says="KEYSET_ROOT")
    assert service.json("release", "list") == []


def test_roles(service, binary):
    """T-19: what an operator may do is decided in the core."""
    service.ok("maker", "trust", "acme")
    for role in ("viewer", "operator", "releaser"):
        service.ok("operator", "add", f"a-{role}", "--role", role)
    image, first = service.image("base", "base", binary, "--maker", "acme"), service.voucher()
    service.refused("voucher", "add", first, operator="a-viewer", says="OPERATOR_ROLE")
    service.refused("release", "add", image, operator="a-operator", says="OPERATOR_ROLE")
    service.refused("operator", "add", "friend", "--role", "admin", operator="a-releaser", says="OPERATOR_ROLE")
    service.ok("voucher", "add", first, operator="a-operator")
    service.ok("release", "add", image, operator="a-releaser")
    service.json("device", "list", operator="a-viewer")
    roles = {entry["name"]: entry["role"] for entry in service.json("operator", "list")}
    assert roles == {"admin": "admin", "a-viewer": "viewer", "a-operator": "operator", "a-releaser": "releaser"}


def test_operator_who_is_not_registered(service, tmp_path):
    """A certificate of another operator CA does not open the door."""
    other = Sopris(tmp_path / "other")
    other.folder.mkdir()
    other.ok("up", "--init")
    for name in ("admin.key", "admin.crt"):
        (service.path("operators") / f"foreign{name[5:]}").write_bytes((other.path("operators") / name).read_bytes())
    result = service.run("status", operator="foreign")
    assert result.returncode in (1, 3) and result.stdout == ""


def test_door_of_another_owner(service, tmp_path):
    """The command line gives its requests to its own owner's service only."""
    other = Sopris(tmp_path / "other")
    other.folder.mkdir()
    other.ok("up", "--init")
    port = service.path("service/run/door.port").read_text().strip()
    message = other.refused("status", status=3, door=f"127.0.0.1:{port}")
    assert "certificate was refused" in message


def test_no_certificate_no_door(service):
    port = int(service.path("service/run/door.port").read_text())
    context = ssl.create_default_context(cafile=service.path("owner/root.crt"))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="door.sopris") as door:
            door.sendall(b"GET /v1/status HTTP/1.1\r\nHost: door.sopris\r\n\r\n")
            if not door.recv(100):
                raise ConnectionError


def test_up_twice(service):
    result = service.run("up")
    assert result.returncode != 0 and "another soprisd" in result.stdout + result.stderr


def test_up_again_keeps_everything(maker):
    """The second start finds owner, operators and records again."""
    first = Service(maker)
    maker.ok("maker", "trust", "acme")
    first.stop()
    before = {path: path.read_bytes() for path in maker.path("owner").iterdir()}
    second = Service(maker)
    try:
        maker.ok("voucher", "add", maker.voucher())
    finally:
        second.stop()
    assert {path: path.read_bytes() for path in maker.path("owner").iterdir()} == before


def test_first_time_options_are_not_ignored_later(sopris):
    sopris.ok("up", "--init", "--ticket-lifetime", "60")
    sopris.refused("up", "--init", "--ticket-lifetime", "90", status=2, says="first time only")


def test_publish(service, tmp_path):
    """What is published is registered, and lies in the service's folder under its digest."""
    service.ok("maker", "trust", "acme")
    binary = tmp_path / "large.bin"
    binary.write_bytes(bytes(range(256)) * 500)
    image = service.image("base", "base", binary, "--maker", "acme")
    published = service.json("image", "publish", image)
    digest = hashlib.sha256(image.read_bytes()).hexdigest()
    assert [(row["component"], row["file_digest"]) for row in published] == [("base", digest)]
    assert (service.path("service/images") / digest).read_bytes() == image.read_bytes()
    assert [release["component"] for release in service.json("release", "list")] == ["base"]
    context = ssl.create_default_context(cafile=service.path("owner/root.crt"))
    port = int(service.path("service/run/edge.port").read_text())
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=20),
                             server_hostname="service.sopris") as edge:
        fetched = b""
        for part in ("0-99999", "100000-"):
            edge.sendall(f"GET /v1/image/{digest} HTTP/1.1\r\nHost: x\r\nRange: bytes={part}\r\n\r\n".encode())
            answer = http.client.HTTPResponse(edge)
            answer.begin()
            assert answer.status == 206
            fetched += answer.read()
    assert fetched == image.read_bytes()
    damaged = tmp_path / "damaged.img"
    damaged.write_bytes(image.read_bytes()[:-1] + b"\0")
    service.refused("image", "publish", damaged, says="MANIFEST_IMAGE_DIGEST")


def test_rollout(service, binary):
    """From a published image to a rollout and its end; an operator alone may not."""
    service.ok("maker", "trust", "acme")
    image = service.image("base", "base", binary, "--maker", "acme", sequence=4)
    start = ("rollout", "start", "--component", "base", "--sequence", "4")
    service.refused(*start, says="was published")
    service.ok("image", "publish", image)
    service.ok("operator", "add", "an-operator", "--role", "operator")
    service.refused(*start, operator="an-operator", says="OPERATOR_ROLE")
    service.refused(*start, "--rate", "5/hour", status=2, says="--rate")
    service.refused(*start, "--percent", "0", status=2, says="--percent")
    rollout = service.json(*start, "--percent", "10", "--rate", "5/min", "--failures-max", "3")
    assert (rollout["state"], rollout["percent"], rollout["rate"], rollout["failures_max"]) == ("running", 10, 5, 3)
    service.refused(*start, says="is open")
    number = rollout["number"]
    assert service.json("rollout", "pause", number)["state"] == "paused"
    assert service.json("rollout", "resume", number, "--percent", "50")["percent"] == 50
    service.refused("rollout", "pause", "base", status=2, says="number")
    assert service.json("rollout", "abort", number)["state"] == "aborted"
    service.refused("rollout", "resume", number, says="aborted")
    assert [row["state"] for row in service.json("rollout", "status")] == ["aborted"]
    assert "aborted" in service.ok("rollout", "status")
