"""Measures sizes, instructions and service speed, and prints one table with machine and commit on it.

Figures that wander with the machine's mood are printed beside a peer that was measured in the same run, so that the
ratio can be quoted."""
import argparse
import pathlib
import platform
import subprocess

from bench import boot, calls, downloads, patches, service, sizes, updates

ROOT = pathlib.Path(__file__).resolve().parent.parent
PARTS = {"sizes": sizes.measure, "boot": boot.measure, "calls": calls.measure, "service": service.measure,
         "patches": patches.measure, "updates": updates.measure,
         "downloads": downloads.measure}


def machine():
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    cores = subprocess.check_output(["nproc"], text=True).strip()
    return f"{model}, {cores} cores, {platform.system()} {platform.release()}"


def commit():
    head = subprocess.check_output(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], text=True).strip()
    dirty = subprocess.check_output(["git", "-C", str(ROOT), "status", "--porcelain"], text=True).strip()
    return head + (" with uncommitted changes" if dirty else "")


def print_rows(title, rows):
    """rows: (what, value, unit, aim); value and aim are printed as they are, '' where there is none."""
    print(f"\n{title}")
    for what, value, unit, aim in rows:
        print(f"  {what:<58} {value:>14} {unit:<12} {aim}".rstrip(), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"which of {', '.join(PARTS)}; all by default")
    arguments = parser.parse_args()
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; choose from {', '.join(PARTS)}")
    print(f"machine  {machine()}\ncommit   {commit()}")
    for name, measure in PARTS.items():
        if not arguments.parts or name in arguments.parts:
            print_rows(name, measure(ROOT))


if __name__ == "__main__":
    main()
