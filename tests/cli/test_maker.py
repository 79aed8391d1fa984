"""Makers, their certificates and vouchers, read by programs that are not ours."""
import hashlib
import stat

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

KP_ECA = "2.23.133.5.4.100.12"


def raw_public(certificate) -> bytes:
    numbers = certificate.public_key().public_numbers()
    return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def load(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def assert_issued(certificate, issuer):
    assert certificate.issuer == issuer.subject
    issuer.public_key().verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(hashes.SHA256()))


def verify_cose(data: bytes, content_type: str):
    """Checks a COSE_Sign1 with Python's own means; returns the signer's raw key and the payload."""
    tag = cbor2.loads(data)
    protected, unprotected, payload, signature = tag.value
    assert tag.tag == 18 and unprotected == {}
    header = cbor2.loads(protected)
    assert header[1] == -7 and header[3] == content_type
    to_be_signed = cbor2.dumps(["Signature1", protected, b"", payload])
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + header[4])
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    key.verify(der, to_be_signed, ec.ECDSA(hashes.SHA256()))
    return header[4], cbor2.loads(payload)


def test_keys_are_private_and_p256(maker):
    for name in ("root", "ca", "release"):
        path = maker.path(f"makers/acme/{name}.key")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        assert isinstance(key.curve, ec.SECP256R1)
    assert stat.S_IMODE(maker.path("makers/acme").stat().st_mode) == 0o700


def test_keys_are_never_overwritten(maker):
    before = maker.path("makers/acme/root.key").read_bytes()
    maker.refused("maker", "new", "acme", says="exists and is not overwritten")
    assert maker.path("makers/acme/root.key").read_bytes() == before


def test_no_key_on_standard_output(sopris):
    assert "PRIVATE" not in sopris.ok("maker", "new", "acme")
    key = serialization.load_pem_private_key(sopris.path("makers/acme/root.key").read_bytes(), None)
    scalar = f"{key.private_numbers().private_value:064x}"
    assert scalar not in sopris.ok("-o", "json", "maker", "new", "other")


def test_ca_chain(maker):
    root, ca = load(maker.path("makers/acme/root.crt")), load(maker.path("makers/acme/ca.crt"))
    assert_issued(root, root)
    assert_issued(ca, root)
    constraints = ca.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical and constraints.value.ca and constraints.value.path_length == 1


@pytest.mark.filterwarnings("ignore:Attribute's length")
def test_device_certificate_profile(maker):
    device = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    raw = device.x.to_bytes(32, "big") + device.y.to_bytes(32, "big")
    out = maker.folder / "device.crt"
    maker.ok("maker", "certify", "acme", "--device-id", raw.hex(), "--batch", "b1", "--out", out)
    certificate, ca = load(out), load(maker.path("makers/acme/ca.crt"))
    assert_issued(certificate, ca)
    assert raw_public(certificate) == raw
    names = {attribute.oid._name: attribute.value for attribute in certificate.subject}
    assert names == {"commonName": "01" + hashlib.sha256(raw).hexdigest()}
    assert certificate.not_valid_after.year == 9999
    extension = certificate.extensions.get_extension_for_class
    assert extension(x509.SubjectAlternativeName).value.get_values_for_type(x509.UniformResourceIdentifier) == [
        "urn:sopris:batch:b1"]
    assert extension(x509.BasicConstraints).value == x509.BasicConstraints(ca=True, path_length=0)
    usage = extension(x509.KeyUsage).value
    assert usage.key_cert_sign and not usage.digital_signature and not usage.crl_sign
    assert [oid.dotted_string for oid in extension(x509.ExtendedKeyUsage).value] == [KP_ECA]


@pytest.mark.parametrize("device_id", ["", "00", "zz" * 64, "00" * 64, "ff" * 64])
def test_bad_device_ids(maker, device_id):
    result = maker.run("maker", "certify", "acme", "--device-id", device_id, "--batch", "b1")
    assert result.returncode in (1, 2) and result.stdout == ""


def test_release_keyset(maker):
    signer, payload = verify_cose(maker.path("makers/acme/release.keyset").read_bytes(),
                                  "application/sopris-keyset+cbor")
    release = serialization.load_pem_private_key(maker.path("makers/acme/release.key").read_bytes(), None)
    numbers = release.public_key().public_numbers()
    assert signer == raw_public(load(maker.path("makers/acme/root.crt")))
    assert payload[1] == 1 and payload[2] == 1
    assert payload[3] == [numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")]


@pytest.mark.parametrize("subject", [("--batch", "b1"), ("--ueid", "01" + "ab" * 32)])
def test_voucher(maker, subject):
    out = maker.folder / "voucher"
    maker.ok("maker", "voucher", "acme", "--owner", maker.path("makers/acme/root.crt"), *subject, "--host",
             "10.0.2.100", "--port", "8443", "--generation", "3", "--out", out)
    root = load(maker.path("makers/acme/root.crt"))
    signer, payload = verify_cose(out.read_bytes(), "application/sopris-voucher+cbor")
    assert signer == raw_public(root)
    expected = subject[1] if subject[0] == "--batch" else bytes.fromhex(subject[1])
    assert payload == {1: 3, 2: hashlib.sha256(raw_public(root)).digest(), 3: "10.0.2.100", 4: 8443, 5: expected}


def test_voucher_refusals(maker):
    owner = ["--owner", maker.path("makers/acme/root.crt")]
    rest = ["--host", "h", "--out", maker.folder / "v"]
    maker.refused("maker", "voucher", "acme", *owner, *rest, status=2, says="either --batch or --ueid")
    maker.refused("maker", "voucher", "acme", *owner, *rest, "--batch", "b", "--ueid", "01", status=2)
    maker.refused("maker", "voucher", "acme", *owner, *rest, "--batch", "b", "--generation", "0", status=2)
    maker.refused("maker", "voucher", "nobody", *owner, *rest, "--batch", "b", says="sopris maker new nobody")
    maker.refused("maker", "voucher", "acme", "--owner", maker.path("makers/acme/root.key"), *rest, "--batch", "b")
    assert not (maker.folder / "v").exists()
