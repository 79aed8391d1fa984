import secrets

import pytest

from tests.cli.sopris import DEVICE, PROGRAM, Service, Sopris


@pytest.fixture
def sopris(tmp_path):
    assert PROGRAM.exists(), "build/host/cli/sopris is not built"
    return Sopris(tmp_path)


@pytest.fixture
def maker(sopris):
    """A workspace with the maker acme."""
    sopris.ok("maker", "new", "acme")
    return sopris


@pytest.fixture
def binary(tmp_path):
    """An image of no meaning."""
    path = tmp_path / "image.bin"
    path.write_bytes(secrets.token_bytes(5000))
    return path


@pytest.fixture
def firmware():
    """The ROM and monitor of the build."""
    rom, monitor = DEVICE / "rom/rom.bin", DEVICE / "monitor/monitor.bin"
    assert rom.exists() and monitor.exists(), "build/device is not built"
    return rom, monitor


def pytest_configure(config):
    config.addinivalue_line("markers", "ticket_lifetime(seconds): of the service, which is how often devices check in")


@pytest.fixture
def service(maker, request):
    mark = request.node.get_closest_marker("ticket_lifetime")
    running = Service(maker, *(("--ticket-lifetime", mark.args[0]) if mark else ()))
    yield maker
    running.stop()
