"""Keys, deterministic CBOR and signed objects for generate.py, without the project's own code."""
import hashlib

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def sha256(data):
    return hashlib.sha256(data).digest()


def label_bytes(label, size=32):
    return sha256(label.encode())[:size]


def private_key(label):
    return ec.derive_private_key(int.from_bytes(sha256(b"key " + label.encode()), "big") % ORDER, ec.SECP256R1())


def raw_public(label):
    numbers = private_key(label).public_key().public_numbers()
    return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def raw_signature(label, data):
    r, s = utils.decode_dss_signature(private_key(label).sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def ueid(label="DeviceID"):
    return b"\x01" + sha256(raw_public(label))


class Raw:
    """Bytes that are an encoded item already."""

    def __init__(self, data):
        self.data = data


def encode(value):
    """cbor2, but with Raw items left as they are; maps keep the order that is written here."""
    if isinstance(value, Raw):
        return value.data
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(encode(key) + encode(item) for key, item in value.items())
    if isinstance(value, Pairs):
        return head(5, len(value.pairs)) + b"".join(encode(key) + encode(item) for key, item in value.pairs)
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(encode(item) for item in value)
    if isinstance(value, cbor2.CBORTag):
        return head(6, value.tag) + encode(value.value)
    return cbor2.dumps(value)


class Pairs:
    """A map whose keys may repeat or stand in any order."""

    def __init__(self, *pairs):
        self.pairs = pairs


def head(major, value):
    start = cbor2.dumps(value)
    return bytes([start[0] | major << 5]) + start[1:]


def sign1(content_type, signer, payload, *, protected=None, unprotected=None, kid=None, tag=18, signature=None):
    if protected is None:
        protected = {1: -7}
        if content_type is not None:
            protected[3] = content_type
        protected[4] = kid or raw_public(signer)
    protected = encode(protected)
    signature = signature or raw_signature(signer, encode(["Signature1", protected, b"", payload]))
    return encode(cbor2.CBORTag(tag, [protected, unprotected or {}, None if content_type is None else payload,
                                      signature]))
