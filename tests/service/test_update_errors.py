"""Every error that a device may give for an update reaches the operator, by name and in a sentence. No clock is waited
for."""
import pathlib
import re

import pytest

from tests.support.service import Service, fake_device, slot, upload

ROOT = pathlib.Path(__file__).resolve().parents[2]
NEW = 4
FAILED, REFUSED = 6, 7
MODULES = ("MANIFEST", "KEYSET", "BOOT", "PATCH")

# Number, name, and what the sentence has to speak of.
ERRORS = [
    (0x0301, "MANIFEST_STRUCTURE", "SUIT envelope"),
    (0x0302, "MANIFEST_UNSIGNED", "no signature"),
    (0x0303, "MANIFEST_SIGNATURE", "manifest's signature does not verify"),
    (0x0304, "MANIFEST_SIGNER", "not in the key set"),
    (0x0305, "MANIFEST_DIGEST", "digest that its signature covers"),
    (0x0306, "MANIFEST_VENDOR", "another vendor"),
    (0x0307, "MANIFEST_CLASS", "another device class"),
    (0x0308, "MANIFEST_COMPONENT", "another component"),
    (0x0309, "MANIFEST_ROLLBACK", "lower than the floor"),
    (0x030A, "MANIFEST_SIZE", "larger than the slot"),
    (0x030B, "MANIFEST_IMAGE_DIGEST", "image does not match the digest"),
    (0x030C, "MANIFEST_TRUNCATED", "ends before the image"),
    (0x030D, "MANIFEST_TRAILING", "bytes follow the image"),
    (0x0401, "KEYSET_STRUCTURE", "key set is not of the form"),
    (0x0402, "KEYSET_ROOT", "root that this device does not trust"),
    (0x0403, "KEYSET_SIGNATURE", "key set's signature does not verify"),
    (0x0404, "KEYSET_KIND", "another kind"),
    (0x0405, "KEYSET_GENERATION", "generation is lower"),
    (0x0B01, "BOOT_SLOT_EMPTY", "holds nothing"),
    (0x0B02, "BOOT_ATTEMPTS", "given up"),
    (0x0B03, "BOOT_NO_SLOT", "no slot"),
    (0x0B04, "BOOT_RECORD", "boot record"),
    (0x0B05, "BOOT_COUNTER", "counter cannot advance"),
    (0x0B06, "BOOT_FUSES", "fuses"),
    (0x0B07, "BOOT_SECRETS", "device secret"),
    (0x0B08, "BOOT_SLOT_FORMAT", "slot header"),
    (0x0B09, "BOOT_FAULT", "disturbed"),
    (0x0B0A, "BOOT_CONTACT", "without reaching the service"),
    (0x1A01, "PATCH_STRUCTURE", "not a patch"),
    (0x1A02, "PATCH_BASE", "another image than the one that runs"),
    (0x1A03, "PATCH_STREAM", "compressed instructions"),
    (0x1A04, "PATCH_RANGE", "beyond the end of an image"),
]
# A refusal that no better line would change stops the offer at once.
FINAL = {"MANIFEST_VENDOR", "MANIFEST_CLASS", "MANIFEST_COMPONENT", "MANIFEST_ROLLBACK", "MANIFEST_SIZE",
         "KEYSET_GENERATION"}


class Story:
    """One device and one rollout that no number of failures halts."""

    def __init__(self, service):
        self.service, self.sequence = service, 0
        status, rollout = service.request("POST", "/v1/rollouts", {"component": "base", "sequence": NEW,
                                                                   "failures_max": 1000})
        assert status == 201
        self.number = rollout["number"]

    def check_in(self, *words):
        self.sequence += 10
        result = fake_device("run", self.service.folder, 0, 3, 1, self.sequence, *words)
        self.ueid = result["ueid"]
        return result["offers"]

    def explain(self):
        status, document = self.service.request("GET", f"/v1/devices/{self.ueid}/explain")
        assert status == 200 and len(document["updates"]) == 1
        return document["updates"][0]

    def retry(self):
        assert self.service.request("POST", f"/v1/rollouts/{self.number}/retry", raw=b"{}")[0] == 200


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("errors") / "world") as service:
        service.enter_all()
        assert upload(service, slot(service, "base4"))[0] == 201
        yield Story(service)


def test_no_error_is_left_out():
    listed = re.findall(r"^ERROR_ENTRY\((\w+), (\w+), 0x\w+,", (ROOT / "base/error_list.h").read_text(), re.M)
    names = {f"{module}_{name}" for module, name in listed if module in MODULES}
    assert names == {name for _, name, _ in ERRORS}


@pytest.mark.parametrize("state, word", [(FAILED, "failed"), (REFUSED, "refused")], ids=["failed", "refused"])
@pytest.mark.parametrize("code, name, speaks_of", ERRORS, ids=[name for _, name, _ in ERRORS])
def test_error_is_explained(story, code, name, speaks_of, state, word):
    assert len(story.check_in()) == 1, "it is offered the release"
    is_over = state == FAILED or name in FINAL
    assert len(story.check_in(f"report=2,{NEW},{state},{code},0")) == (0 if is_over else 1)
    update = story.explain()
    report = update["report"]
    assert (report["code"], report["number"], report["sequence"]) == (name, code, NEW)
    assert word in report["state"] and speaks_of in report["sentence"]
    if state == FAILED and name == "BOOT_CONTACT":
        assert "offered again a day after" in update["sentence"]
    elif is_over:
        assert update["sentence"].startswith("not offered again") and "sopris rollout retry" in update["sentence"]
    else:
        assert update["sentence"].startswith("offered;")
    if is_over:
        story.retry()


def test_number_of_a_later_version_is_shown(story):
    story.check_in()
    assert story.check_in(f"report=2,{NEW},{FAILED},{0x03FE},0") == []
    report = story.explain()["report"]
    assert report["number"] == 0x03FE and report["sentence"]
    story.retry()
