"""New keys from the owner's and the maker's command to a device that goes by them, and what it says of its updates."""
import re
import time

import pytest

from tests.device.workshop import Workshop
from tests.fleet.test_update import NEW, PLAIN


@pytest.fixture
def workshop(tmp_path):
    made = Workshop(tmp_path)
    yield made
    made.close()


def generations(workshop):
    return workshop.sopris("device", "show", "process", as_json=True)["keyset_generations"]


def wait_for(what, condition, timeout_s=60.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.3)


def test_every_kind_of_key_is_replaced_in_the_field(workshop):
    """T-05, A10: control, app and release keys; the device says which generations it goes by, and how its updates are."""
    port = workshop.start_service()
    workshop.new_board("process")
    board = workshop.run_host_board("process", port)
    board.wait_line(r"agent: checked in")
    assert generations(workshop)["control"] == 1
    workshop.sopris("owner", "keyset", "--kind", "control", "--generation", 5)
    workshop.sopris("owner", "keyset", "--kind", "app")
    workshop.sopris("maker", "keyset", "acme")
    for component, plain in PLAIN.items():
        workshop.publish(component, plain, NEW)
        workshop.sopris("rollout", "start", "--component", component, "--sequence", NEW)
    wait_for("the device never took the control set", lambda: generations(workshop)["control"] == 5)
    board.wait_line(r"monitor: app key set 2, those before it are dropped", 90)
    board.wait_line(r"monitor: release key set 2, those before it are dropped", 90)
    board.stop()
    board = workshop.run_host_board("process", port)
    board.wait_line(r"agent: checked in")
    assert generations(workshop) == {"release": 2, "app": 2, "control": 5}
    explained = workshop.sopris("device", "explain", "process")
    for component in PLAIN:
        assert re.search(rf"update {component} 2 \(rollout \d+\): the device runs it\n  the device says: confirmed, in both "
                         r"slots of sequence 2 since 20\d\d-", explained), explained
