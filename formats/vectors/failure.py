"""Failure reports, for generate.py."""
from messages import spoil
from primitives import encode, label_bytes


def failure_record(**change):
    fields = {1: 7, 2: 12, 3: 3599, 4: 5, 5: 3, 6: 42, 7: label_bytes("image 3"), 8: 8, 9: "thermostat", 10: 0x82,
              11: 0x28061234, 12: 0x28061201, 13: 0x20000000, 14: 3, 15: 0}
    return fields | {int(key[1:]): value for key, value in change.items()}


def failure_report(*records, log=0x5EED1234):
    return {1: log, 2: list(records) or [failure_record(), failure_record(_1=9, _4=6, _5=2, _8=1, _9="agent", _15=2)]}


def failure_vectors():
    good = encode(failure_report())
    yield "good", good, "OK", "a fault of an app that came three times, an undeclared use"
    longest = failure_record(_2=2**32 - 1, _3=2**32 - 1, _4=255, _6=2**32 - 1, _8=255, _9="a" * 15, _10=2**32 - 1,
                             _11=2**32 - 1, _12=2**32 - 1, _13=2**32 - 1, _14=65535, _15=65535)
    numbers = range(2**32 - 16, 2**32)
    yield ("good-longest", encode(failure_report(*[longest | {1: number} for number in numbers], log=2**32 - 1)), "OK",
           "sixteen of the longest records")
    yield "good-no-name", encode(failure_report(failure_record(_9=""), log=0)), "OK", "a compartment without a name"
    yield from spoil(good)
    yield "bad-no-record", encode({1: 1, 2: []}), "FAILURE_STRUCTURE", "no record"
    yield ("bad-records", encode(failure_report(*[failure_record(_1=number) for number in range(1, 18)])), "FAILURE_STRUCTURE",
           "seventeen records")
    yield ("bad-order", encode(failure_report(failure_record(_1=2), failure_record(_1=1))), "FAILURE_STRUCTURE",
           "numbers descend")
    yield "bad-twice", encode(failure_report(failure_record(), failure_record())), "FAILURE_STRUCTURE", "a number twice"
    for name, change, text in [
            ("number-zero", {"_1": 0}, "number 0"),
            ("kind-zero", {"_4": 0}, "kind 0"),
            ("component", {"_5": 4}, "component 4"),
            ("short-digest", {"_7": b"\0" * 31}, "digest of 31 bytes"),
            ("compartment", {"_8": 256}, "compartment above 8 bits"),
            ("name-long", {"_9": "a" * 16}, "name of 16 bytes"),
            ("name-upper", {"_9": "Agent"}, "capital letter in a name"),
            ("name-escape", {"_9": "\x1b[2J"}, "escape sequence in a name"),
            ("cause-wide", {"_10": 2**32}, "cause above 32 bits"),
            ("count-zero", {"_14": 0}, "count 0"),
            ("count-wide", {"_14": 65536}, "count above 16 bits"),
            ("extra", {"_16": 0}, "unknown label 16")]:
        yield "bad-" + name, encode(failure_report(failure_record(**change))), "FAILURE_STRUCTURE", text
