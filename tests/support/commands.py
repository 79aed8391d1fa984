"""Operator commands (docs/protocol/operator-api.md), made without the project's own code."""
import base64
import hashlib
import secrets
import time

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_pem_private_key

CONTENT_TYPE = "application/sopris-operator-command+cbor"


def sign_command(key_pem, path, body, method="POST", age_s=0, signer_pem=None):
    """The command of an operator for one request, as bytes. signer_pem: signs instead of the key that is named."""
    key = load_pem_private_key(key_pem.encode(), None)
    signer = load_pem_private_key(signer_pem.encode(), None) if signer_pem else key
    numbers = key.public_key().public_numbers()
    protected = cbor2.dumps({1: -7, 3: CONTENT_TYPE,
                             4: numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")})
    payload = cbor2.dumps({1: f"{method} {path}", 2: hashlib.sha256(body).digest(), 3: int(time.time()) - age_s,
                           4: secrets.token_bytes(16)})
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    r, s = utils.decode_dss_signature(signer.sign(signed, ec.ECDSA(hashes.SHA256())))
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, r.to_bytes(32, "big") + s.to_bytes(32, "big")]))


def header(command):
    return {"Sopris-Command": base64.urlsafe_b64encode(command).rstrip(b"=").decode()}
