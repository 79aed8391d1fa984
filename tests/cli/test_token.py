"""Signing with a key in a PKCS#11 token (SoftHSM2), and the PIN not on the command line."""
import os
import shutil
import subprocess

import pytest

PIN = "4711"


@pytest.fixture
def token(maker, monkeypatch):
    """A token with the maker's release key and root key; the files are gone."""
    folder = maker.folder / "token"
    (folder / "tokens").mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    (folder / "pin").write_text(PIN + "\n")
    run("--init-token", "--free", "--label", "acme", "--pin", PIN, "--so-pin", PIN)
    for number, name in enumerate(("release", "root"), 1):
        key = maker.path(f"makers/acme/{name}.key")
        run("--import", key, "--token", "acme", "--label", name, "--id", f"0{number}", "--pin", PIN)
        shutil.move(key, folder / f"{name}.key")
    maker.token = folder
    maker.record = maker.folder / "r.suit"
    image = maker.folder / "image.bin"
    image.write_bytes(os.urandom(5000))
    maker.ok("image", "build", "--component", "base", "--image", image, "--sequence", 2, "--version", "2", "--maker",
             "acme", "--out", maker.record)
    return maker


def run(*arguments):
    subprocess.run(["softhsm2-util", *map(str, arguments)], check=True, capture_output=True)


def sign(maker, key, *more):
    return ["image", "sign", maker.record, "--key", key, "--keyset", maker.path("makers/acme/release.keyset"), "--out",
            maker.folder / "token.img", *more]


URI = "pkcs11:token=acme;object=release;type=private"


def test_signed_by_the_token(token):
    token.ok(*sign(token, f"{URI}?pin-source=file:{token.token}/pin"))
    token.ok("image", "verify", token.folder / "token.img", "--maker", "acme")
    shown = token.json("image", "show", token.folder / "token.img")
    assert shown["manifest"]["signer"] in shown["key set"]["keys"]


def test_pin_from_the_environment(token, monkeypatch):
    monkeypatch.setenv("SOPRIS_PIN_FILE", str(token.token / "pin"))
    token.ok(*sign(token, URI))
    token.ok("image", "verify", token.folder / "token.img", "--maker", "acme")


def test_root_and_new_release_key_in_the_token(token):
    """Both keys that a new key set needs may be out of reach of this machine."""
    key = token.token / "next.key"
    subprocess.run(f"openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out {key}", shell=True,
                   check=True)
    run("--import", key, "--token", "acme", "--label", "next", "--id", "03", "--pin", PIN)
    pin = f"?pin-source={token.token}/pin"
    rotated = token.json("maker", "keyset", "acme", "--root-key", "pkcs11:token=acme;object=root" + pin, "--new-key",
                         "pkcs11:token=acme;object=next" + pin)
    assert rotated["generation"] == 2
    token.refused(*sign(token, URI + pin), says="not a member")
    token.ok(*sign(token, "pkcs11:token=acme;object=next" + pin))
    token.ok("image", "verify", token.folder / "token.img", "--maker", "acme", "--generation-min", 2)


def test_what_is_refused(token):
    pin = f"?pin-source={token.token}/pin"
    token.refused(*sign(token, f"{URI}?pin-value={PIN}"), status=2, says="on the command line")
    token.refused(*sign(token, URI), says="needs a PIN")
    token.refused(*sign(token, "pkcs11:token=acme;object=nobody" + pin), says="no such private key")
    (token.token / "wrong").write_text("0000")
    token.refused(*sign(token, f"{URI}?pin-source={token.token}/wrong"), says="PIN is wrong")
    token.refused(*sign(token, f"{URI}?pin-source={token.token}/none"), says="none")
    token.refused(*sign(token, "pkcs11:token=acme;object=root" + pin), says="not a member")
    token.refused("image", "sign", token.record, "--key", URI, "--out", "x.img", status=2, says="--keyset")
    assert not (token.folder / "token.img").exists()
