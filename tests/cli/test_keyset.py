"""New key sets: what they replace is refused at publication, and the service signs with the new control key. T-05."""
import json

import pytest

from tests.cli.sopris import Service, Sopris


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    sopris = Sopris(tmp_path_factory.mktemp("keysets"))
    for maker in ("acme", "evil"):
        sopris.ok("maker", "new", maker)
    sopris.binary = sopris.folder / "image.bin"
    sopris.binary.write_bytes(b"image" * 1000)
    running = Service(sopris)
    sopris.ok("maker", "trust", "acme")
    yield sopris
    running.stop()


def generations(sopris):
    return {entry["kind"]: entry["generation"] for entry in sopris.json("keyset", "list")}


def test_stolen_release_key_is_refused(shop):
    old = shop.image("old", "base", shop.binary, "--maker", "acme", sequence=4)
    shop.ok("image", "publish", old)
    assert generations(shop)["release"] == 1
    thief = shop.path("makers/acme/release.key").read_bytes()
    rotated = shop.json("maker", "keyset", "acme", "--floor", "base=5,monitor=2")
    assert (rotated["generation"], rotated["keys"]) == (2, 1)
    assert shop.path("makers/acme/release.1.key").read_bytes() == thief != shop.path("makers/acme/release.key").read_bytes()
    # Until the service hears of the set, what the thief signs under the old one still looks right.
    stolen = ["--key", shop.path("makers/acme/release.1.key"), "--keyset", shop.path("makers/acme/release.1.keyset")]
    early = shop.image("early", "base", shop.binary, *stolen, sequence=8)
    shop.ok("image", "publish", early)
    new = shop.image("new", "base", shop.binary, "--maker", "acme", sequence=9)
    shop.ok("image", "publish", new)
    assert generations(shop)["release"] == 2, "learned from the image"
    late = shop.image("late", "base", shop.binary, *stolen, sequence=10)
    shop.refused("image", "publish", late, says="(KEYSET_GENERATION, HTTP 400)")
    shop.refused("release", "add", late, says="(KEYSET_GENERATION, HTTP 400)")
    shop.refused("image", "verify", late, "--maker", "acme", "--generation-min", 2, says="(KEYSET_GENERATION)")
    record = shop.folder / "low.suit"
    shop.ok("image", "build", "--component", "base", "--image", shop.binary, "--sequence", 4, "--version", "0.4", "--maker",
            "acme", "--out", record)
    shop.refused("image", "sign", record, "--maker", "acme", "--out", shop.folder / "low.img", says="below the floor 5")


def test_service_hears_of_a_release_set_by_itself(shop):
    shop.ok("maker", "keyset", "acme", "--generation", 40)
    keyset = shop.path("makers/acme/release.keyset")
    assert shop.json("keyset", "add", keyset) == {"kind": "release", "generation": 40}
    shop.refused("keyset", "add", keyset, says="(KEYSET_GENERATION, HTTP 409)")
    shop.refused("keyset", "add", shop.path("makers/evil/release.keyset"), says="(KEYSET_ROOT, HTTP 400)")
    data = bytearray(keyset.read_bytes())
    data[-1] ^= 1
    forged = shop.folder / "forged.keyset"
    forged.write_bytes(data)
    shop.refused("keyset", "add", forged, says="(KEYSET_SIGNATURE, HTTP 400)")


def test_app_key(shop):
    old = shop.image("app", "app", shop.binary, "--owner", sequence=3)
    shop.ok("image", "publish", old)
    assert shop.json("owner", "keyset", "--kind", "app", "--floor", "app=4")["generation"] == 2
    assert generations(shop)["app"] == 2
    shop.refused("image", "publish", old, says="(KEYSET_GENERATION, HTTP 400)")
    shop.ok("image", "publish", shop.image("app2", "app", shop.binary, "--owner", sequence=4))


def test_control_key_is_made_by_the_service(shop):
    owner = shop.path("owner")
    before = {path.name for path in owner.glob("control.key*")}
    assert shop.json("owner", "keyset", "--kind", "control", "--generation", 7)["generation"] == 7
    made = {path.name for path in owner.glob("control.key*")} - before
    assert len(made) == 1 and (owner / made.pop()).stat().st_mode & 0o777 == 0o600
    assert generations(shop)["control"] == 7
    shop.refused("keyset", "add", shop.path("owner/control.1.keyset"), says="KEYSET_GENERATION")
    shop.refused("owner", "keyset", "--kind", "control", "--new-key", "x", status=2, says="itself")
    shop.refused("owner", "keyset", "--kind", "release", status=2)
    shop.refused("owner", "keyset", "--kind", "app", "--floor", "app=1", status=2, says="never lowered")


def test_restart_keeps_the_new_set(tmp_path):
    sopris = Sopris(tmp_path)
    first = Service(sopris)
    sopris.ok("owner", "keyset", "--kind", "control")
    # As if the workspace had been lost, all but what the service itself keeps.
    first.stop()
    (sopris.path("owner/control.1.keyset")).rename(sopris.path("owner/control.keyset"))
    second = Service(sopris)
    try:
        assert generations(sopris)["control"] == 2
        configured = json.loads(sopris.path("service/soprisd.json").read_text())
        assert configured["core"]["control_key"].endswith("owner/control.key")
    finally:
        second.stop()
