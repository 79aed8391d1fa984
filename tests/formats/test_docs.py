"""docs/protocol against the code: labels of the CDDL, limits, error names, and the examples against the vectors."""
import re

import pytest

import diagnostic
from support import ROOT

DOCS = ROOT / "docs" / "protocol"
FORMATS = ROOT / "formats"
LINE = re.compile(r"^\s*\??\s*(-?\d+) => .*; ([A-Z][A-Z0-9_]+)$", re.MULTILINE)
DEFINE = re.compile(r"^#define ([A-Z][A-Z0-9_]+) \(?(-?\d+)\)?$", re.MULTILINE)
# Document, files with its labels, and what the names of labels look like there.
CODE = {
    "cose.md": (["cose/cose.c"], "HEADER_"),
    "keyset.md": (["identity/keyset.c"], "LABEL_"),
    "voucher.md": (["identity/voucher.c"], "LABEL_"),
    "manifest.md": (["manifest/manifest_labels.h"],
                    "SUIT_(AUTHENTICATION_WRAPPER|MANIFEST|COMMON|VALIDATE|TEXT|COMPONENTS|SHARED|PARAMETER)"),
    "evidence.md": (["token/evidence.c"], "(CLAIM_(?!COUNT)|KEY_(TYPE|CURVE|X|Y)$|MEASUREMENT_(?!CONTENT|SIZE))"),
    "answer.md": (["token/answer.c"], "LABEL_"),
    "operator-api.md": (["operator/operator_command.c"], "LABEL_"),
    "failure.md": (["failure/failure.c"], "(REPORT|RECORD)_(?!LABEL)"),
    "checkin.md": (["checkin/checkin.c", "checkin/update_report.c", "checkin/problem.c", "checkin/claim.c"],
                   "(REQUEST|REPORT|RESPONSE|REST|OFFER|PROBLEM|CLAIM)_(?!CA_COUNT|ENTRY_COUNT)"),
}


@pytest.mark.parametrize("name", CODE)
def test_labels(name):
    files, pattern = CODE[name]
    code = {}
    for file in files:
        code |= dict(DEFINE.findall((FORMATS / file).read_text()))
    code = {label: value for label, value in code.items() if re.match(pattern, label)}
    document = {label: value for value, label in LINE.findall((DOCS / name).read_text())}
    assert code and document == code


@pytest.mark.parametrize("name", [*CODE, "certificates.md", "README.md"])
def test_examples(name):
    text = (DOCS / name).read_text(encoding="utf-8")
    assert diagnostic.renewed(text) == text, "run tests/formats/diagnostic.py --write"
    assert name in ("certificates.md", "README.md") or "<!-- example:" in text


def test_errors_exist():
    listed = set()
    for module, name in re.findall(r"ERROR_ENTRY\((\w+), (\w+),", (ROOT / "base" / "error_list.h").read_text()):
        listed.add(f"{module}_{name}")
    modules = {entry.split("_")[0] for entry in listed}
    for name in [*CODE, "certificates.md"]:
        text = re.sub(r"```.*?```", "", (DOCS / name).read_text(), flags=re.DOTALL)
        for word in re.findall(r"\b([A-Z]+_[A-Z_]+)\b", text):
            if word.split("_")[0] in modules:
                assert word in listed, f"{name}: {word}"


@pytest.mark.parametrize("name,limit,header", [
    ("keyset.md", "KEYSET_SIZE_BYTES_MAX", "identity/keyset.h"),
    ("voucher.md", "VOUCHER_SIZE_BYTES_MAX", "identity/voucher.h"),
    ("manifest.md", "MANIFEST_SIZE_BYTES_MAX", "manifest/manifest.h"),
    ("evidence.md", "EVIDENCE_SIZE_BYTES_MAX", "token/evidence.h"),
    ("operator-api.md", "OPERATOR_COMMAND_SIZE_BYTES_MAX", "operator/operator_command.h"),
    ("failure.md", "FAILURE_REPORT_SIZE_BYTES_MAX", "failure/failure.h"),
    ("answer.md", "ANSWER_SIZE_BYTES_MAX", "token/answer.h"),
    ("certificates.md", "ATTESTATION_CERTIFICATE_SIZE_BYTES_MAX", "identity/attestation_certificate.h")])
def test_limits(name, limit, header):
    value = dict(DEFINE.findall((FORMATS / header).read_text()))[limit]
    assert f"t most {value} bytes" in (DOCS / name).read_text()
