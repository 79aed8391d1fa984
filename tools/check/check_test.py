"""check.py counts what ran, and never lets a phase that ran nothing pass."""
import contextlib
import io
import unittest
import unittest.mock

import check


def result(outcome: str, output: str = "") -> dict:
    return {"name": "span_test", "result": outcome, "stdout": "", "stderr": output}


class CheckTest(unittest.TestCase):
    def count(self, *results: dict) -> check.Tally:
        tally = check.Tally()
        for each in results:
            check.count_meson_test(tally, each)
        return tally

    def phase(self, function) -> check.Tally:
        with unittest.mock.patch.dict(check.PHASES, {"planted": ("a phase", function)}), \
                contextlib.redirect_stdout(io.StringIO()):
            return check.run_phase("planted", 1)

    def test_cases_of_a_program_are_counted(self) -> None:
        tally = self.count(result("OK", "[  PASSED  ] 7 test(s).\n"), result("OK"))
        self.assertEqual((tally.passed, tally.failed), (8, 0))

    def test_failed_cases_are_counted(self) -> None:
        tally = self.count(result("FAIL", "[  PASSED  ] 5 test(s).\n[  FAILED  ] 2 test(s), listed below:\n"))
        self.assertEqual((tally.passed, tally.failed), (5, 2))

    def test_a_program_that_dies_has_failed_whatever_it_printed(self) -> None:
        for outcome in ("FAIL", "TIMEOUT", "ERROR"):
            with self.subTest(outcome=outcome):
                self.assertEqual(self.count(result(outcome, "[  PASSED  ] 5 test(s).\n")).failed, 1)

    def test_a_phase_without_tests_has_failed(self) -> None:
        self.assertEqual(self.phase(lambda tally, jobs: None).failed, 1)

    def test_a_program_counts_by_its_exit_code(self) -> None:
        tally = self.phase(lambda tally, jobs: (check.run_once(tally, "good", "true"),
                                                check.run_once(tally, "bad", "false")))
        self.assertEqual((tally.passed, tally.failed, tally.failures), (1, 1, ["bad"]))


if __name__ == "__main__":
    unittest.main()
