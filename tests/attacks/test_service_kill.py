"""kill -9 of each process under load: no acknowledged check-in is lost, the others go on. T-17."""
import os
import pathlib
import signal
import subprocess
import time

import pytest

from tests.support.service import FAKE_DEVICE, Service, fake_device, wait_until

PROGRAMS = ("sopris-core", "sopris-edge", "sopris-door")


def start_load(service, seconds, kind="kept"):
    acks = service.folder / "acks"
    acks.unlink(missing_ok=True)
    load = subprocess.Popen([FAKE_DEVICE, "load", service.folder, "24", str(seconds), kind, "6", acks],
                            stdout=subprocess.PIPE, text=True)
    assert wait_until(lambda: acks.exists() and acks.stat().st_size > 2000, 30), service.log()
    return load, acks


def lost_devices(service, acks):
    """Devices whose last acknowledged check-in is not in the database: there is no record, or it is behind."""
    last = {}
    count = 0
    for line in acks.read_text().splitlines():
        ueid, boot_count, sequence = line.split()
        last[ueid] = max(last.get(ueid, (0, 0)), (int(boot_count), int(sequence)))
        count += 1
    assert count > 100 and len(last) == 24
    lost = []
    for ueid, acknowledged in last.items():
        stored = service.query("SELECT boot, sequence FROM device WHERE ueid = ?", bytes.fromhex(ueid))
        if not stored or tuple(stored[0]) < acknowledged:
            lost.append(ueid)
    return lost


def check_acks(service, acks):
    assert lost_devices(service, acks) == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_killed_process_comes_back_and_nothing_is_lost(tmp_path, program):
    with Service(tmp_path / "world", workers=2) as service:
        service.enter_all()
        load, acks = start_load(service, 6)
        others = {name: set(service.pids(name)) for name in PROGRAMS if name != program}
        for _ in range(5):
            assert wait_until(lambda: service.pids(program))
            victim = service.pids(program)[0]
            os.kill(victim, signal.SIGKILL)
            assert wait_until(lambda: victim not in service.pids(program))
            time.sleep(0.3)
        output = load.communicate(timeout=60)[0]
        assert load.returncode == 0, output
        check_acks(service, acks)
        assert others == {name: set(service.pids(name)) for name in others}, "another process died too"
        assert wait_until(lambda: service.pids(program))
        assert fake_device("join", service.folder, 1)["first"] == "NONE"
        assert wait_until(lambda: service.request("GET", "/v1/status")[0] == 200)
        assert "was killed by signal 9; starting it again" in service.log()


@pytest.mark.parametrize("without", [None, "commit"])
def test_core_killed_after_its_answers_has_committed_them(tmp_path, without):
    """Nobody checks in again after the kill, so nothing makes good what was lost: on the core that answers before it
    commits, each device's last acknowledged check-in is."""
    with Service(tmp_path / "world", without=without) as service:
        service.enter_all()
        load, acks = start_load(service, 2)
        output = load.communicate(timeout=60)[0]
        assert load.returncode == 0, output
        core = service.pids("sopris-core")[0]
        os.kill(core, signal.SIGKILL)
        assert wait_until(lambda: core not in service.pids("sopris-core"))
        assert len(lost_devices(service, acks)) == (0 if without is None else 24)


def test_killed_supervisor_takes_all_with_it_and_nothing_is_lost(tmp_path):
    with Service(tmp_path / "world", workers=2) as service:
        service.enter_all()
        load, acks = start_load(service, 4, "new")
        pids = [pid for program in PROGRAMS for pid in service.pids(program)]
        os.kill(service.process.pid, signal.SIGKILL)
        service.process.wait()
        assert wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}/exe").exists() for pid in pids))
        service.process.stdout.close()
        service.start()
        output = load.communicate(timeout=60)[0]
        assert load.returncode == 0, output
        check_acks(service, acks)


def test_requests_under_way_are_answered_when_the_core_dies(tmp_path):
    with Service(tmp_path / "world") as service:
        service.enter_all()
        core = service.pids("sopris-core")[0]
        os.kill(core, signal.SIGSTOP)
        ask = subprocess.Popen([FAKE_DEVICE, "claim", service.folder], stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)
        assert ask.poll() is None
        os.kill(core, signal.SIGKILL)
        output = ask.communicate(timeout=10)[0]
        assert '"status": 503' in output
        assert "requests under way were answered 503" in service.log()


def test_core_that_hangs_is_said(tmp_path):
    with Service(tmp_path / "world") as service:
        service.enter_all()
        core = service.pids("sopris-core")[0]
        os.kill(core, signal.SIGSTOP)
        try:
            assert fake_device("claim", service.folder, check=False)["status"] == 503
        finally:
            os.kill(core, signal.SIGCONT)
        assert wait_until(lambda: fake_device("claim", service.folder, check=False)["status"] == 200)
