"""Each rule of a check-in: the attack fails on the real core and succeeds on the core without that rule.
T-02, T-14, T-15, T-18."""
import pytest

from tests.support.service import Service, fake_device

# attack, the real core's code, the rule that stops it (None: more than one does)
ATTACKS = [
    ("stranger", "IDENTITY_CHAIN", "chain"),
    ("forged", "EVIDENCE_SIGNATURE", "signature"),
    ("impostor", "EVIDENCE_UEID", "subject"),
    ("unowned", "CHECKIN_UNOWNED", "voucher"),
    ("older-epoch", "EVIDENCE_EPOCH", "epoch"),
    ("older-copy", "EVIDENCE_SEQUENCE", "sequence"),
    ("relayed", "EVIDENCE_CHANNEL", "channel"),
    ("hoarded", "EVIDENCE_CHALLENGE", "challenge"),
    ("unknown-monitor", "CHECKIN_UNKNOWN_MONITOR", "reference"),
    ("lying-monitor", "CHECKIN_UNKNOWN_MONITOR", "reference"),
    ("unknown-base", "CHECKIN_UNKNOWN_COMPONENT", "reference"),
    ("altered", "CHECKIN_ALTERED", "state"),
    ("replay-same", "EVIDENCE_SEQUENCE", None),
    ("replay-other", "EVIDENCE_SEQUENCE", None),
]


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("real") / "world") as running:
        yield running.enter_all()


@pytest.mark.parametrize("index,attack,code", [(i, a[0], a[1]) for i, a in enumerate(ATTACKS)])
def test_attack_is_refused_and_explained(real, index, attack, code):
    result = fake_device("attack", attack, real.folder, index)
    # What is left behind gets the order to come to the new epoch and nothing else, which is a signed answer.
    assert result["outcome"] == code and result["status"] == (200 if attack == "older-epoch" else 403)
    status, explained = real.request("GET", f"/v1/devices/{result['ueid']}/explain")
    if code in ("IDENTITY_CHAIN", "EVIDENCE_SIGNATURE"):
        # Anybody could have sent this: it is noted, but not under a device's name.
        assert status == 404 or explained["decisions"][0]["code"] != code
        assert real.request("GET", "/v1/status")[1]["refusals"][0]["code"] == code
    else:
        assert status == 200 and explained["decisions"][0]["code"] == code
        assert not explained["decisions"][0]["accepted"]


@pytest.mark.parametrize("rule", sorted({a[2] for a in ATTACKS if a[2]}))
def test_attack_succeeds_without_the_rule(tmp_path, rule):
    with Service(tmp_path / "world", without=rule) as service:
        service.enter_all()
        for index, (attack, code, stopped_by) in enumerate(ATTACKS):
            if stopped_by is None:
                continue
            outcome = fake_device("attack", attack, service.folder, index)["outcome"]
            assert outcome == ("NONE" if stopped_by == rule else code), attack
