#!/usr/bin/env python3
"""Holds every #include of the tree against layers.txt (whose head explains its grammar)."""
import argparse
import dataclasses
import pathlib
import re
import subprocess
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
TEST_FILE = re.compile(r"_(test|fuzz)\.[ch]$")


class RulesError(Exception):
    """A line of layers.txt that does not follow the grammar."""


@dataclasses.dataclass
class Rules:
    """What layers.txt says."""
    allowed: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    libraries: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    generated: set[str] = dataclasses.field(default_factory=set)
    free: set[str] = dataclasses.field(default_factory=set)

    def layer_of(self, path: str) -> str | None:
        """The most specific folder with a line that holds this file."""
        known = self.allowed.keys() | self.free
        parts = path.split("/")[:-1]
        for length in range(len(parts), 0, -1):
            folder = "/".join(parts[:length])
            if folder in known:
                return folder
        return None

    def is_free(self, path: str) -> bool:
        return bool(TEST_FILE.search(path)) or self.layer_of(path) in self.free


def folder_list(text: str) -> set[str]:
    return {part.strip() for part in text.split(",") if part.strip()}


def rules_parse(text: str) -> Rules:
    rules = Rules()
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.split("#", 1)[0].strip()
        if not line:
            continue
        if match := re.fullmatch(r"<([^>]+)>\s*<-\s*(.*)", line):
            rules.libraries[match[1]] = folder_list(match[2])
        elif match := re.fullmatch(r"(generated|free):\s*(\S+)", line):
            getattr(rules, match[1]).add(match[2])
        elif match := re.fullmatch(r"(\S+)\s*->\s*(.*)", line):
            if match[1] in rules.allowed:
                raise RulesError(f"layers.txt:{number}: {match[1]} has two lines")
            rules.allowed[match[1]] = folder_list(match[2])
        else:
            raise RulesError(f"layers.txt:{number}: not understood: {line}")
    for folder, targets in rules.allowed.items():
        if unknown := targets - rules.allowed.keys():
            raise RulesError(f"layers.txt: {folder} names {', '.join(sorted(unknown))}, which has no line")
    return rules


def check_own(rules: Rules, root: pathlib.Path, path: str, target: str) -> str | None:
    """Why this file may not include this header of ours, or None."""
    exists = (root / target).is_file()
    is_generated = any(target.startswith(folder + "/") for folder in rules.generated)
    if not exists and not is_generated:
        return "not found from the repository root, where every include path starts"
    if rules.is_free(path):
        return None
    source_layer = rules.layer_of(path)
    target_layer = rules.layer_of(target)
    if source_layer is None:
        return "its folder has no line in layers.txt"
    if target_layer is None:
        return f"the folder of {target} has no line in layers.txt"
    if target_layer == source_layer or target_layer in rules.allowed[source_layer]:
        return None
    return f"{source_layer} may not include {target_layer}"


def check_library(rules: Rules, path: str, target: str) -> str | None:
    """Why this file may not include this header of a library, or None."""
    if rules.is_free(path):
        return None
    for prefix, folders in rules.libraries.items():
        if target.startswith(prefix) and not any(path.startswith(folder + "/") for folder in folders):
            return f"only {', '.join(sorted(folders))} may include <{prefix}...>"
    return None


def check_file(rules: Rules, root: pathlib.Path, path: str) -> list[str]:
    violations = []
    for number, line in enumerate((root / path).read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        own, library = match.groups()
        why = check_own(rules, root, path, own) if own else check_library(rules, path, library)
        if why:
            violations.append(f"{path}:{number}: {line.strip()}: {why}")
    return violations


def source_files(root: pathlib.Path) -> list[str]:
    """C files that git tracks or would track, so that a new file is checked before its commit."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.c", "*.h"],
        cwd=root, check=True, capture_output=True, text=True)
    return sorted(path for path in set(listing.stdout.splitlines()) if (root / path).is_file())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", nargs="?", type=pathlib.Path, default=pathlib.Path("."))
    root = parser.parse_args().root
    try:
        rules = rules_parse((root / "layers.txt").read_text())
    except RulesError as error:
        print(error, file=sys.stderr)
        return 1
    files = source_files(root)
    violations = [violation for path in files for violation in check_file(rules, root, path)]
    for violation in violations:
        print(violation, file=sys.stderr)
    print(f"  layers: {len(files)} files, {len(violations)} violations")
    return 1 if violations or not files else 0


if __name__ == "__main__":
    sys.exit(main())
