"""New control and app key sets reach devices of lower generations, with an answer that the new key signs. T-05."""
import base64

import pytest

from tests.support.service import Service, fake_device, slot, upload

APP, CONTROL = 2, 3


@pytest.fixture
def service(tmp_path):
    with Service(tmp_path / "world") as running:
        yield running.enter_all()


class Device:
    def __init__(self, service, index):
        self.service, self.index, self.sequence = service, index, 0

    def check_in(self, *words):
        """The key sets in the answer; fake_device verifies answer and sets as a monitor does."""
        self.sequence += 10
        result = fake_device("run", self.service.folder, self.index, 3, 1, self.sequence, *words)
        assert result["code"] == "NONE"
        self.ueid = result["ueid"]
        return result["keysets"]


def rotate(service, kind, generation, key=None):
    if key is None:
        status, made = service.request("POST", "/v1/control-keys", raw=b"{}")
        assert status == 201
        key = made["public_key"]
    fake_device("keyset", service.folder, kind, generation, key)
    encoded = base64.b64encode((service.folder / f"{kind}-{generation}.keyset").read_bytes()).decode()
    return service.request("POST", "/v1/keysets", {"keyset": encoded})


def test_delivered_until_the_device_has_it(service):
    device = Device(service, 1)
    assert device.check_in() == [] and device.check_in("generations=1,1,1") == []
    assert rotate(service, "control", 5) == (201, {"kind": "control", "generation": 5})
    assert device.check_in("generations=1,1,1") == [[CONTROL, 5]]
    assert device.check_in("generations=1,1,1") == [[CONTROL, 5]], "it may have lost the answer"
    assert rotate(service, "app", 3, "11" * 64)[0] == 201
    assert device.check_in("generations=1,1,1") == [[APP, 3], [CONTROL, 5]]
    shown = service.request("GET", f"/v1/devices/{device.ueid}")[1]
    assert shown["keyset_generations"] == {"release": 1, "app": 1, "control": 1}
    assert fake_device("run", service.folder, 1, 3, 1, 1000, "generations=1,3,5", check=False)["code"] == "ANSWER_SIGNER", \
        "it is not sent again, so this fake device, which forgets sets, does not know the key"
    shown = service.request("GET", f"/v1/devices/{device.ueid}")[1]
    assert shown["keyset_generations"] == {"release": 1, "app": 3, "control": 5}
    assert Device(service, 2).check_in() == [[APP, 3], [CONTROL, 5]], "one that says nothing after a change"


def test_one_that_was_off_for_years_takes_one_step(service):
    for generation in (2, 9, 40):
        assert rotate(service, "control", generation)[0] == 201
    assert Device(service, 1).check_in("generations=1,1,1") == [[CONTROL, 40]]
    assert rotate(service, "control", 40)[1]["code"] == "KEYSET_GENERATION"
    assert rotate(service, "control", 39)[1]["code"] == "KEYSET_GENERATION"


def test_a_set_that_would_silence_the_service_is_refused(service):
    status, problem = rotate(service, "control", 2, "11" * 64)
    assert status == 409 and "/v1/control-keys" in problem["detail"]
    assert Device(service, 1).check_in("generations=1,1,1") == []


def test_images_of_the_old_set_are_not_rolled_out_any_more(service):
    def offers(device):
        device.sequence += 10
        return fake_device("run", service.folder, device.index, 3, 1, device.sequence, "generations=1,1,1")["offers"]

    device, late, contents = Device(service, 1), Device(service, 2), slot(service, "app4", "app")
    device.check_in("generations=1,1,1")
    assert upload(service, contents)[0] == 201
    wish = {"component": "app", "sequence": 4}
    status, rollout = service.request("POST", "/v1/rollouts", wish)
    assert status == 201
    assert [offer["sequence"] for offer in offers(device)] == [4]
    assert rotate(service, "app", 3, "11" * 64)[0] == 201
    assert offers(device) == [] and offers(late) == [], "whether it was offered before or not"
    updates = service.request("GET", f"/v1/devices/{device.ueid}/explain")[1]["updates"]
    assert len(updates) == 1 and "key set that has been replaced" in updates[0]["sentence"]
    assert service.request("POST", f"/v1/rollouts/{rollout['number']}/abort", raw=b"{}")[0] == 200
    status, problem = service.request("POST", "/v1/rollouts", wish)
    assert (status, problem["code"]) == (409, "KEYSET_GENERATION") and "older key set" in problem["detail"]


def test_who_may(service):
    body = {"name": "releaser", "role": "releaser", "certificate": service.text("releaser.crt")}
    assert service.request("POST", "/v1/operators", body)[0] == 201
    for path in ("/v1/keysets", "/v1/control-keys"):
        assert service.request("POST", path, raw=b"{}", operator="releaser")[1]["code"] == "OPERATOR_ROLE"
    for wrong in (b"{}", b'{"keyset": ""}', b'{"keyset": "AAAA"}', b'{"keyset": 1}'):
        assert service.request("POST", "/v1/keysets", raw=wrong)[0] == 400
    assert service.request("POST", "/v1/control-keys", raw=b'{"a": 1}')[0] == 400
    made = 0
    while (answer := service.request("POST", "/v1/control-keys", raw=b"{}"))[0] == 201:
        made += 1
    assert made == 7 and answer[0] == 409, "their number is bounded"
