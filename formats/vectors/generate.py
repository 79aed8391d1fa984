#!/usr/bin/env python3
"""Makes the test vectors: formats/vectors/<codec>/<name>.bin and index.txt.

An implementation of the formats of its own (python3-cbor2, python3-cryptography), written from docs/protocol and not
from the C code: the C codecs must read and verify what is made here and write the same bytes again. Signatures are
random, so a new run changes the files; run it only when a format changes.
"""
import base64
import datetime
import pathlib
import sys

import cbor2

from failure import failure_report, failure_vectors
from journal import revocation_vectors
from messages import (certificate, command, envelope, EVIDENCE, evidence, flip_last, KEYSET, keyset, measurement,
                      rest, signed_answer, signed_command, signed_evidence, signed_keyset, spoil, suit_digest,
                      suit_manifest, VOUCHER, voucher)
from primitives import Pairs, Raw, encode, label_bytes, raw_public, sha256, sign1, ueid

HERE = pathlib.Path(__file__).resolve().parent


def cbor_vectors():
    long_text = "a" * 24
    good = encode({1: [0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1], 2: [-1, -24, -25, -2**63],
                   24: b"\x00" * 24, "é": [True, False, None], long_text: cbor2.CBORTag(107, {})})
    yield "good", good, "OK", "every type and every length of a head"
    yield from spoil(good)
    for name, data, error, text in [
            ("longer-head", "1817", "CBOR_NOT_CANONICAL", "23 in two bytes"),
            ("indefinite", "9f00ff", "CBOR_NOT_CANONICAL", "array of indefinite length"),
            ("repeated-key", "a201000100", "CBOR_NOT_CANONICAL", "key 1 twice"),
            ("key-order", "a202000100", "CBOR_NOT_CANONICAL", "key 2 before key 1"),
            ("float", "f93c00", "CBOR_TYPE", "half-precision float"),
            ("undefined", "f7", "CBOR_TYPE", "undefined"),
            ("huge-length", "5bffffffffffffffff", "CBOR_TRUNCATED", "byte string of 2^64-1 bytes"),
            ("huge-array", "9bffffffffffffffff", "CBOR_RANGE", "array of 2^64-1 items"),
            ("too-deep", "81" * 9 + "00", "CBOR_RANGE", "nine levels"),
            ("utf8-overlong", "62c1a1", "CBOR_RANGE", "overlong UTF-8"),
            ("control-character", "611b", "CBOR_RANGE", "escape character in a text")]:
        yield "bad-" + name, bytes.fromhex(data), error, text


def cose_vectors():
    payload = encode({1: 2})
    good = sign1(KEYSET, "maker root", payload)
    kid = raw_public("maker root")
    yield "good", good, "OK", "content type of a key set"
    yield from spoil(good)
    yield "bad-signature", flip_last(good), "COSE_SIGNATURE", "last bit of the signature"
    yield "bad-signer", sign1(KEYSET, "owner root", payload, kid=kid), "COSE_SIGNATURE", "signed by another key"
    yield "bad-tag", sign1(KEYSET, "maker root", payload, tag=98), "COSE_STRUCTURE", "COSE_Sign"
    yield ("bad-unprotected", sign1(KEYSET, "maker root", payload, unprotected={4: b"1"}), "COSE_STRUCTURE",
           "something in the unprotected header")
    for name, protected, error, text in [
            ("algorithm", {1: -35, 3: KEYSET, 4: kid}, "COSE_ALGORITHM", "ES384"),
            ("no-algorithm", {3: KEYSET, 4: kid}, "COSE_STRUCTURE", "no algorithm"),
            ("content-type", {1: -7, 3: VOUCHER, 4: kid}, "COSE_CONTENT_TYPE", "voucher where a key set is due"),
            ("critical", {1: -7, 2: [3], 3: KEYSET, 4: kid}, "COSE_STRUCTURE", "header parameter crit"),
            ("short-kid", {1: -7, 3: KEYSET, 4: kid[:32]}, "COSE_STRUCTURE", "kid of 32 bytes"),
            ("order", Pairs((3, KEYSET), (1, -7), (4, kid)), "COSE_STRUCTURE", "content type before algorithm"),
            ("repeated", Pairs((1, -7), (1, -7), (4, kid)), "COSE_STRUCTURE", "algorithm twice")]:
        yield "bad-" + name, sign1(KEYSET, "maker root", payload, protected=protected), error, text


def keyset_vectors():
    good = signed_keyset()
    yield "good", good, "OK", "two release keys, floors for monitor and base"
    yield "good-one-key", signed_keyset(_2=1, _3=[raw_public("release key")], _4={}), "OK", "one key, no floor"
    yield from spoil(good)
    yield "bad-signature", flip_last(good), "KEYSET_SIGNATURE", "last bit of the signature"
    yield "bad-root", signed_keyset("owner root"), "KEYSET_ROOT", "signed by the owner root"
    yield "bad-kind", signed_keyset(_1=3), "KEYSET_KIND", "control set where a release set is due"
    for name, change, text in [
            ("no-keys", {"_3": []}, "no key"),
            ("five-keys", {"_3": [raw_public("release key")] * 5}, "more keys than the limit"),
            ("short-key", {"_3": [raw_public("release key")[:63]]}, "key of 63 bytes"),
            ("kind-zero", {"_1": 0}, "kind 0"),
            ("kind-four", {"_1": 4}, "kind 4"),
            ("generation-zero", {"_2": 0}, "generation 0"),
            ("generation-wide", {"_2": 2**32}, "generation above 32 bits"),
            ("floor-zero", {"_4": {1: 0}}, "a floor of zero, which is said by leaving it out"),
            ("floor-unknown", {"_4": {4: 1}}, "component 4"),
            ("floor-repeated", {"_4": Pairs((1, 1), (1, 1))}, "monitor twice"),
            ("floor-order", {"_4": Pairs((2, 1), (1, 1))}, "base before monitor"),
            ("extra", {"_5": 0}, "unknown label 5")]:
        yield "bad-" + name, signed_keyset(**change), "KEYSET_STRUCTURE", text
    longer = sign1(KEYSET, "maker root", encode(keyset(_2=Raw(bytes.fromhex("1a0000012c")))))
    yield "bad-longer-head", longer, "CBOR_NOT_CANONICAL", "generation in more bytes than needed"


def voucher_vectors():
    def signed(**change):
        return sign1(VOUCHER, "maker root", encode(voucher(**change)))
    good = signed()
    yield "good", good, "OK", "one device"
    yield "good-batch", signed(_3="service.example.org", _5="2026-11"), "OK", "a batch, a host name"
    yield from spoil(good)
    yield "bad-signature", flip_last(good), "VOUCHER_SIGNATURE", "last bit of the signature"
    yield "bad-content-type", sign1(KEYSET, "maker root", encode(voucher())), "COSE_CONTENT_TYPE", "typed as key set"
    for name, change, text in [
            ("generation-zero", {"_1": 0}, "generation 0"),
            ("port-zero", {"_4": 0}, "port 0"),
            ("port-wide", {"_4": 65536}, "port above 65535"),
            ("host-empty", {"_3": ""}, "no host"),
            ("host-long", {"_3": "a" * 65}, "host of 65 characters"),
            ("host-path", {"_3": "host/path"}, "host with a slash"),
            ("host-space", {"_3": "host name"}, "host with a space"),
            ("batch-empty", {"_5": ""}, "empty batch"),
            ("batch-long", {"_5": "a" * 17}, "batch of 17 characters"),
            ("batch-unicode", {"_5": "é"}, "batch outside ASCII"),
            ("short-ueid", {"_5": ueid()[:32]}, "UEID of 32 bytes"),
            ("extra", {"_6": 0}, "unknown label 6")]:
        yield "bad-" + name, signed(**change), "VOUCHER_STRUCTURE", text


def manifest_vectors():
    good = envelope(suit_manifest())
    yield "good", good, "OK", "a monitor"
    yield "good-app", envelope(suit_manifest(component=b"app", version="ü" * 16, sequence=2**32 - 1)), "OK", "an app"
    yield from spoil(good)
    other = suit_digest(b"other")
    yield "bad-digest", envelope(suit_manifest(), digest=other), "MANIFEST_DIGEST", "signed digest of something else"
    yield "bad-unsigned", envelope(suit_manifest(), unsigned=True), "MANIFEST_UNSIGNED", "digest without signature"
    forged = envelope(suit_manifest(), signer="stranger", kid=raw_public("release key"))
    yield "bad-signature", forged, "MANIFEST_SIGNATURE", "names the release key, signed by a stranger"
    parameters = {1: label_bytes("vendor", 16), 2: label_bytes("class", 16), 3: suit_digest(b"image"), 14: 34768}
    bare_digest = encode(encode(sha256(b"image")))
    for name, bad, text in [
            ("tag", envelope(suit_manifest(), tag=1070), "tag of a bare manifest"),
            ("version", envelope(suit_manifest(manifest_version=2)), "manifest version 2"),
            ("component", envelope(suit_manifest(component=b"kernel")), "unknown component"),
            ("component-nul", envelope(suit_manifest(component=b"app\0")), "component name with a zero byte"),
            ("text-component", envelope(suit_manifest(text_component=b"base")), "text of another component"),
            ("language", envelope(suit_manifest(language="de")), "text in another language"),
            ("version-long", envelope(suit_manifest(version="1" * 33)), "version of 33 bytes"),
            ("policy", envelope(suit_manifest(policy=0)), "another reporting policy"),
            ("sequence-wide", envelope(suit_manifest(sequence=2**32)), "sequence number above 32 bits"),
            ("uri", envelope(suit_manifest(parameters=parameters | {21: "http://x"})), "a URI"),
            ("no-size", envelope(suit_manifest(parameters=dict(list(parameters.items())[:3]))), "no image size"),
            ("algorithm", envelope(suit_manifest(), digest=encode([-43, label_bytes("x")])), "digest named SHA-384"),
            ("install", envelope(suit_manifest(extra={24: encode([23, 15])})), "one more command sequence"),
            ("severed", envelope(suit_manifest(), severed={23: encode({})}), "a severed element"),
            ("image-digest", envelope(suit_manifest(parameters=parameters | {3: bare_digest})), "digest without its form"),
            ]:
        yield "bad-" + name, bad, "MANIFEST_STRUCTURE", text
    yield ("bad-control-character", envelope(suit_manifest(version="1\x1b[2J")), "MANIFEST_STRUCTURE",
           "escape sequence in the version")
    yield ("bad-es384", envelope(suit_manifest(), protected={1: -35, 4: raw_public("release key")}), "COSE_ALGORITHM",
           "ES384")


def evidence_vectors():
    good = signed_evidence()
    yield "good", good, "OK", "three measurements, two kinds of faults"
    yield ("good-isolated", signed_evidence(_263=0, _273=[measurement(1, 0)], _m70003=2, _m70006={}, _m70007=False),
           "OK", "debug, isolated, monitor alone, a re-hash that failed")
    yield ("good-failures", signed_evidence(_m70008=sha256(encode(failure_report()))), "OK",
           "with a failure report")
    yield from spoil(good)
    yield "bad-signature", flip_last(good), "COSE_SIGNATURE", "last bit of the signature"
    for name, change, text in [
            ("no-measurement", {"_273": []}, "no measurement"),
            ("measurement-twice", {"_273": [measurement(1, 1), measurement(1, 2)]}, "monitor twice"),
            ("measurement-order", {"_273": [measurement(2, 1), measurement(1, 2)]}, "base before monitor"),
            ("measurement-zero", {"_273": [measurement(0, 1)]}, "component 0"),
            ("measurement-format", {"_273": [[60, measurement(1, 1)[1]]]}, "another content format"),
            ("mode-zero", {"_m70003": 0}, "mode 0"),
            ("mode-four", {"_m70003": 4}, "mode 4"),
            ("dbgstat", {"_263": 1}, "a debug state outside the profile"),
            ("fault-zero", {"_m70006": {1: 0}}, "a count of zero"),
            ("fault-unknown", {"_m70006": {7: 1}}, "unknown kind of fault"),
            ("fault-repeated", {"_m70006": Pairs((1, 1), (1, 1))}, "one kind twice"),
            ("short-nonce", {"_10": b"\0" * 31}, "challenge of 31 bytes"),
            ("rehash-null", {"_m70007": None}, "null where a boolean is due"),
            ("curve", {"_8": {1: {1: 2, -1: 2, -2: bytes(32), -3: bytes(32)}}}, "operational key on P-384"),
            ("failures", {"_m70008": b"\0" * 31}, "digest of a failure report of 31 bytes"),
            ("extra", {"_m70009": label_bytes("x")}, "unknown claim")]:
        yield "bad-" + name, signed_evidence(**change), "EVIDENCE_STRUCTURE", text
    missing = evidence()
    del missing[-70004]
    yield ("bad-missing", sign1(EVIDENCE, "attestation", encode(missing)), "EVIDENCE_STRUCTURE",
           "no channel binding")


def answer_vectors():
    good = signed_answer()
    yield "good", good, "OK", "with an order"
    yield "good-no-order", signed_answer(_5=None), "OK", "without an order"
    yield from spoil(good)
    yield "bad-signature", flip_last(good), "COSE_SIGNATURE", "last bit of the signature"
    for name, change, text in [
            ("order-none", {"_5": [0, 2, 1]}, "order 0, which is said by leaving it out"),
            ("order-unknown", {"_5": [2, 2, 1]}, "unknown order"),
            ("order-short", {"_5": [1, 2]}, "order without its reason"),
            ("order-null", {"_5": Raw(b"\xf6")}, "null for an order"),
            ("short-nonce", {"_1": b"\0" * 15}, "ticket nonce of 15 bytes"),
            ("time-negative", {"_3": -1}, "time before 1970"),
            ("lifetime-wide", {"_4": 2**32}, "lifetime above 32 bits"),
            ("missing", {"_7": None}, "no next challenge"),
            ("extra", {"_8": 0}, "unknown label 8")]:
        yield "bad-" + name, signed_answer(**change), "ANSWER_STRUCTURE", text


def command_vectors():
    good = signed_command()
    yield "good", good, "OK", "an operator's command"
    yield "good-longest", signed_command(_1="POST /" + "a" * 258, _3=2**64 - 1), "OK", "longest target, last time"
    yield from spoil(good)
    yield "bad-signature", flip_last(good), "COSE_SIGNATURE", "last bit of the signature"
    yield "bad-kind", sign1(VOUCHER, "operator key", encode(command())), "COSE_CONTENT_TYPE", "signed as a voucher"
    for name, change, text in [
            ("target-long", {"_1": "POST /" + "a" * 259}, "target of 265 bytes"),
            ("target-empty", {"_1": ""}, "empty target"),
            ("target-bytes", {"_1": b"POST /"}, "target as bytes"),
            ("short-digest", {"_2": b"\0" * 31}, "digest of 31 bytes"),
            ("time-negative", {"_3": -1}, "time before 1970"),
            ("short-nonce", {"_4": b"\0" * 15}, "nonce of 15 bytes"),
            ("missing", {"_4": None}, "no nonce"),
            ("extra", {"_5": 0}, "unknown label 5")]:
        yield "bad-" + name, signed_command(**change), "OPERATOR_COMMAND", text


def command_header_vectors():
    good = base64.urlsafe_b64encode(signed_command()).rstrip(b"=")
    yield "good", good, "OK", "an operator's command in base64url"
    yield "bad-empty", b"", "CBOR_TRUNCATED", "nothing"
    for name, text, why in [("padding", good + b"=", "padding"), ("standard", good[:-1] + b"/", "standard base64"),
                            ("length", good[:len(good) // 4 * 4 + 1], "length 4n + 1"),
                            ("bits", base64.urlsafe_b64encode(signed_command()[:-2])[:-2] + b"_", "last bits not zero"),
                            ("space", good + b" ", "a space")]:
        yield "bad-" + name, text, "CBOR_NOT_CANONICAL", why


def certificate_vectors():
    good = certificate()
    yield "good", good, "OK", "sequence 42, epoch 1"
    yield "good-debug", certificate(debug=True, sequence=2**32 - 1, epoch=128), "OK", "debug; numbers with a top bit"
    for name, bad, text in [
            ("truncated", good[:-1], "last byte missing"),
            ("trailing", good + b"\x00", "one byte too many"),
            ("empty", b"", "no bytes at all"),
            ("not-after", certificate(not_after=datetime.datetime(2027, 1, 1)), "ends in 2027"),
            ("component", certificate(component=b"base"), "TcbInfo of another component"),
            ("epoch-longer", certificate(epoch_value=bytes.fromhex("02020001")), "epoch with a superfluous zero"),
            ("epoch-negative", certificate(epoch_value=bytes.fromhex("0201ff")), "negative epoch")]:
        yield "bad-" + name, bad, "IDENTITY_CERTIFICATE", text
    yield ("bad-epoch-type", certificate(epoch_value=bytes.fromhex("0c0131")), "IDENTITY_TCB_INFO",
           "epoch as a text")
    yield "bad-signature", certificate(signer="stranger"), "CRYPTO_SIGNATURE", "signed by a stranger"


def report(component=1, state=1, error=None, done=4096):
    return {1: component, 2: 43, 3: state} | ({4: error} if error is not None else {}) | {5: done}


def request_vectors():
    with_chain = encode({1: Raw(signed_evidence()), 2: [certificate(), b"DeviceID certificate"]})
    yield "good", encode({1: Raw(signed_evidence())}), "OK", "evidence alone"
    yield "good-certificates", with_chain, "OK", "with certificates"
    yield from spoil(with_chain)
    proven = Raw(signed_evidence(_m70008=sha256(encode(failure_report()))))
    yield "good-failures", encode({1: proven, 4: failure_report()}), "OK", "with a failure report"
    yield ("bad-failures-order", encode(Pairs((4, failure_report()), (1, proven))), "CHECKIN_STRUCTURE",
           "failure report before the evidence")
    yield "bad-no-certificate", encode({1: Raw(signed_evidence()), 2: []}), "CHECKIN_STRUCTURE", "empty list"
    yield "bad-empty-certificate", encode({1: Raw(b"\x00"), 2: [b""]}), "CHECKIN_STRUCTURE", "certificate of no bytes"
    yield "bad-four-certificates", encode({1: Raw(b"\x00"), 2: [b"x"] * 4}), "CHECKIN_STRUCTURE", "four certificates"
    yield "bad-no-evidence", encode({2: [b"x"]}), "CHECKIN_STRUCTURE", "no evidence"
    yield "bad-nothing", encode({}), "CHECKIN_STRUCTURE", "empty map"
    yield "good-updates", encode({1: Raw(b"\x00"), 3: [report(), report(2, 7, error=0x307), report(3, 6, error=0xB02)],
                                  6: {1: 300, 2: 2, 3: 2**32 - 1}}), "OK", "reports of three components, generations"
    yield "good-all", encode({1: Raw(b"\x00"), 2: [b"x"], 3: [report(3, 5)], 6: {1: 0, 2: 1, 3: 2}}), "OK", "all labels"
    for name, reports, text in [
            ("none", [], "no report"), ("component-4", [report(4)], "component 4"),
            ("order", [report(2), report(1)], "components descend"), ("twice", [report(2), report(2)], "a component twice"),
            ("state-0", [report(1, 0)], "state 0"), ("state-8", [report(1, 8, error=0x307)], "state 8"),
            ("code", [report(1, 7)], "refused without a code"), ("no-code", [report(1, 3, error=0x307)], "a code on trial"),
            ("code-small", [report(1, 7, error=0xFF)], "a code without a module"),
            ("code-wide", [report(1, 7, error=0x10000)], "a code over 16 bits"),
            ("sequence", [report() | {2: 2**32}], "sequence over 32 bits"),
            ("label", [report() | {6: 0}], "unknown label in a report")]:
        yield "bad-update-" + name, encode({1: Raw(b"\x00"), 3: reports}), "CHECKIN_STRUCTURE", text
    yield "bad-generations", encode({1: Raw(b"\x00"), 6: {1: 1, 3: 1}}), "CHECKIN_STRUCTURE", "a generation missing"
    endpoint = [8, 2, 502, 0x0A000264, 1]
    yield "good-endpoints", encode({1: Raw(b"\x00"), 5: [endpoint, [0, 1, 8443, 1, 0], [11, 3, 502, 0, 1]]}), "OK", "endpoints"
    for name, place, value in (("compartment", 0, 12), ("kind", 1, 4), ("port", 2, 0), ("address", 3, 0), ("used", 4, 2)):
        wrong = endpoint[:place] + [value] + endpoint[place + 1:]
        yield (f"bad-endpoint-{name}", encode({1: Raw(b"\x00"), 5: [wrong]}), "CHECKIN_STRUCTURE",
               f"{name} of an endpoint out of range")
    yield "bad-no-endpoint", encode({1: Raw(b"\x00"), 5: []}), "CHECKIN_STRUCTURE", "no endpoint in the list"
    yield "bad-label", encode({1: Raw(b"\x00"), 7: 0}), "CHECKIN_STRUCTURE", "unknown label"
    yield "bad-size", encode({1: Raw(signed_evidence()), 2: [b"x" * 4000]}), "CHECKIN_SIZE", "larger than the limit"


def offer(component=1, sequence=43, size=65536, digest=None):
    return {1: component, 2: sequence, 3: digest or sha256(b"image file"), 4: size}


def patch(size=5000):
    return {1: sha256(b"patch"), 2: size, 3: sha256(b"base image")}


def rest_vectors():
    yield "good", encode(rest()), "OK", "certificate and CA"
    yield "good-empty", encode({}), "OK", "nothing"
    yield "good-ca", encode({2: [b"CA", b"next CA"]}), "OK", "two CA certificates"
    yield from spoil(encode(rest()))
    yield "bad-order", encode(Pairs((2, [b"CA"]), (1, b"x"))), "CHECKIN_STRUCTURE", "labels out of order"
    yield "bad-unknown", encode({3: 0}), "CHECKIN_STRUCTURE", "unknown label"
    yield "bad-no-ca", encode({2: []}), "CHECKIN_STRUCTURE", "empty list"
    yield "good-failures", encode(rest() | {3: [offer()], 4: [0x5EED1234, 9]}), "OK", "acknowledges failure records"
    yield "bad-failures-zero", encode({4: [1, 0]}), "CHECKIN_STRUCTURE", "acknowledges record 0"
    yield "bad-failures-short", encode({4: [1]}), "CHECKIN_STRUCTURE", "acknowledges no record"
    yield "good-offers", encode(rest() | {3: [offer(), offer(2), offer(3, 2**32 - 1, 2**32 - 1)]}), "OK", "three offers"
    yield "good-offer", encode({3: [offer(3)]}), "OK", "one offer alone"
    control = Raw(sign1(KEYSET, "owner root", encode(keyset(_1=3, _3=[raw_public("control key")], _4={}))))
    yield "good-keyset", encode({6: [control]}), "OK", "a control key set"
    yield "good-keysets", encode(rest() | {3: [offer()], 6: [control, control]}), "OK", "all labels, two key sets"
    yield "bad-no-keyset", encode({6: []}), "CHECKIN_STRUCTURE", "no key set in the list"
    yield "bad-keysets", encode({6: [control] * 3}), "CHECKIN_STRUCTURE", "three key sets"
    yield "bad-no-offer", encode({3: []}), "CHECKIN_STRUCTURE", "no offer in the list"
    yield "bad-offers", encode({3: [offer(1), offer(2), offer(3), offer(3)]}), "CHECKIN_STRUCTURE", "four offers"
    yield "bad-offer-order", encode({3: [offer(2), offer(1)]}), "CHECKIN_STRUCTURE", "components descend"
    yield "bad-offer-twice", encode({3: [offer(2), offer(2)]}), "CHECKIN_STRUCTURE", "a component twice"
    yield "bad-offer-component-4", encode({3: [offer(4)]}), "CHECKIN_STRUCTURE", "component 4"
    yield "bad-offer-sequence", encode({3: [offer(1, 2**32)]}), "CHECKIN_STRUCTURE", "sequence over 32 bits"
    yield "bad-offer-digest", encode({3: [offer(digest=bytes(31))]}), "CHECKIN_STRUCTURE", "digest of 31 bytes"
    yield "bad-offer-size", encode({3: [offer(size=0)]}), "CHECKIN_STRUCTURE", "empty file"
    yield "bad-offer-label", encode({3: [offer() | {5: 0}]}), "CHECKIN_STRUCTURE", "no map where a patch is due"
    yield "bad-offer-label-6", encode({3: [offer() | {6: 0}]}), "CHECKIN_STRUCTURE", "unknown label in an offer"
    yield "bad-offer-short", encode({3: [{1: 1, 2: 43, 3: sha256(b"")}]}), "CHECKIN_STRUCTURE", "no size"
    yield "good-patch", encode({3: [offer(1), offer(2) | {5: patch()}]}), "OK", "an offer with a patch"
    yield "bad-patch-size", encode({3: [offer() | {5: patch(size=65536)}]}), "CHECKIN_STRUCTURE", "patch not smaller"
    yield "bad-patch-empty", encode({3: [offer() | {5: patch(size=0)}]}), "CHECKIN_STRUCTURE", "empty patch"
    yield "bad-patch-digest", encode({3: [offer() | {5: patch() | {1: bytes(31)}}]}), "CHECKIN_STRUCTURE", "31 bytes"
    yield "bad-patch-base", encode({3: [offer() | {5: {1: sha256(b"p"), 2: 9}}]}), "CHECKIN_STRUCTURE", "no base digest"
    yield "bad-patch-label", encode({3: [offer() | {5: patch() | {4: 0}}]}), "CHECKIN_STRUCTURE", "unknown label"
    yield "bad-order-offers", encode(Pairs((3, [offer()]), (2, [b"CA"]))), "CHECKIN_STRUCTURE", "offers before CA"


def response_vectors():
    good = encode({1: Raw(signed_answer()), 2: encode(rest())})
    yield "good", good, "OK", "answer and rest"
    yield from spoil(good)
    yield "bad-rest", encode({1: Raw(signed_answer()), 2: rest()}), "CHECKIN_STRUCTURE", "rest not wrapped"
    yield "bad-no-answer", encode({2: encode(rest())}), "CHECKIN_STRUCTURE", "no answer"


def problem_vectors():
    good = encode({-1: "EVIDENCE_CHALLENGE", -2: "check in again", -70001: label_bytes("challenge"), -70002: 0x604})
    yield "good", good, "OK", "with the next challenge"
    yield "good-no-challenge", encode({-1: "CHECKIN_SIZE", -2: "", -70002: 0x907}), "OK", "without a challenge"
    yield from spoil(good)
    yield "bad-title", encode({-1: "a" * 65, -2: "", -70002: 1}), "CHECKIN_STRUCTURE", "title of 65 bytes"
    yield "bad-detail", encode({-1: "a", -2: "\n", -70002: 1}), "CHECKIN_STRUCTURE", "line break in the detail"
    yield "bad-code", encode({-1: "a", -2: "b"}), "CHECKIN_STRUCTURE", "no code"


def claim_vectors():
    control = sign1(KEYSET, "owner root", encode(keyset(_1=3, _3=[raw_public("control key")], _4={})))
    app = sign1(KEYSET, "owner root", encode(keyset(_1=2, _3=[raw_public("app key")], _4={3: 1})))
    owner = Raw(sign1(VOUCHER, "maker root", encode(voucher())))
    good = encode({1: owner, 2: b"owner root certificate", 3: Raw(control), 4: Raw(app)})
    yield "good", good, "OK", "voucher, owner root, two key sets"
    yield from spoil(good)
    yield "bad-missing", encode({1: owner, 2: b"x", 3: Raw(control)}), "CHECKIN_STRUCTURE", "no app key set"
    yield "bad-order", encode(Pairs((1, owner), (3, Raw(control)), (2, b"x"), (4, Raw(app)))), "CHECKIN_STRUCTURE", (
        "labels out of order")


CODECS = {"cbor": cbor_vectors, "cose": cose_vectors, "keyset": keyset_vectors, "voucher": voucher_vectors,
          "manifest": manifest_vectors, "evidence": evidence_vectors, "answer": answer_vectors,
          "command": command_vectors, "command_header": command_header_vectors,
          "certificate": certificate_vectors, "request": request_vectors, "rest": rest_vectors,
          "response": response_vectors, "problem": problem_vectors, "claim": claim_vectors,
          "failure": failure_vectors, "revocation": revocation_vectors}


def make_codec(codec):
    """Writes the vectors of one codec; returns their lines of the index."""
    folder = HERE / codec
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.bin"):
        old.unlink()
    lines = []
    for name, data, error, text in CODECS[codec]():
        (folder / f"{name}.bin").write_bytes(data)
        lines.append(f"{codec}/{name}.bin {error} {text}")
    return lines


def main():
    """Makes all vectors, or those of the codecs that are named, and leaves the others as they are."""
    index = HERE / "index.txt"
    kept = index.read_text(encoding="utf-8").splitlines() if len(sys.argv) > 1 else []
    lines = ["# Made by generate.py: file, what the codec says, what the vector is."]
    for codec in CODECS:
        if kept and codec not in sys.argv[1:]:
            lines += [line for line in kept if line.startswith(codec + "/")]
        else:
            lines += make_codec(codec)
    keys = HERE / "keys"
    keys.mkdir(exist_ok=True)
    for label in ["maker root", "DeviceID"]:
        (keys / f"{label.replace(' ', '-')}.bin").write_bytes(raw_public(label))
    index.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines) - 1} vectors")


if __name__ == "__main__":
    sys.exit(main())
