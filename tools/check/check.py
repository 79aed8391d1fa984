#!/usr/bin/env python3
"""Runs every test and check of the repository, phase by phase, and counts.

Prints a header and the time of each phase, then what failed, then one line "N passed, N failed".
A phase that runs no test has failed: nothing was shown.
"""
import argparse
import collections.abc
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"
CMOCKA_COUNT = re.compile(r"^\[  (PASSED|FAILED)  \] (\d+) test\(s\)", re.MULTILINE)


@dataclasses.dataclass
class Tally:
    """Counts of one phase, and what to print about its failures at the end."""
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)

    def fail(self, what: str, count: int = 1) -> None:
        self.failed += count
        self.failures.append(what)


def run(*command: str, folder: pathlib.Path = ROOT, **variables: str) -> int:
    """The exit code; variables are added to the environment."""
    sys.stdout.flush()
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **variables}
    return subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


def run_once(tally: Tally, what: str, *command: str, folder: pathlib.Path = ROOT) -> None:
    """One program, one test: its exit code decides."""
    if run(*command, folder=folder) == 0:
        tally.passed += 1
    else:
        tally.fail(what)


def build(tally: Tally, kind: str, jobs: int, *targets: str) -> bool:
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    print(f"  building build/{kind}", flush=True)
    if run("tools/setup/configure.sh", kind) == 0 and \
            run("ninja", *quiet, "-C", f"build/{kind}", "-j", str(jobs), *targets) == 0:
        return True
    tally.fail(f"build/{kind} does not build")
    return False


def count_meson_test(tally: Tally, result: dict) -> None:
    """One test program: its cmocka cases, or itself where it prints none."""
    output = (result.get("stdout") or "") + (result.get("stderr") or "")
    counts = {"PASSED": 0, "FAILED": 0}
    for word, count in CMOCKA_COUNT.findall(output):
        counts[word] += int(count)
    if result["result"] == "OK":
        tally.passed += max(counts["PASSED"], 1)
        return
    tally.passed += counts["PASSED"]
    print("\n".join(output.splitlines()[-40:]), flush=True)
    tally.fail(f"{result['name']}: {result['result']}", max(counts["FAILED"], 1))


def meson_tests(tally: Tally, kind: str, suite: str, jobs: int) -> None:
    folder = ROOT / "build" / kind
    log = folder / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    run("meson", "test", "-C", str(folder), "--no-rebuild", "--suite", suite,
        "--num-processes", str(jobs), "--print-errorlogs")
    if not log.is_file():
        return
    for line in log.read_text().splitlines():
        count_meson_test(tally, json.loads(line))


def pytest_tests(tally: Tally, name: str, *options: str, **variables: str) -> None:
    """Counts the cases of one run of pytest."""
    report = ROOT / "build" / f"{name}-tests.xml"
    report.unlink(missing_ok=True)
    failed_before = tally.failed
    status = run(PYTHON, "-m", "pytest", *options, "--tb=short", "-p", "no:cacheprovider", f"--junitxml={report}",
                 **variables)
    if not report.is_file():
        tally.fail("pytest did not finish")
        return
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        title = f"{case.get('classname')}.{case.get('name').split('@')[0]}"
        if case.find("failure") is not None or case.find("error") is not None:
            tally.fail(title)
        elif case.find("skipped") is not None:
            tally.skipped += 1
        else:
            tally.passed += 1
    if status != 0 and tally.failed == failed_before:
        tally.fail(f"pytest ended with {status}")


def phase_layers(tally: Tally, _jobs: int) -> None:
    run_once(tally, "layers: an include breaks layers.txt", PYTHON, "tools/layers/layers.py")


def phase_style(tally: Tally, _jobs: int) -> None:
    run_once(tally, "style: a house rule is broken", PYTHON, "tools/style/style.py")


def phase_trace(tally: Tally, _jobs: int) -> None:
    run_once(tally, "trace: a claim lacks its check, test or attack", PYTHON, "tools/trace/trace_claims.py")


def phase_tools(tally: Tally, _jobs: int) -> None:
    for test in sorted(ROOT.glob("tools/*/*_test.py")):
        run_once(tally, f"tools: {test.name}", PYTHON, "-m", "unittest", "-q", test.stem, folder=test.parent)


def phase_build(tally: Tally, jobs: int) -> None:
    for kind in ("host", "device"):
        if build(tally, kind, jobs):
            tally.passed += 1


def phase_audit(tally: Tally, jobs: int) -> None:
    if build(tally, "device", jobs):
        run_once(tally, "audit: an image reaches what it did not declare", PYTHON, "tools/audit/audit.py")


def phase_unit(tally: Tally, jobs: int) -> None:
    if build(tally, "host", jobs):
        meson_tests(tally, "host", "unit", jobs)


def phase_sanitize(tally: Tally, jobs: int) -> None:
    if not build(tally, "sanitize", jobs, "unit-tests", "attacked-service"):
        return
    meson_tests(tally, "sanitize", "unit", jobs)
    # The whole service under malformed requests; a report in the log of any of its processes fails the test.
    pytest_tests(tally, "sanitize", "tests/attacks/test_service_input.py", "-q",
                 SOPRIS_BUILD=str(ROOT / "build/sanitize"))


def phase_fuzz(tally: Tally, jobs: int) -> None:
    if build(tally, "fuzz", jobs, "fuzzers"):
        meson_tests(tally, "fuzz", "fuzz", jobs)


def phase_system(tally: Tally, jobs: int) -> None:
    if not (build(tally, "host", jobs) and build(tally, "device", jobs)):
        return
    # One more process than processors: most tests wait for a board or a service most of the time.
    pytest_tests(tally, "system", "tests", "-v", "--durations=15", f"--numprocesses={jobs + 1}", "--dist=loadgroup")



PHASES: dict[str, tuple[str, collections.abc.Callable[[Tally, int], None]]] = {
    "layers": ("who includes whom", phase_layers),
    "style": ("house rules", phase_style),
    "trace": ("threat model: each claim has check, test and attack", phase_trace),
    "tools": ("the checks' own tests", phase_tools),
    "build": ("host and Cortex-M33", phase_build),
    "audit": ("each linked image against what declares it", phase_audit),
    "unit": ("unit tests", phase_unit),
    "sanitize": ("unit tests and the attacked service with address and undefined-behaviour sanitizers", phase_sanitize),
    "fuzz": ("each decoder's fuzzer for a few seconds", phase_fuzz),
    "system": ("emulated devices against the real service", phase_system),
}


def run_phase(name: str, jobs: int) -> Tally:
    text, function = PHASES[name]
    print(f"\n== {name}: {text}", flush=True)
    started = time.monotonic()
    tally = Tally()
    function(tally, jobs)
    if tally.passed + tally.failed == 0:
        tally.fail("no test ran")
    print(f"== {name}: {tally.passed} passed, {tally.failed} failed, {time.monotonic() - started:.0f} s", flush=True)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("phases", nargs="*", help=f"some of: {' '.join(PHASES)} (default: all)")
    options = parser.parse_args()
    if unknown := [name for name in options.phases if name not in PHASES]:
        parser.error(f"no phase is called {', '.join(unknown)}; there are {', '.join(PHASES)}")

    started = time.monotonic()
    tallies = {name: run_phase(name, options.jobs) for name in options.phases or PHASES}
    print(f"\n== all: {time.monotonic() - started:.0f} s")
    for name, tally in tallies.items():
        for failure in tally.failures:
            print(f"FAILED {name}: {failure}")
    passed = sum(tally.passed for tally in tallies.values())
    failed = sum(tally.failed for tally in tallies.values())
    skipped = sum(tally.skipped for tally in tallies.values())
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
