"""Patches read and applied by another implementation than the product's, from docs/protocol/patch.md."""
import hashlib
import lzma
import struct

FILTERS = [{"id": lzma.FILTER_LZMA1, "lc": 0, "lp": 0, "pb": 0, "dict_size": 4096}]


class Head:
    """What stands before the stream."""

    def __init__(self, patch):
        magic, keyset_size, manifest_size = struct.unpack_from(">4sII", patch)
        assert magic == b"SPAT"
        at = 12
        self.keyset, at = patch[at:at + keyset_size], at + keyset_size
        self.manifest, at = patch[at:at + manifest_size], at + manifest_size
        self.base_size, base_digest, self.image_size, file_digest = struct.unpack_from(">I32sI32s", patch, at)
        self.base_digest, self.file_digest = base_digest.hex(), file_digest.hex()
        self.stream = patch[at + 72:]


def numbers(data, at):
    """Three numbers, and where they end."""
    values = []
    for _ in range(3):
        value = shift = 0
        while True:
            byte, at = data[at], at + 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        values.append(value)
    return values, at


def apply(patch, base):
    """The new image."""
    head = Head(patch)
    assert (head.base_size, head.base_digest) == (len(base), hashlib.sha256(base).hexdigest())
    decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=FILTERS)
    data = decoder.decompress(head.stream)
    assert decoder.eof and not decoder.unused_data
    image, at, place = b"", 0, 0
    while at < len(data):
        (seek, add, copy), at = numbers(data, at)
        assert add + copy > 0
        place += -(seek + 1 >> 1) if seek & 1 else seek >> 1
        assert 0 <= place <= len(base) - add
        image += bytes((old + new) & 0xFF for old, new in zip(base[place:place + add], data[at:at + add]))
        place, at = place + add, at + add
        image, at = image + data[at:at + copy], at + copy
    assert len(image) == head.image_size
    return image
