#!/usr/bin/env python3
"""House rules that a program can check: sizes of functions and files, a README in every
folder with code, no unfinished marks.

Generated tables are exempt from the sizes when one of their first five lines says @generated.
"""
import argparse
import dataclasses
import pathlib
import re
import subprocess
import sys

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
FUNCTION_LINES_P90_MAX = 40
CODE_SUFFIXES = {".c", ".h", ".py", ".sh", ".js", ".mjs", ".S"}
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
BLANKED = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*',
    re.DOTALL | re.MULTILINE)


@dataclasses.dataclass
class Function:
    """One function of a C file."""
    name: str
    line: int
    line_count: int


def blank(match: re.Match[str]) -> str:
    """Keeps line ends, so that line numbers stay right."""
    return re.sub(r"[^\n]", " ", match[0])


def functions_of(text: str) -> list[Function]:
    """Functions of a C file: a brace at depth 0 after a parameter list opens a body."""
    code = BLANKED.sub(blank, text)
    found = []
    depth = 0
    head_start = 0
    for position, character in enumerate(code):
        if character == "{":
            if depth == 0:
                head = code[head_start:position]
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                if function := function_from(code, head, head_start, position):
                    found.append(function)
                head_start = position + 1
        elif character == ";" and depth == 0:
            head_start = position + 1
    return found


def function_from(code: str, head: str, head_start: int, end: int) -> Function | None:
    match = re.search(r"(\w+)\s*\(", head)
    if not match or "=" in head or not head.rstrip().endswith(")"):
        return None
    start = head_start + len(head) - len(head.lstrip())
    line = code.count("\n", 0, start) + 1
    return Function(match[1], line, code.count("\n", start, end) + 1)


def is_generated(text: str) -> bool:
    return any("@generated" in line for line in text.splitlines()[:5])


def code_files(root: pathlib.Path) -> list[str]:
    listing = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                             cwd=root, check=True, capture_output=True, text=True)
    return sorted(path for path in set(listing.stdout.splitlines())
                  if pathlib.Path(path).suffix in CODE_SUFFIXES and (root / path).is_file())


def check_file(path: str, text: str, sizes: list[int]) -> list[str]:
    """Findings in one file; adds the sizes of its functions."""
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        if UNFINISHED.search(line):
            findings.append(f"{path}:{number}: unfinished work is not landed: {line.strip()}")
        if line != line.rstrip():
            findings.append(f"{path}:{number}: blanks at the end of the line")
    if is_generated(text):
        return findings
    line_count = len(text.splitlines())
    if line_count > FILE_LINES_MAX:
        findings.append(f"{path}: {line_count} lines, at most {FILE_LINES_MAX}")
    if path.endswith((".c", ".h")):
        for function in functions_of(text):
            sizes.append(function.line_count)
            if function.line_count > FUNCTION_LINES_MAX:
                findings.append(f"{path}:{function.line}: {function.name} has {function.line_count} lines, "
                                f"at most {FUNCTION_LINES_MAX}")
    return findings


def check_readmes(root: pathlib.Path, files: list[str]) -> list[str]:
    folders = sorted({str(pathlib.PurePath(path).parent) for path in files} - {"."})
    return [f"{folder}: a folder with code needs a README.md (purpose, privilege, trusted inputs, must never)"
            for folder in folders if not (root / folder / "README.md").is_file()]


def percentile(values: list[int], part: float) -> int:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else 0


def check_tree(root: pathlib.Path) -> list[str]:
    files = code_files(root)
    sizes: list[int] = []
    findings = [] if files else ["no code found: is this the repository?"]
    for path in files:
        findings += check_file(path, (root / path).read_text(), sizes)
    findings += check_readmes(root, files)
    p90 = percentile(sizes, 0.9)
    if p90 >= FUNCTION_LINES_P90_MAX:
        findings.append(f"the 90th percentile of function lengths is {p90}, it stays under {FUNCTION_LINES_P90_MAX}")
    print(f"  style: {len(files)} files, {len(sizes)} functions, lines of a function median "
          f"{percentile(sizes, 0.5)}, 90th percentile {p90}, largest {max(sizes, default=0)}")
    return findings


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", nargs="?", type=pathlib.Path, default=pathlib.Path("."))
    findings = check_tree(parser.parse_args().root)
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
