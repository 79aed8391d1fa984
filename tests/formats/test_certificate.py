"""The attestation certificate as OpenSSL and python3-cryptography see it."""
import datetime
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from support import VECTORS, good

EPOCH_OID = "1.2.840.113556.1.8000.2554.30209.39762.37869.18973.37952.1331842.13862417"


def openssl(*arguments, data=None):
    run = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=False)
    return run.returncode, run.stdout.decode() + run.stderr.decode()


def device_id_key():
    raw = (VECTORS / "keys" / "DeviceID.bin").read_bytes()
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + raw)


def issuer_certificate(subject, signed_by, public_key):
    """A stand-in for the DeviceID certificate: its key is the real one, its issuer a throw-away CA."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test maker")])
    start = datetime.datetime(2026, 1, 1)
    builder = x509.CertificateBuilder().issuer_name(name).subject_name(subject).public_key(public_key)
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start.replace(year=2090))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(signed_by, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture(name="chain")
def fixture_chain(tmp_path):
    maker = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test maker")])
    (tmp_path / "root.pem").write_bytes(issuer_certificate(name, maker, maker.public_key()))
    subject = x509.load_der_x509_certificate(good("certificate")[0].read_bytes()).issuer
    (tmp_path / "device.pem").write_bytes(issuer_certificate(subject, maker, device_id_key()))
    return tmp_path


def verify(chain, path, *options):
    (chain / "leaf.pem").write_bytes(x509.load_der_x509_certificate(path.read_bytes()).public_bytes(Encoding.PEM))
    return openssl("verify", "-x509_strict" if "strict" in options else "-ignore_critical", "-CAfile",
                   chain / "root.pem", "-untrusted", chain / "device.pem", chain / "leaf.pem")


def test_openssl_verifies(chain):
    for path in good("certificate"):
        code, text = verify(chain, path)
        assert code == 0, text


def test_openssl_refuses_a_stranger_s(chain):
    code, text = verify(chain, VECTORS / "certificate" / "bad-signature.bin")
    assert code != 0 and "signature" in text


def test_unknown_critical_extension_is_seen(chain):
    """A verifier that does not know the epoch must not pass over it."""
    code, text = verify(chain, good("certificate")[0], "strict")
    assert code != 0 and "critical" in text


def test_openssl_parses():
    for path in good("certificate"):
        code, text = openssl("x509", "-inform", "DER", "-in", path, "-noout", "-text")
        assert code == 0
        assert f"{EPOCH_OID}: critical" in text and "2.23.133.5.4.1:" in text and "Dec 31 23:59:59 9999 GMT" in text
        assert "CA:FALSE" in text and "Digital Signature" in text and "2.23.133.5.4.100.9" in text


def test_tcb_info_tags():
    """TCG DICE TcbInfo: [3] svn, [6] fwids, [7] flags, [9] type, in this order and no other."""
    for path, epoch in zip(good("certificate"), (1, 128)):
        data = path.read_bytes()
        position = data.index(bytes.fromhex("0606678105050401")) + 8
        size = data[position + 1]
        code, text = openssl("asn1parse", "-inform", "DER", "-i", data=data[position + 2:position + 2 + size])
        assert code == 0, text
        tags = [line.split("cont [ ")[1][0] for line in text.splitlines() if "d=1 " in line and "cont [" in line]
        assert tags == ["3", "6", "7", "9"], text
        assert ":2.16.840.1.101.3.4.2.1" in text or ":sha256" in text
        certificate = x509.load_der_x509_certificate(data)
        extension = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(EPOCH_OID))
        value = extension.value.value
        assert extension.critical and value[0] == 2 and int.from_bytes(value[2:], "big") == epoch


def test_names():
    for path in good("certificate"):
        certificate = x509.load_der_x509_certificate(path.read_bytes())
        key = certificate.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        digest = hashes.Hash(hashes.SHA256())
        digest.update(key[1:])
        expected = digest.finalize()[:16].hex()
        assert certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value == expected
        ueid = hashes.Hash(hashes.SHA256())
        ueid.update((VECTORS / "keys" / "DeviceID.bin").read_bytes())
        issuer = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        assert issuer == "01" + ueid.finalize().hex()
