"""Seconds and bytes of an update of base on the emulated board, whole and by patch: from the check-in that offers it to the
line that says that the monitor has verified it."""
import tempfile
import time

from bench import history
from tests.device.workshop import Workshop
from tests.support.service import wait_until

LINES = {False: r"agent: update of base to 2: (\d+) of \1 bytes, finished", True: "bytes stood, patched"}


def patches(workshop):
    return [path for path in (workshop.home / "service/images").iterdir() if path.read_bytes()[:4] == b"SPAT"]


def update(older, newer, by_patch):
    """(seconds, bytes fetched)"""
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(folder)
        try:
            port = workshop.start_service()
            old = workshop.image("base", older, name="old")
            workshop.new_board("board", base=old)
            workshop.sopris("release", "add", old)
            if by_patch:
                workshop.sopris("image", "publish", old)
            image = workshop.publish("base", newer, 2)
            workshop.sopris("rollout", "start", "--component", "base", "--sequence", "2")
            assert not by_patch or wait_until(lambda: patches(workshop))
            size = (patches(workshop)[0] if by_patch else image).stat().st_size
            board = workshop.run_board("board", port)
            board.wait_line(r"agent: checked in")
            start = time.monotonic()
            board.wait_line(LINES[by_patch], 120)
            board.wait_line(LINES[False], 120)
            return time.monotonic() - start, size
        finally:
            workshop.close()


def measure(root):
    _, older, newer = next(pair for pair in history.pairs(root) if pair[0].startswith("base, 4 "))
    rows = []
    for by_patch in (False, True):
        seconds, size = update(older, newer, by_patch)
        name = "by patch" if by_patch else "whole"
        rows.append((f"base, 4 commits, {name}: bytes of the file", f"{size:,}", "bytes", ""))
        rows.append((f"base, 4 commits, {name}: fetched, written, verified", f"{seconds:.1f}", "s",
                     "emulated board, service on the same machine"))
    return rows
