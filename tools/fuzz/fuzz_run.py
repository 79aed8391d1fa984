#!/usr/bin/env python3
"""Runs one libFuzzer program for a while.

New inputs are kept in corpus/ beside the build folder, so that each run goes on where the
last one stopped; seeds are read and never written. A finding is left in findings/.
"""
import argparse
import pathlib
import subprocess
import sys


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--seeds", type=pathlib.Path)
    options = parser.parse_args()

    build = options.program.resolve().parent
    corpus = build / "corpus" / options.program.name
    findings = build / "findings"
    corpus.mkdir(parents=True, exist_ok=True)
    findings.mkdir(exist_ok=True)
    folders = [str(corpus)]
    if options.seeds:
        if not options.seeds.is_dir():
            print(f"{options.program.name}: the seed folder {options.seeds} is missing", file=sys.stderr)
            return 1
        folders.append(str(options.seeds))
    return subprocess.run([
        str(options.program), f"-max_total_time={options.seconds}", "-timeout=10",
        "-rss_limit_mb=1024", "-print_final_stats=1", "-verbosity=0",
        f"-artifact_prefix={findings}/{options.program.name}-", *folders], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
