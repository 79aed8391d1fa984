"""Signed images: what is signed, and what is refused."""
import hashlib
import json

import pytest


def test_file_is_a_slot(maker, binary):
    image = maker.image("monitor", "monitor", binary, "--maker", "acme").read_bytes()
    keyset = maker.path("makers/acme/release.keyset").read_bytes()
    assert image[:4] == b"SLOT"
    assert int.from_bytes(image[4:8], "big") == len(keyset)
    assert image[12:12 + len(keyset)] == keyset
    assert image[4096:] == binary.read_bytes()
    manifest_end = 12 + len(keyset) + int.from_bytes(image[8:12], "big")
    assert set(image[manifest_end:4096]) == {0xFF}


def test_show(maker, binary):
    image = maker.image("base", "base", binary, "--maker", "acme", sequence=7)
    shown = maker.json("image", "show", image)
    made = json.loads(maker.path("makers/acme/maker.json").read_text())
    assert shown["manifest"] == {**shown["manifest"], "component": "base", "sequence": 7, "version": "0.7",
                                 "vendor": made["vendor"], "class": made["class"], "size": 5000,
                                 "digest": hashlib.sha256(binary.read_bytes()).hexdigest()}
    assert set(shown["checks"].values()) == {"good", "not checked"}


@pytest.mark.parametrize("part", ["magic", "keyset", "manifest", "signature", "image"])
def test_one_flipped_bit_is_seen(maker, binary, part):
    path = maker.image("monitor", "monitor", binary, "--maker", "acme")
    data = bytearray(path.read_bytes())
    keyset_size = int.from_bytes(data[4:8], "big")
    manifest_size = int.from_bytes(data[8:12], "big")
    offset = {"magic": 0, "keyset": 12 + keyset_size - 1, "manifest": 12 + keyset_size + manifest_size - 1,
              "signature": 12 + keyset_size + 150, "image": len(data) - 1}[part]
    data[offset] ^= 1
    path.write_bytes(data)
    maker.refused("image", "show", path)


def test_changed_image_is_not_signed(maker, binary):
    record = maker.folder / "r.suit"
    maker.ok("image", "build", "--component", "base", "--image", binary, "--sequence", 1, "--version", "1", "--maker",
             "acme", "--out", record)
    binary.write_bytes(b"other" + binary.read_bytes()[5:])
    maker.refused("image", "sign", record, "--maker", "acme", "--out", maker.folder / "x.img",
                  says="is not the image that")
    assert not (maker.folder / "x.img").exists()


def test_signer_must_be_in_the_key_set(maker, binary):
    """T-04: an image that devices would refuse is not even made."""
    record = maker.folder / "r.suit"
    maker.ok("image", "build", "--component", "base", "--image", binary, "--sequence", 1, "--version", "1", "--maker",
             "acme", "--out", record)
    maker.refused("image", "sign", record, "--key", maker.path("makers/acme/root.key"), "--keyset",
                  maker.path("makers/acme/release.keyset"), "--out", maker.folder / "x.img",
                  says="not a member")


def test_app_is_the_owners(maker, binary):
    """A release key set does not carry an app, nor the other way round."""
    record = maker.folder / "r.suit"
    maker.ok("image", "build", "--component", "app", "--image", binary, "--sequence", 1, "--version", "1", "--maker",
             "acme", "--out", record)
    maker.refused("image", "sign", record, "--maker", "acme", "--out", maker.folder / "x.img", says="KEYSET_KIND")


def test_sizes(maker, binary):
    out = ["--sequence", 1, "--version", "1", "--maker", "acme", "--out", maker.folder / "r.suit"]
    binary.write_bytes(b"")
    maker.refused("image", "build", "--component", "monitor", "--image", binary, *out, says="is empty")
    binary.write_bytes(bytes(0x20000 - 4096))
    maker.ok("image", "build", "--component", "monitor", "--image", binary, *out)
    binary.write_bytes(bytes(0x20000 - 4095))
    maker.refused("image", "build", "--component", "monitor", "--image", binary, *out, says="larger than")


@pytest.mark.parametrize("content", [b"", b"{}", b"[1", b'{"type": "sopris unsigned image"}', b"\xff" * 100])
def test_bad_records(maker, content):
    record = maker.folder / "bad.suit"
    record.write_bytes(content)
    maker.refused("image", "sign", record, "--maker", "acme", "--out", maker.folder / "x.img",
                  says="sopris image build")
