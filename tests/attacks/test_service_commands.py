"""An owned door: it has every operator's certificate and every command that it ever saw, and the core's socket. It can
repeat, change or invent nothing. On the core without the rule each of these attacks succeeds. T-19."""
import json
import socket
import ssl
import struct
import time
import time

import pytest

from tests.support.commands import header, sign_command
from tests.support.service import Service

IPC_OPERATOR, IPC_POST = 3, 2


class OwnedDoor:
    """Speaks to the core as the door does, and says what it likes."""

    def __init__(self, service):
        self.service = service

    def post(self, path, body, command, operator="admin"):
        certificate = ssl.PEM_cert_to_DER_cert(self.service.text(f"{operator}.crt"))
        content = struct.pack(">BQB", IPC_OPERATOR, 1, IPC_POST)
        for part in (path.encode(), certificate, command):
            content += struct.pack(">H", len(part)) + part
        content += body
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.service.folder / "run" / "door.sock"))
            connection.sendall(struct.pack(">I", len(content)) + content)
            reply = connection.makefile("rb")
            size, = struct.unpack(">I", reply.read(4))
            frame = reply.read(size)
        status, = struct.unpack(">H", frame[9:11])
        return status, json.loads(frame[12:])


def an_operator(service, name, role="admin", certificate="stranger.crt"):
    return json.dumps({"name": name, "role": role, "certificate": service.text(certificate)}).encode()


def a_maker(service):
    return json.dumps({"root": service.text("maker-root.crt"), "ca": service.text("maker-ca.crt")}).encode()


def replayed(service, door):
    """A command that the core has carried out, once more. Trusting a maker twice is no conflict, so only the rule stands
    in the way."""
    body = a_maker(service)
    command = sign_command(service.text("admin.key"), "/v1/makers", body)
    assert service.request("POST", "/v1/makers", raw=body, headers=header(command))[0] == 201
    return door.post("/v1/makers", body, command)


def unsigned(service, door):
    """An admin's certificate that the door saw, and nothing else."""
    return door.post("/v1/operators", an_operator(service, "mallory"), b"")


def other_body(service, door):
    """What the admin signed was a viewer; the door makes it an admin."""
    command = sign_command(service.text("admin.key"), "/v1/operators", an_operator(service, "carol", "viewer"))
    return door.post("/v1/operators", an_operator(service, "carol", "admin"), command)


def other_path(service, door):
    body = an_operator(service, "mallory")
    return door.post("/v1/operators", body, sign_command(service.text("admin.key"), "/v1/makers", body))


def other_method(service, door):
    body = an_operator(service, "mallory")
    return door.post("/v1/operators", body, sign_command(service.text("admin.key"), "/v1/operators", body, "GET"))


def other_operator(service, door):
    """A viewer whose key the door has, under the certificate of the admin."""
    body = an_operator(service, "mallory")
    return door.post("/v1/operators", body, sign_command(service.text("viewer.key"), "/v1/operators", body))


def forged(service, door):
    """Names the admin's key, signed by another."""
    body = an_operator(service, "mallory")
    return door.post("/v1/operators", body, sign_command(service.text("admin.key"), "/v1/operators", body,
                                                         signer_pem=service.text("stranger.key")))


def held_back(service, door):
    """A genuine command that the door did not deliver when it was given."""
    body = an_operator(service, "mallory")
    return door.post("/v1/operators", body, sign_command(service.text("admin.key"), "/v1/operators", body, age_s=302))


def ahead(service, door):
    """From an operator whose clock runs ahead: it would be good for longer than the core remembers."""
    body = an_operator(service, "mallory")
    return door.post("/v1/operators", body, sign_command(service.text("admin.key"), "/v1/operators", body, age_s=-330))


ATTACKS = {replayed: "OPERATOR_REPLAY", unsigned: "OPERATOR_UNSIGNED", other_body: "OPERATOR_BODY",
           other_path: "OPERATOR_TARGET", other_method: "OPERATOR_TARGET", other_operator: "OPERATOR_SIGNER",
           forged: "OPERATOR_SIGNATURE", held_back: "OPERATOR_TIME", ahead: "OPERATOR_TIME"}


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("real") / "world") as running:
        yield running


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_owned_door_is_refused(real, attack):
    before = real.query("SELECT name, role FROM operator")
    status, problem = attack(real, OwnedDoor(real))
    assert (status, problem["code"]) == (403, ATTACKS[attack]), problem
    assert real.query("SELECT name, role FROM operator") == before


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_owned_door_succeeds_without_the_rule(tmp_path, attack):
    with Service(tmp_path / "world", without="command") as service:
        status, document = attack(service, OwnedDoor(service))
        assert status == 201, document


def test_replay_is_noticed_after_a_restart(tmp_path):
    service = Service(tmp_path / "world")
    with service:
        body = a_maker(service)
        command = sign_command(service.text("admin.key"), "/v1/makers", body)
        assert service.request("POST", "/v1/makers", raw=body, headers=header(command))[0] == 201
    with service:
        status, problem = OwnedDoor(service).post("/v1/makers", body, command)
        assert (status, problem["code"]) == (403, "OPERATOR_REPLAY")


def test_command_is_used_up_also_by_a_request_that_fails(real):
    body = b"{}"
    command = sign_command(real.text("admin.key"), "/v1/makers", body)
    assert OwnedDoor(real).post("/v1/makers", body, command)[1]["code"] == "OPERATOR_REQUEST"
    assert OwnedDoor(real).post("/v1/makers", body, command)[1]["code"] == "OPERATOR_REPLAY"


def test_what_is_refused_leaves_nothing_behind(real):
    """A door that fills the core's memory of commands would need the operators' keys."""
    before = real.query("SELECT count(*) FROM command")
    body = a_maker(real)
    door = OwnedDoor(real)
    for attack in (forged, held_back, other_body, other_operator):
        attack(real, door)
    command = sign_command(real.text("admin.key"), "/v1/makers", body)
    for cut in range(0, len(command), 7):
        status, problem = door.post("/v1/makers", body, command[:cut])
        assert status == 403 and problem["code"].startswith(("OPERATOR_", "CBOR_", "COSE_")), problem
    assert real.query("SELECT count(*) FROM command") == before
    assert door.post("/v1/makers", body, command)[0] == 201


@pytest.mark.parametrize("value", ["", "!", "AAAA", "A" * 900, "A" * 3000])
def test_header_that_cannot_be_read_is_a_clear_error(real, value):
    status, problem = real.request("POST", "/v1/makers", raw=b"{}", headers={"Sopris-Command": value})
    assert status in (400, 403) and problem["title"]


def test_a_request_that_waited_is_still_good(real):
    """Clocks of people differ."""
    for age_s in (-280, 280):
        body = a_maker(real)
        command = sign_command(real.text("admin.key"), "/v1/makers", body, age_s=age_s)
        assert real.request("POST", "/v1/makers", raw=body, headers=header(command))[0] == 201


def test_expired_commands_are_dropped(real):
    """The table does not grow for ever: what could not be accepted any more goes when the next command is used."""
    body = a_maker(real)
    command = sign_command(real.text("admin.key"), "/v1/makers", body, age_s=298)
    assert real.request("POST", "/v1/makers", raw=body, headers=header(command))[0] == 201
    oldest = real.query("SELECT min(expires) FROM command")[0][0]
    time.sleep(max(0, oldest + 1.5 - time.time()))
    assert real.request("POST", "/v1/makers", raw=body)[0] == 201
    assert real.query("SELECT count(*) FROM command WHERE expires = ?", oldest) == [(0,)]
