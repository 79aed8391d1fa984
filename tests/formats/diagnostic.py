#!/usr/bin/env python3
"""Diagnostic notation (RFC 8949 8) of a vector, for the examples in docs/protocol; with --write it renews them.

Byte strings that wrap CBOR are shown as << >>, long ones are cut: h'0102030405060708'...
"""
import argparse
import json
import pathlib
import re
import sys

import cbor2

from support import ROOT, VECTORS, item_end

DOCS = ROOT / "docs" / "protocol"
EXAMPLE = re.compile(r"<!-- example: (\S+) -->\n```\n.*?```\n", re.DOTALL)


def wraps_cbor(data):
    try:
        return len(data) > 1 and data[0] >> 5 in (4, 5, 6) and item_end(data, 0) == len(data)
    except ValueError:
        return False


def notation(value, depth=0):
    indent = "  " * (depth + 1)
    if isinstance(value, bytes):
        if wraps_cbor(value):
            return f"<< {notation(cbor2.loads(value), depth)} >>"
        if value and value.isascii() and value.decode().isprintable():
            return f"'{value.decode()}'"
        return f"h'{value.hex()}'" if len(value) <= 8 else f"h'{value[:8].hex()}'..."
    if isinstance(value, cbor2.CBORTag):
        return f"{value.tag}({notation(value.value, depth)})"
    if isinstance(value, (list, tuple)):
        inner = [notation(item, depth + 1) for item in value]
    elif isinstance(value, dict):
        inner = [f"{notation(key, depth + 1)}: {notation(item, depth + 1)}" for key, item in value.items()]
    else:
        return json.dumps(value, ensure_ascii=False)
    marks = "{}" if isinstance(value, dict) else "[]"
    line = marks[0] + ", ".join(inner) + marks[1]
    if "\n" not in line and len(line) + 2 * depth <= 100:
        return line
    return f"{marks[0]}\n{indent}" + f",\n{indent}".join(inner) + f"\n{'  ' * depth}{marks[1]}"


def renewed(text):
    """The document with each example made anew from its vector."""
    def block(match):
        value = cbor2.loads((VECTORS / match[1]).read_bytes())
        return f"<!-- example: {match[1]} -->\n```\n{notation(value)}\n```\n"
    return EXAMPLE.sub(block, text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vector", nargs="?", type=pathlib.Path)
    parser.add_argument("--write", action="store_true", help="renew the examples in docs/protocol")
    options = parser.parse_args()
    if options.vector:
        print(notation(cbor2.loads(options.vector.read_bytes())))
    if options.write:
        for path in sorted(DOCS.glob("*.md")):
            text = path.read_text(encoding="utf-8")
            path.write_text(renewed(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
