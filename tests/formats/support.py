"""The vectors, and a CBOR reader that checks what python3-cbor2 does not: that the encoding is deterministic."""
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = ROOT / "formats" / "vectors"


def vectors(codec, expected=None):
    """(path, expected) of a codec's vectors in index.txt."""
    found = []
    for line in (VECTORS / "index.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, answer, _ = line.split(" ", 2)
        if name.split("/")[0] == codec and expected in (None, answer):
            found.append((VECTORS / name, answer))
    assert found, f"no vectors for {codec}"
    return found


def good(codec):
    return [path for path, _ in vectors(codec, "OK")]


def item_end(data, position):
    """Offset behind the item at position; raises ValueError unless it is deterministic (RFC 8949 4.2.1)."""
    if position >= len(data):
        raise ValueError("ends in the middle")
    major, info = data[position] >> 5, data[position] & 31
    position += 1
    value = info
    if info >= 24:
        size = 1 << (info - 24)
        if info > 27 or position + size > len(data):
            raise ValueError("head")
        value = int.from_bytes(data[position:position + size], "big")
        if value < 24 if size == 1 else value >> (4 * size) == 0:
            raise ValueError("not the shortest head")
        position += size
    if major in (2, 3):
        if position + value > len(data):
            raise ValueError("ends in the middle of a string")
        return position + value
    if major in (4, 6):
        for _ in range(value if major == 4 else 1):
            position = item_end(data, position)
    if major == 5:
        previous = b""
        for _ in range(value):
            end = item_end(data, position)
            key = data[position:end]
            if key <= previous:
                raise ValueError("keys do not ascend")
            previous = key
            position = item_end(data, end)
    return position
