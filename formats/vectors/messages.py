"""The messages that the vectors are made of: each a function whose arguments change one field."""
import datetime

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

from primitives import Raw, encode, label_bytes, private_key, raw_public, sha256, sign1, ueid

EPOCH_OID = "1.2.840.113556.1.8000.2554.30209.39762.37869.18973.37952.1331842.13862417"

KEYSET = "application/sopris-keyset+cbor"
VOUCHER = "application/sopris-voucher+cbor"
ANSWER = "application/sopris-answer+cbor"
COMMAND = "application/sopris-operator-command+cbor"
EVIDENCE = "application/eat+cwt"


def keyset(**change):
    keys = [raw_public("release key"), raw_public("second release key")]
    return {1: 1, 2: 300, 3: keys, 4: {1: 3, 2: 70000}} | {int(key[1:]): value for key, value in change.items()}


def signed_keyset(signer="maker root", **change):
    return sign1(KEYSET, signer, encode(keyset(**change)))


def voucher(**change):
    return {1: 7, 2: sha256(raw_public("owner root")), 3: "10.0.2.2", 4: 8443, 5: ueid()} | {
        int(key[1:]): value for key, value in change.items()}


def suit_digest(data):
    return encode([-16, sha256(data)])


def suit_manifest(*, component=b"monitor", text_component=None, sequence=42, version="1.2.3", manifest_version=1,
                  image_size=34768, policy=15, parameters=None, language="en", extra=None):
    parameters = parameters or {1: label_bytes("vendor", 16), 2: label_bytes("class", 16),
                                3: suit_digest(b"image"), 14: image_size}
    shared = encode([20, parameters, 1, policy, 2, policy])
    return {1: manifest_version, 2: sequence, 3: encode({2: [[component]], 4: shared}), 7: encode([3, 15]),
            23: encode({language: {Raw(encode([text_component or component])): {6: version}}})} | (extra or {})


def envelope(manifest, *, signer="release key", unsigned=False, digest=None, tag=107, severed=None, **cose):
    wrapped = encode(encode(manifest))
    digest = digest or suit_digest(wrapped)
    wrapper = [digest] if unsigned else [digest, sign1(None, signer, digest, **cose)]
    return encode(cbor2.CBORTag(tag, {2: encode(wrapper), 3: Raw(wrapped)} | (severed or {})))


def measurement(component, sequence):
    return [65001, encode({1: component, 2: sequence, 3: label_bytes(f"image {component}"),
                           4: sha256(raw_public("release key"))})]


def evidence(**change):
    key = raw_public("operational")
    claims = {8: {1: {1: 2, -1: 1, -2: key[:32], -3: key[32:]}}, 10: label_bytes("challenge"), 256: ueid(), 261: 3600,
              263: 2, 267: 12, 273: [measurement(1, 40), measurement(2, 41), measurement(3, 42)], -70001: 1, -70002: 5,
              -70003: 1, -70004: label_bytes("exporter"), -70005: label_bytes("ticket nonce", 16),
              -70006: {3: 1, 5: 1000}, -70007: True}
    return claims | {int(key[1:].replace("m", "-")): value for key, value in change.items()}


def signed_evidence(**change):
    return sign1(EVIDENCE, "attestation", encode(evidence(**change)))


def rest():
    return {1: b"operational certificate", 2: [b"CA certificate"]}


def answer(**change):
    claims = {1: label_bytes("ticket nonce", 16), 2: label_bytes("evidence"), 3: 1795343400, 4: 3600, 5: [1, 2, 1],
              6: sha256(encode(rest())), 7: label_bytes("next challenge")}
    claims |= {int(key[1:]): value for key, value in change.items()}
    return {key: value for key, value in claims.items() if value is not None}


def signed_answer(**change):
    return sign1(ANSWER, "control key", encode(answer(**change)))


def command(**change):
    claims = {1: "POST /v1/makers", 2: label_bytes("body"), 3: 1795343400, 4: label_bytes("command nonce", 16)}
    claims |= {int(key[1:]): value for key, value in change.items()}
    return {key: value for key, value in claims.items() if value is not None}


def signed_command(**change):
    return sign1(COMMAND, "operator key", encode(command(**change)))


def certificate(*, epoch=1, sequence=42, debug=False, signer="DeviceID", curve_key="attestation", not_after=None,
                component=b"monitor", epoch_value=None):
    key_digest = sha256(raw_public(curve_key))
    serial = bytes([key_digest[0] & 0x3F | 0x40]) + key_digest[1:16]
    svn = sequence.to_bytes(sequence.bit_length() // 8 + 1, "big")
    fwid = bytes.fromhex("302d0609608648016503040201" "0420") + label_bytes("monitor image")
    flags = bytes.fromhex("87020410" if debug else "870100")
    tcb = b"\x83" + bytes([len(svn)]) + svn + b"\xa6\x2f" + fwid + flags + b"\x89" + bytes([len(component)]) + component
    epoch_bytes = epoch.to_bytes(epoch.bit_length() // 8 + 1, "big")
    epoch_value = epoch_value or b"\x02" + bytes([len(epoch_bytes)]) + epoch_bytes
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ueid().hex(), _validate=False)])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "attestation"),
                         x509.NameAttribute(NameOID.SERIAL_NUMBER, key_digest[:16].hex())])
    usage = dict.fromkeys(["content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                           "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"], False)
    builder = x509.CertificateBuilder().issuer_name(name).subject_name(subject)
    builder = builder.public_key(private_key(curve_key).public_key()).serial_number(int.from_bytes(serial, "big"))
    builder = builder.not_valid_before(datetime.datetime(2026, 1, 1))
    builder = builder.not_valid_after(not_after or datetime.datetime(9999, 12, 31, 23, 59, 59))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ObjectIdentifier("2.23.133.5.4.100.9")]), critical=False)
    builder = builder.add_extension(x509.UnrecognizedExtension(
        ObjectIdentifier("2.23.133.5.4.1"), b"\x30" + bytes([len(tcb)]) + tcb), critical=False)
    builder = builder.add_extension(x509.UnrecognizedExtension(ObjectIdentifier(EPOCH_OID), epoch_value), critical=True)
    return builder.sign(private_key(signer), hashes.SHA256()).public_bytes(Encoding.DER)


def flip_last(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def spoil(data):
    """The mutations that every codec must refuse with the same codes."""
    return [("bad-truncated", data[:-1], "CBOR_TRUNCATED", "last byte missing"),
            ("bad-trailing", data + b"\x00", "CBOR_TRAILING", "one byte too many"),
            ("bad-empty", b"", "CBOR_TRUNCATED", "no bytes at all")]
