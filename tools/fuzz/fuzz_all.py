#!/usr/bin/env python3
"""Runs the fuzzers of build/fuzz for as long as asked, several side by side."""
import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "fuzz"


def fuzz_tests() -> dict[str, list[str]]:
    """Name and command of each fuzzer, as Meson knows them."""
    listing = subprocess.run(["meson", "introspect", "--tests", str(BUILD)],
                             check=True, capture_output=True, text=True)
    return {test["name"]: test["cmd"] for test in json.loads(listing.stdout)}


def fuzz(name: str, command: list[str], seconds: int) -> tuple[str, int]:
    position = command.index("--seconds")
    command = command[:position + 1] + [str(seconds)] + command[position + 2:]
    with (BUILD / f"{name}.log").open("w") as log:
        status = subprocess.run(command, cwd=ROOT, stdout=log, stderr=log, check=False).returncode
    return name, status


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    tests = fuzz_tests()
    names = options.names or sorted(tests)
    if unknown := [name for name in names if name not in tests]:
        parser.error(f"no fuzzer is called {', '.join(unknown)}; there are {', '.join(sorted(tests))}")

    print(f"  {len(names)} fuzzers, {options.seconds} s each, {options.jobs} at a time", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(fuzz, name, tests[name], options.seconds) for name in names]
        for done in concurrent.futures.as_completed(runs):
            name, status = done.result()
            failed += status != 0
            print(f"  {name}: {'clean' if status == 0 else f'FOUND SOMETHING, see build/fuzz/{name}.log'}", flush=True)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
