"""Rules over evidence: what fires, what it leads to, and that each firing is explained."""
import json

import pytest

from tests.service.test_refresh import Device, journal
from tests.support.service import Service, fake_device
from tests.broker.workshop import ORDER, QUARANTINE


@pytest.fixture(name="service")
def fixture_service(tmp_path):
    with Service(tmp_path / "world") as running:
        yield running.enter_all()


def alerts(service):
    return [(alert["rule"], alert["action"], alert["count"])
            for alert in service.request("GET", "/v1/alerts")[1]["alerts"]]


def details(service, ueid):
    return [decision["detail"] for decision in service.request("GET", f"/v1/devices/{ueid}/explain")[1]["decisions"]]


def copy_of(device):
    """The same device from the same flash, which goes its own way."""
    rival = Device(device.service, device.index, device.epoch)
    rival.boot, rival.sequence = device.boot, device.sequence
    return rival


def test_altered_device_is_refreshed_by_itself(service):
    result = fake_device("attack", "altered", service.folder, 3, check=False)
    assert result["outcome"] == "CHECKIN_ALTERED"
    assert alerts(service)[0][:2] == ("altered", "refresh")
    assert journal(service)[0][::2] == (ORDER, 2)
    refresh = service.request("GET", "/v1/refreshes")[1]["refreshes"][0]
    assert refresh["reason"] == "rule" and refresh["text"].startswith("rule altered: the monitor found code")
    assert any("; rule altered: refresh" in detail for detail in details(service, result["ueid"]))


def test_unknown_code_is_an_alert_and_nothing_more(service):
    result = fake_device("attack", "unknown-base", service.folder, 4, check=False)
    assert result["outcome"] == "CHECKIN_UNKNOWN_COMPONENT"
    assert alerts(service)[0][:2] == ("unknown-code", "alert") and journal(service) == []


def test_copy_of_the_flash_is_ended_by_a_refresh(service):
    """Two boards from one flash image: both are ordered on, and the one that is not there any more is not missed."""
    device = Device(service, 1)
    device.check_in()
    rival = copy_of(device)
    device.check_in()
    for _ in range(2):
        assert rival.check_in(check=False)["code"] == "EVIDENCE_SEQUENCE"
        rival.sequence -= 10
    assert alerts(service) == []
    assert rival.check_in(check=False)["code"] == "EVIDENCE_SEQUENCE"
    assert alerts(service) == [("rival", "refresh", 1)] and journal(service) == [(ORDER, device.ueid, 2)]
    # Both hear of it, also the one that is behind.
    rival.sequence -= 10
    assert rival.check_in()["order"] == 2 and device.check_in()["order"] == 2
    assert device.refresh()["certificates"] == 1
    device.check_in()
    assert service.request("GET", "/v1/refreshes")[1]["refreshes"][0]["state"] == "done"


def test_clone_of_the_secret_stops_both(service):
    device = Device(service, 1)
    device.check_in()
    rival = copy_of(device)
    device.check_in()
    for _ in range(3):
        rival.check_in(check=False)
        rival.sequence -= 10
    device.refresh()
    rival = copy_of(device)  # Who has the UDS has the keys of every epoch.
    device.check_in()
    codes = []
    for _ in range(3):
        codes.append(rival.check_in(check=False)["code"])
        rival.sequence -= 10
    assert codes == ["EVIDENCE_SEQUENCE"] * 3
    assert alerts(service) == [("rival", "quarantine", 2)]
    assert journal(service)[-1] == (QUARANTINE, device.ueid, 0)
    assert "the same secret" in service.request("GET", "/v1/alerts")[1]["alerts"][0]["sentence"]
    assert device.check_in(check=False)["code"] == "CHECKIN_QUARANTINED"


def configure(service, rules):
    document = json.loads(service.config.read_text(encoding="utf-8"))
    document["rules"] = rules
    service.config.write_text(json.dumps(document), encoding="utf-8")


def test_rules_are_settings(tmp_path):
    service = Service(tmp_path / "world")
    configure(service, {"altered": {"action": "ignore"}, "unknown-code": {"action": "quarantine", "threshold": 1}})
    with service:
        service.enter_all()
        fake_device("attack", "altered", service.folder, 3, check=False)
        assert alerts(service) == []
        fake_device("attack", "unknown-base", service.folder, 4, check=False)
        assert alerts(service)[0][:2] == ("unknown-code", "quarantine")


@pytest.mark.parametrize("rules, sentence", [
    ({"alterd": {"action": "alert"}}, "there is no rule 'alterd'"),
    ({"altered": {"action": "explode"}}, "there is no action 'explode'"),
    ({"altered": {"threshold": 1}}, "rules.altered is not"),
    ({"altered": {"action": "alert", "threshold": -1}}, "must be from 0 to"),
])
def test_wrong_rules_are_refused_with_a_sentence(tmp_path, rules, sentence):
    service = Service(tmp_path / "world")
    configure(service, rules)
    with pytest.raises(AssertionError):
        service.start()
    service.stop()
    assert sentence in service.log()
