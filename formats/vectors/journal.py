"""Vectors of the revocation journal, written from docs/protocol/revocation.md."""
import hashlib
import struct

from primitives import ueid


def journal_entry(*, magic=b"RVK1", kind=2, number=1, time=1795343400, device=None, epoch=2, reason=1, zero=0,
                  link=None):
    head = (magic + struct.pack(">BQQ", kind, number, time) + (device or ueid("DeviceID")) +
            struct.pack(">IIH", epoch, reason, zero))
    return head + (link or hashlib.sha256(bytes(32) + head).digest())


def revocation_vectors():
    good = journal_entry()
    yield "good", good, "OK", "an order, the first entry of a journal"
    yield "good-epoch", journal_entry(kind=1, reason=0), "OK", "an epoch that the device has proved"
    yield "good-quarantine", journal_entry(kind=3, epoch=0, reason=7), "OK", "quarantine"
    yield "bad-truncated", good[:-1], "REVOCATION_STRUCTURE", "last byte missing"
    yield "bad-trailing", good + b"\0", "REVOCATION_STRUCTURE", "one byte too many"
    yield "bad-empty", b"", "REVOCATION_STRUCTURE", "no bytes at all"
    yield "bad-magic", journal_entry(magic=b"RVK2"), "REVOCATION_STRUCTURE", "another magic"
    yield "bad-kind", journal_entry(kind=5), "REVOCATION_STRUCTURE", "unknown kind"
    yield "bad-device", journal_entry(device=b"\2" + ueid("DeviceID")[1:]), "REVOCATION_STRUCTURE", "UEID of another type"
    yield "bad-no-epoch", journal_entry(epoch=0), "REVOCATION_STRUCTURE", "an order to no epoch"
    yield "bad-epoch", journal_entry(kind=4), "REVOCATION_STRUCTURE", "an epoch where none belongs"
    yield "bad-zero", journal_entry(zero=1), "REVOCATION_STRUCTURE", "reserved bytes set"
    yield "bad-number", journal_entry(number=2), "REVOCATION_CHAIN", "the second entry without the first"
    yield "bad-link", journal_entry(link=bytes(32)), "REVOCATION_CHAIN", "another link"
