#!/usr/bin/env python3
"""Every numbered claim of docs/threat-model.md must be named at a check, a test and an attack.

A claim is a heading "### T-01 Title". Its id, as a whole word, must stand in
  a check    a comment of product code: C under base, crypto, formats, device, service, broker, cli
  a test     a *_test.c or *_fuzz.c, or any file under tests/ outside tests/attacks/
  an attack  any file under challenge/ or tests/attacks/
An id that is used but not claimed is an error too.
"""
import argparse
import pathlib
import re
import subprocess
import sys

CLAIM = re.compile(r"^### (T-\d{2,3}) \S", re.MULTILINE)
ID = re.compile(r"\bT-\d{2,3}\b")
PRODUCT = ("base/", "crypto/", "formats/", "device/", "service/", "broker/", "cli/")
KINDS = ("check", "test", "attack")


def kind_of(path: str) -> str | None:
    """What naming a claim in this file counts as."""
    if path.endswith(".md"):
        return None
    if path.startswith(("challenge/", "tests/attacks/")):
        return "attack"
    if path.startswith("tests/") or re.search(r"_(test|fuzz)\.c$", path):
        return "test"
    if path.startswith(PRODUCT) and path.endswith((".c", ".h", ".S", ".ld")):
        return "check"
    return None


def uses_in(root: pathlib.Path, paths: list[str]) -> dict[str, dict[str, list[str]]]:
    """For each id and each kind, the files that name it."""
    uses: dict[str, dict[str, list[str]]] = {}
    for path in paths:
        kind = kind_of(path)
        if not kind:
            continue
        for name in sorted(set(ID.findall((root / path).read_text(errors="replace")))):
            uses.setdefault(name, {each: [] for each in KINDS})[kind].append(path)
    return uses


def findings_of(claims: list[str], uses: dict[str, dict[str, list[str]]]) -> list[str]:
    findings = []
    if not claims:
        findings.append("docs/threat-model.md has no claim (### T-01 Title)")
    for name in sorted({name for name in claims if claims.count(name) > 1}):
        findings.append(f"{name}: claimed twice")
    for name in claims:
        for kind in KINDS:
            if not uses.get(name, {}).get(kind):
                findings.append(f"{name}: no {kind} names it")
    for name in sorted(uses.keys() - set(claims)):
        files = sorted(path for paths in uses[name].values() for path in paths)
        findings.append(f"{name}: named in {', '.join(files)} but not claimed in docs/threat-model.md")
    return findings


def tracked(root: pathlib.Path) -> list[str]:
    listing = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                             cwd=root, check=True, capture_output=True, text=True)
    return sorted(path for path in set(listing.stdout.splitlines()) if (root / path).is_file())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("root", nargs="?", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--table", action="store_true", help="print where each claim is checked, tested, attacked")
    options = parser.parse_args()
    model = options.root / "docs" / "threat-model.md"
    if not model.is_file():
        print("docs/threat-model.md is missing", file=sys.stderr)
        return 1
    claims = CLAIM.findall(model.read_text())
    uses = uses_in(options.root, tracked(options.root))
    if options.table:
        for name in claims:
            for kind in KINDS:
                print(f"{name} {kind:6} {' '.join(uses.get(name, {}).get(kind, []))}")
    findings = findings_of(claims, uses)
    for finding in findings:
        print(finding, file=sys.stderr)
    print(f"  trace: {len(claims)} claims, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
