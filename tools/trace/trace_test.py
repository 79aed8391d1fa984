"""trace.py finds a claim that lacks its check, its test or its attack."""
import pathlib
import tempfile
import unittest

import trace_claims


class TraceTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.files = {"device/rom/rom.c": "/* T-01 */", "device/rom/rom_test.c": "/* T-01 */",
                      "challenge/attacks/flip.py": "# T-01"}

    def findings(self, claims: list[str]) -> list[str]:
        for path, text in self.files.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        return trace_claims.findings_of(claims, trace_claims.uses_in(self.root, list(self.files)))

    def test_claim_with_all_three_passes(self) -> None:
        self.assertEqual(self.findings(["T-01"]), [])

    def test_each_missing_kind_is_found(self) -> None:
        for path, kind in (("device/rom/rom.c", "check"), ("device/rom/rom_test.c", "test"),
                           ("challenge/attacks/flip.py", "attack")):
            with self.subTest(kind=kind):
                kept = dict(self.files)
                self.files[path] = "nothing"
                self.assertEqual(self.findings(["T-01"]), [f"T-01: no {kind} names it"])
                self.files = kept

    def test_a_longer_id_does_not_count(self) -> None:
        self.files["device/rom/rom.c"] = "/* T-011 */"
        self.assertIn("T-01: no check names it", self.findings(["T-01"]))

    def test_prose_does_not_count(self) -> None:
        self.files["tests/README.md"] = "T-02"
        self.assertIn("T-02: no test names it", self.findings(["T-01", "T-02"]))

    def test_unclaimed_id_is_found(self) -> None:
        self.assertIn("not claimed", self.findings([])[-1])

    def test_no_claim_and_double_claim_are_found(self) -> None:
        self.assertIn("docs/threat-model.md has no claim (### T-01 Title)", self.findings([]))
        self.assertIn("T-01: claimed twice", self.findings(["T-01", "T-01"]))

    def test_claims_are_headings(self) -> None:
        text = "### T-01 Images\n## T-02 no\ntext T-03\n### T-04 Epochs\n"
        self.assertEqual(trace_claims.CLAIM.findall(text), ["T-01", "T-04"])


if __name__ == "__main__":
    unittest.main()
