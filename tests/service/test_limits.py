"""Strangers who hold connections open cost the service neither its processor nor its log (T-20)."""
import contextlib
import pathlib
import resource
import socket
import time

from tests.support.service import Service, fake_device, wait_until

SOFT_LIMIT = 128
STRANGER_COUNT = 300


@contextlib.contextmanager
def open_files(soft):
    """A lower soft limit, as many systems set it, for what is started inside."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def processor_ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_more_connections_than_the_usual_limit_of_open_files(tmp_path):
    service = Service(tmp_path / "world")
    with open_files(SOFT_LIMIT):
        service.start()
    with service_running(service), contextlib.ExitStack() as strangers:
        service.enter_all()
        edge = service.pids("sopris-edge")[0]
        for _ in range(STRANGER_COUNT):
            strangers.enter_context(socket.create_connection(("127.0.0.1", service.port("edge"))))
        assert wait_until(lambda: len(list(pathlib.Path(f"/proc/{edge}/fd").iterdir())) > STRANGER_COUNT)
        begin = processor_ticks(edge)
        time.sleep(1)
        assert processor_ticks(edge) - begin < 20, "the edge is busy with nothing"
        assert fake_device("join", service.folder, 1)["first"] == "NONE"
        assert "accept" not in service.log()


@contextlib.contextmanager
def service_running(service):
    try:
        yield
    finally:
        service.stop()
