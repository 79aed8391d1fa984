"""A device with real keys joins, gets its certificate, and is explained."""
import subprocess

from tests.support.service import FAKE_DEVICE, Service, fake_device


def test_device_joins_and_checks_in_again(service):
    result = fake_device("join", service.folder, 1)
    assert (result["first"], result["second"]) == ("NONE", "NONE")
    # The second check-in proves that the first one's answer arrived, so there is no second certificate.
    assert result["certificates"] == 1
    status, device = service.request("GET", f"/v1/devices/{result['ueid']}")
    assert status == 200
    assert device["state"] == "accepted" and device["batch"] == "B1" and device["mode"] == "normal"
    assert device["sequence"] == result["sequence"]
    assert [(m["component"], m["version"]) for m in device["measurements"]] == [
        ("monitor", "1.0.3"), ("base", "1.0.3"), ("app", "1.0.3")]
    assert device["certificate"]["not_after"] - device["certificate"]["not_before"] == 86460


def test_device_that_restarts_gets_a_certificate_again(service):
    assert fake_device("join", service.folder, 2)["certificates"] == 1
    assert fake_device("join", service.folder, 2)["certificates"] == 1


def test_every_decision_is_explained(service):
    ueid = fake_device("join", service.folder, 3)["ueid"]
    status, explained = service.request("GET", f"/v1/devices/{ueid}/explain")
    assert status == 200
    decisions = explained["decisions"]
    assert [d["code"] for d in decisions] == ["NONE", "NONE", "EVIDENCE_CHALLENGE"]
    assert [d["number"] for d in decisions] == [3, 2, 1]
    assert "new operational certificate" in decisions[1]["detail"]


def test_new_epoch_is_taken_up(service):
    fake_device("join", service.folder, 4, 1)
    ueid = fake_device("join", service.folder, 4, 2)["ueid"]
    assert service.request("GET", f"/v1/devices/{ueid}")[1]["epoch"] == 2


def test_claim_bundle_for_whoever_asks(service):
    assert fake_device("claim", service.folder) == {"status": 200, "parsed": True}


def test_without_a_voucher_nobody_can_claim_or_join(tmp_path):
    with Service(tmp_path / "world") as empty:
        assert fake_device("claim", empty.folder, check=False)["status"] == 404
        result = fake_device("join", empty.folder, 1, check=False)
        assert result["first"] == "IDENTITY_CHAIN"
        status, document = empty.request("GET", "/v1/status")
        assert status == 200 and document["devices"] == 0
        assert document["refusals"][0]["code"] == "IDENTITY_CHAIN"
        assert empty.query("SELECT count(*) FROM decision") == [(0,)]


def test_operational_certificate_is_one_that_openssl_accepts(service, tmp_path):
    ueid = fake_device("join", service.folder, 5)["ueid"]
    # fake_device has verified the signature and the key; what the record says is what was signed.
    device = service.request("GET", f"/v1/devices/{ueid}")[1]
    assert len(device["certificate"]["serial"]) == 32 and int(device["certificate"]["serial"][0], 16) < 8


def test_wrong_configuration_is_one_sentence(tmp_path):
    service = Service(tmp_path / "world")
    service.config.write_text(service.config.read_text().replace('"database"', '"databse"'))
    run = subprocess.run([service.programs / "soprisd", "--config", service.config], capture_output=True, text=True,
                         timeout=20)
    assert run.returncode == 1 and "not found: database" in run.stderr and len(run.stderr.splitlines()) == 1


def test_missing_key_stops_the_start(tmp_path):
    service = Service(tmp_path / "world")
    (service.folder / "ca.key").unlink()
    run = subprocess.run([service.programs / "soprisd", "--config", service.config], capture_output=True, text=True,
                         timeout=20)
    assert run.returncode == 1 and "ca.key" in run.stderr and "could not start" in run.stderr


def test_two_services_do_not_share_a_folder(service):
    run = subprocess.run([service.programs / "soprisd", "--config", service.config], capture_output=True, text=True,
                         timeout=20)
    assert run.returncode == 1 and "another soprisd" in run.stderr
    assert FAKE_DEVICE.exists()
    assert fake_device("join", service.folder, 6)["first"] == "NONE"
