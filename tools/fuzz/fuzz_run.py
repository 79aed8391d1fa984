#!/usr/bin/env python3
"""Runs one libFuzzer program for a while.

New inputs are kept in corpus/ beside the build folder, so that each run goes on where the
last one stopped; seeds are read and never written. A finding is left in findings/.

With --planted-bug the program is a twin with a bug in it: it starts from nothing, and the run
passes only if a sanitizer reports memory that is not the input's.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile


def find_planted_bug(program: pathlib.Path, seconds: int, seeds: pathlib.Path) -> int:
    golden = sorted(seeds.glob("good*"))
    if not golden or subprocess.run([program, *golden], capture_output=True, check=False).returncode != 0:
        print(f"{program.name}: its golden seeds are missing, or do not run clean", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run([program, f"-max_total_time={seconds}", f"-artifact_prefix={folder}/", folder],
                             capture_output=True, text=True, errors="replace", check=False)
    if run.returncode == 0 or "AddressSanitizer: heap-buffer-overflow" not in run.stderr:
        print(f"{program.name}: the planted bug was not found\n{run.stderr[-2000:]}", file=sys.stderr)
        return 1
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--seeds", type=pathlib.Path)
    parser.add_argument("--planted-bug", action="store_true")
    options = parser.parse_args()
    if options.planted_bug:
        return find_planted_bug(options.program, options.seconds, options.seeds)

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
    status = subprocess.run([
        str(options.program), f"-max_total_time={options.seconds}", "-timeout=10",
        "-rss_limit_mb=1024", "-print_final_stats=1", "-verbosity=0",
        f"-artifact_prefix={findings}/{options.program.name}-", *folders], check=False).returncode
    return 0 if status == 0 else 1  # libFuzzer's 77, a finding, would be "skipped" to Meson.


if __name__ == "__main__":
    sys.exit(main())
