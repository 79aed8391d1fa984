"""Sizes of patches beside bsdiff, xdelta3 and zstd --patch-from, on our own images and on real firmware, and the memory
that applying them takes."""
import json
import pathlib
import subprocess
import tempfile

from bench import firmware, history

MEMORY_AIM = 16 * 1024


def ours(root, older, newer):
    return json.loads(subprocess.check_output([root / "build/host/bench/patch_size", older, newer], text=True))


def peers(older, newer, out):
    """{name: (command that makes the patch, command that applies it)}; out gets the patch."""
    made = out.with_suffix(".made")
    return {
        "bsdiff": (["bsdiff", older, newer, out], ["bspatch", older, made, out]),
        "xdelta3": (["xdelta3", "-9", "-S", "lzma", "-A", "-f", "-e", "-s", older, newer, out],
                    ["xdelta3", "-f", "-d", "-s", older, out, made]),
        "zstd": (["zstd", "-q", "-f", "--ultra", "-22", "--single-thread", "--patch-from", older, newer, "-o", out],
                 ["zstd", "-q", "-f", "-d", "--patch-from", older, out, "-o", made]),
    }


def run(command, folder):
    """Largest resident size of the process, in KiB. By a small program: what starts a process counts until it runs."""
    usage = folder / "usage"
    subprocess.run(["/usr/bin/time", "-f", "%M", "-o", usage, *map(str, command)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return int(usage.read_text())


def compare(root, older, newer, memory):
    """"ours / bsdiff / xdelta3 / zstd"; memory[name] gets what applying took, in KiB."""
    result = ours(root, older, newer)
    memory["ours"] = result["memory"]
    sizes = [result["bytes"]]
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        out = folder / "patch"
        for name, (make, apply) in peers(older, newer, out).items():
            run(make, folder)
            sizes.append(out.stat().st_size)
            memory[name] = max(memory.get(name, 0), run(apply, folder))
            if out.with_suffix(".made").read_bytes() != pathlib.Path(newer).read_bytes():
                raise SystemExit(f"{name} does not make the image")
    return " / ".join(f"{size:,}" for size in sizes)


def measure(root):
    memory = {}
    rows = []
    for title, older, newer in history.pairs(root) + firmware.pairs(root):
        size = pathlib.Path(newer).stat().st_size
        rows.append((f"{title}, {size:,} bytes", compare(root, older, newer, memory), "bytes",
                     "" if rows else "ours / bsdiff / xdelta3 / zstd"))
    if memory["ours"] > MEMORY_AIM:
        raise SystemExit(f"the decoder takes {memory['ours']} bytes; it must never take more than {MEMORY_AIM}")
    rows.append(("our decoder: memory", f"{memory['ours']:,}", "bytes", f"never over {MEMORY_AIM:,}"))
    peers_memory = " / ".join(f"{memory[name] * 1024:,}" for name in ("bsdiff", "xdelta3", "zstd"))
    rows.append(("bspatch / xdelta3 / zstd: largest resident size", peers_memory, "bytes", "libc and base image included"))
    return rows
