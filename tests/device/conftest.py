import pytest

from tests.device.workshop import Workshop


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    made = Workshop(tmp_path_factory.mktemp("workshop"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def edge_port(workshop):
    """The real service's port for devices."""
    return workshop.start_service()


@pytest.fixture(scope="module")
def kitchen(workshop, edge_port):
    """Name of a board that the owner has claimed and the service has admitted."""
    workshop.new_board("kitchen")
    board = workshop.run_board("kitchen", edge_port)
    board.wait_line(r"ns: agent: checked in")
    board.stop()
    return "kitchen"


@pytest.fixture
def broker(workshop):
    running = workshop.start_broker()
    yield running
    running.stop()
