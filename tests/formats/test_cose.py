"""Signed objects and CBOR, read by python3-cbor2 and verified by python3-cryptography."""
import hashlib

import cbor2
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from support import good, item_end, vectors

CONTENT_TYPES = {"cose": "application/sopris-keyset+cbor", "keyset": "application/sopris-keyset+cbor",
                 "voucher": "application/sopris-voucher+cbor", "answer": "application/sopris-answer+cbor",
                 "evidence": "application/eat+cwt"}


def public_key(raw):
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + raw)


def verify(raw_key, signature, message):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    public_key(raw_key).verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))


def verify_sign1(data, payload=None):
    tagged = cbor2.loads(data)
    protected, unprotected, attached, signature = tagged.value
    header = cbor2.loads(protected)
    assert tagged.tag == 18 and unprotected == {} and header[1] == -7
    payload = attached if payload is None else payload
    verify(header[4], signature, cbor2.dumps(["Signature1", protected, b"", payload]))
    return header, payload


@pytest.mark.parametrize("codec", CONTENT_TYPES)
def test_sign1(codec):
    for path in good(codec):
        header, payload = verify_sign1(path.read_bytes())
        assert header[3] == CONTENT_TYPES[codec] and set(header) == {1, 3, 4}
        assert item_end(payload, 0) == len(payload)


@pytest.mark.parametrize("codec", CONTENT_TYPES)
def test_forged_sign1(codec):
    """The vectors that our code refuses for their signature are refused here too."""
    forged = [path for path, answer in vectors(codec) if answer.endswith("_SIGNATURE")]
    assert forged
    for path in forged:
        with pytest.raises(InvalidSignature):
            verify_sign1(path.read_bytes())


@pytest.mark.parametrize("codec", ["cbor", "cose", "keyset", "voucher", "manifest", "evidence", "answer", "request",
                                   "rest", "response", "problem", "claim"])
def test_deterministic(codec):
    for path in good(codec):
        data = path.read_bytes()
        assert item_end(data, 0) == len(data), path
    for path, answer in vectors(codec):
        if answer == "CBOR_TRAILING":
            data = path.read_bytes()
            assert item_end(data, 0) == len(data) - 1
        if codec == "cbor" and answer in ("CBOR_NOT_CANONICAL", "CBOR_TRUNCATED"):
            with pytest.raises(ValueError):
                item_end(path.read_bytes(), 0)


def test_manifest():
    for path in good("manifest"):
        envelope = cbor2.loads(path.read_bytes())
        assert envelope.tag == 107 and set(envelope.value) == {2, 3}
        digest, block = cbor2.loads(envelope.value[2])
        assert cbor2.loads(digest) == [-16, hashlib.sha256(cbor2.dumps(envelope.value[3])).digest()]
        header, _ = verify_sign1(block, payload=digest)
        assert set(header) == {1, 4}
        manifest = cbor2.loads(envelope.value[3])
        assert manifest[1] == 1
        common = cbor2.loads(manifest[3])
        directive, parameters, *conditions = cbor2.loads(common[4])
        assert directive == 20 and set(parameters) == {1, 2, 3, 14} and conditions == [1, 15, 2, 15]


def test_manifest_digest_is_the_draft_s():
    """Example 0 of draft-ietf-suit-manifest: the digest covers the byte string with its head."""
    image = bytes.fromhex("00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210")
    parameters = {1: bytes.fromhex("fa6b4a53d5ad5fdfbe9de663e4d41ffe"),
                  2: bytes.fromhex("1492af1425695e48bf429b2d51f2ab45"), 3: cbor2.dumps([-16, image]), 14: 34768}
    shared = cbor2.dumps([20, parameters, 1, 15, 2, 15])
    common = cbor2.dumps({2: [[b"\0"]], 4: shared})
    manifest = cbor2.dumps({1: 1, 2: 0, 3: common, 7: cbor2.dumps([3, 15]), 9: cbor2.dumps([23, 2])})
    expected = "6658ea560262696dd1f13b782239a064da7c6c5cbaf52fded428a6fc83c7e5af"
    assert hashlib.sha256(cbor2.dumps(manifest)).hexdigest() == expected


def test_evidence_claims():
    for path in good("evidence"):
        claims = cbor2.loads(cbor2.loads(path.read_bytes()).value[2])
        key = claims[8][1]
        assert public_key(key[-2] + key[-3])
        assert claims[256][0] == 1 and len(claims[256]) == 33
        assert [content_format for content_format, _ in claims[273]] == [65001] * len(claims[273])
