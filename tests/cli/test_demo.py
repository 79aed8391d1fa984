"""The demo as 'make demo' runs it, without a terminal."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOME = ROOT / "build/demo/work"
COMMAND = [sys.executable, str(ROOT / "tools/demo/demo.py")]
STAGES = ["power on", "measured", "claimed", "proved", "joined", "certificate", "broker", "first reading"]

# All work in the demo's one folder.
pytestmark = pytest.mark.xdist_group("demo")


def processes_of_demo() -> dict[int, str]:
    """Every process that works in the demo's workspace, by its command line or its working folder."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if str(HOME) in command or os.readlink(entry / "cwd").startswith(str(HOME)):
                    found[int(entry.name)] = command
        except OSError:
            continue
    return found


def test_demo():
    """From nothing to readings, and nothing left behind."""
    result = subprocess.run(COMMAND, capture_output=True, text=True, timeout=115, stdin=subprocess.DEVNULL, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    for board in ("kitchen", "cellar"):
        seen = re.findall(rf"^ +([0-9.]+) s  {board} +({'|'.join(STAGES)}) ", result.stdout, re.M)
        assert [stage for _, stage in seen] == STAGES
        assert [float(at) for at, _ in seen] == sorted(float(at) for at, _ in seen)
        assert re.search(rf"^01[0-9a-f]+ +{board} +first-light +- +accepted +normal +1 ", result.stdout, re.M)
    readings = dict(re.findall(r'^  devices/([0-9a-f]{66})/thermostat \{"temperature": ([0-9.]+),', result.stdout, re.M))
    assert sorted(map(float, readings.values())) == [8.0, 21.5]
    assert processes_of_demo() == {}


@pytest.mark.parametrize("victim, sentence", [("mosquitto -c", "broker ended"), ("soprisd --config", "service ended"),
                                              ("qemu-system-arm", "emulator ended")])
def test_demo_fails_when_a_part_dies(victim, sentence):
    """The end is not zero, the sentence says what died, and nothing is left behind."""
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL) as demo:
        for line in demo.stdout:
            if " power on " in line:
                break
        deadline = time.monotonic() + 10
        processes = []
        while not processes and time.monotonic() < deadline:
            processes = [process for process, command in processes_of_demo().items() if victim in command]
        assert processes, f"no {victim} runs"
        for process in processes:
            os.kill(process, signal.SIGKILL)
        _, error = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert sentence in error, error
    assert processes_of_demo() == {}


def test_demo_is_ended_whole():
    """SIGTERM in the middle: everything that it started is gone."""
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          stdin=subprocess.DEVNULL) as demo:
        for line in demo.stdout:
            if " power on " in line:
                break
        demo.send_signal(signal.SIGTERM)
        demo.communicate(timeout=30)
    assert demo.returncode != 0
    assert processes_of_demo() == {}
