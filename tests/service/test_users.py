"""Started by root, each process becomes the user that the configuration names; the sockets are theirs alone."""
import json
import os
import pathlib
import stat
import tempfile

import pytest

from tests.support.service import Service, fake_device, wait_until


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.split(":")[0]: line.split(":")[1].split() for line in lines if ":" in line}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_fronts_give_up_root():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        service = Service(pathlib.Path(folder) / "world", copied=True)
        os.chmod(service.folder, 0o755)
        for key in ("core", "ca", "control"):
            path = service.folder / f"{key}.key"
            if path.exists():
                os.chmod(path, 0o600)
        config = json.loads(service.config.read_text())
        config["users"] = {"edge": "nobody", "door": "daemon"}
        service.config.write_text(json.dumps(config))
        with service:
            assert "run as one user" not in service.log()
            service.enter_all()
            assert fake_device("join", service.folder, 1)["first"] == "NONE"
            for program, user in (("sopris-edge", 65534), ("sopris-door", 1), ("sopris-core", 0)):
                status = status_of(service.pids(program)[0])
                assert set(status["Uid"]) == {str(user)}, program
                assert status["NoNewPrivs"] == ["1"]
                assert user == 0 or status["CapEff"] == ["0000000000000000"]
            for name, user in (("edge.sock", 65534), ("door.sock", 1)):
                info = (service.folder / "run" / name).stat()
                assert (info.st_uid, stat.S_IMODE(info.st_mode)) == (user, 0o600)
            os.kill(service.pids("sopris-edge")[0], 9)
            assert wait_until(lambda: service.pids("sopris-edge"))
            assert fake_device("join", service.folder, 1)["first"] == "NONE"


def test_one_user_for_all_is_said(tmp_path):
    with Service(tmp_path / "world") as service:
        assert "edge, door and core run as one user" in service.log()


def test_unknown_user_is_one_sentence(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root looks users up")
    service = Service(tmp_path / "world")
    config = json.loads(service.config.read_text())
    config["users"] = {"edge": "nobody-of-this-name"}
    service.config.write_text(json.dumps(config))
    with pytest.raises(AssertionError, match="there is no user 'nobody-of-this-name'"):
        service.start()
    service.stop()
