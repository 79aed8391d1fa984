"""Every fault of an image has an error of its own, and the service refuses with the code that 'image verify' gives.
T-04, T-05."""
import base64
import hashlib
import http.client
import json
import re
import ssl

import pytest

from tests.cli.sopris import Service, Sopris
from tests.support import commands


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A running service that trusts acme; a second maker whom it does not."""
    sopris = Sopris(tmp_path_factory.mktemp("faults"))
    for maker in ("acme", "evil"):
        sopris.ok("maker", "new", maker)
    running = Service(sopris)
    sopris.ok("maker", "trust", "acme")
    yield sopris
    running.stop()


def publish_past_the_client(sopris, contents):
    """What a client that checks nothing would send; the core's code."""
    key = sopris.path("operators/admin.key")
    digest = hashlib.sha256(contents).hexdigest()
    body = json.dumps({"digest": digest, "size": len(contents), "offset": 0,
                       "data": base64.b64encode(contents).decode()}).encode()
    context = ssl.create_default_context(cafile=sopris.path("owner/root.crt"))
    context.check_hostname = False
    context.load_cert_chain(sopris.path("operators/admin.crt"), key)
    port = int(sopris.path("service/run/door.port").read_text())
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
    connection.request("POST", "/v1/images", body,
                       commands.header(commands.sign_command(key.read_text(), "/v1/images", body)))
    response = connection.getresponse()
    return response.status, json.loads(response.read()).get("code")


def build(sopris, binary, maker="acme", identity=None, component="base"):
    record, image = sopris.folder / "fault.suit", sopris.folder / "fault.img"
    who = identity or ["--maker", maker]
    sopris.ok("image", "build", "--component", component, "--image", binary, "--sequence", 4, "--version", "0.4", *who,
              "--out", record)
    sopris.ok("image", "sign", record, *(["--owner"] if component == "app" else ["--maker", maker]), "--out", image)
    return image


def identity_of(sopris, **change):
    made = {**json.loads(sopris.path("makers/acme/maker.json").read_text()), **change}
    return ["--vendor", made["vendor"], "--class", made["class"]]


OTHER = "11111111-2222-4333-8444-555555555555"


def flip(where):
    def change(data):
        keyset, manifest = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")
        data[where(keyset, manifest, len(data))] ^= 1
        return data
    return change


FLIPS = {
    "magic": (flip(lambda k, m, n: 0), "BOOT_SLOT_FORMAT"),
    "padding": (flip(lambda k, m, n: 4000), "BOOT_SLOT_FORMAT"),
    "key set signature": (flip(lambda k, m, n: 12 + k - 1), "KEYSET_SIGNATURE"),
    "key set root": (flip(lambda k, m, n: 12 + 60), "KEYSET_ROOT"),
    "manifest content": (flip(lambda k, m, n: 12 + k + m - 1), "MANIFEST_DIGEST"),
    "image, first": (flip(lambda k, m, n: 4096), "MANIFEST_IMAGE_DIGEST"),
    "image, last": (flip(lambda k, m, n: n - 1), "MANIFEST_IMAGE_DIGEST"),
    "trailing": (lambda data: data + b"\0", "MANIFEST_TRAILING"),
    "cut short": (lambda data: data[:-1], "MANIFEST_TRUNCATED"),
}


@pytest.mark.parametrize("fault", FLIPS)
def test_altered_file(shop, binary, fault):
    path = build(shop, binary)
    shop.ok("image", "verify", path, "--maker", "acme")
    change, code = FLIPS[fault]
    data = bytes(change(bytearray(path.read_bytes())))
    path.write_bytes(data)
    shop.refused("image", "verify", path, "--maker", "acme", says=f"({code})")
    assert publish_past_the_client(shop, data) == (400, code)


def test_every_signature_counts(shop, binary):
    """Where the manifest's own signature stands is searched for: a flip there has its error too."""
    path = build(shop, binary)
    good, codes = path.read_bytes(), set()
    start = 12 + int.from_bytes(good[4:8], "big")
    for offset in range(start, start + int.from_bytes(good[8:12], "big"), 7):
        data = bytearray(good)
        data[offset] ^= 1
        path.write_bytes(data)
        said = shop.refused("image", "verify", path, "--maker", "acme")
        codes.add(re.search(r"\(([A-Z_]+)\)", said)[1])
    assert {"MANIFEST_SIGNATURE", "MANIFEST_SIGNER", "MANIFEST_DIGEST"} <= codes


@pytest.mark.parametrize("component", ["base", "app"])
def test_for_other_devices(shop, binary, component):
    for change, code in (({"vendor": OTHER}, "MANIFEST_VENDOR"), ({"class": OTHER}, "MANIFEST_CLASS")):
        path = build(shop, binary, identity=identity_of(shop, **change), component=component)
        demanded = [*identity_of(shop), *(["--owner"] if component == "app" else ["--root", root_of(shop, "acme")])]
        shop.refused("image", "verify", path, *demanded, says=f"({code})")
        shop.refused("image", "publish", path, says=f"({code}, HTTP 400)")


def root_of(sopris, maker):
    return sopris.path(f"makers/{maker}/root.crt")


def test_of_another_root(shop, binary):
    path = build(shop, binary, maker="evil")
    shop.refused("image", "verify", path, "--maker", "acme", says="(KEYSET_ROOT)")
    shop.refused("image", "publish", path, says="(KEYSET_ROOT, HTTP 400)")


def test_verify_says_what_it_checked(shop, binary):
    path = build(shop, binary)
    checks = shop.json("image", "verify", path, "--maker", "acme", "--component", "base", "--generation-min", 1)["checks"]
    assert list(checks) == ["key set root", "key set signature", "key set generation", "signer in key set", "vendor",
                            "class", "component", "sequence number", "size", "manifest signature", "image digest"]
    assert set(checks.values()) == {"good"}
    digest = hashlib.sha256(b"").hexdigest()
    shop.refused("image", "verify", path, "--root", digest, says="(KEYSET_ROOT)")
    shop.refused("image", "verify", path, "--maker", "acme", "--component", "app", says="(MANIFEST_COMPONENT)")
    shop.refused("image", "verify", path, "--maker", "acme", "--sequence-min", 5, says="(MANIFEST_ROLLBACK)")
    shop.refused("image", "verify", path, "--maker", "acme", "--generation-min", 2, says="(KEYSET_GENERATION)")
    shop.refused("image", "verify", path, says="--root FILE or DIGEST", status=2)
