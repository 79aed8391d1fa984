"""Updates by patch, from the operator's command to devices that run them."""
import re

import pytest

from tests.device.workshop import DEVICE, Workshop
from tests.fleet.test_update import NEW, PLAIN, sequences, wait_counts
from tests.support.service import wait_until


@pytest.fixture
def workshop(tmp_path):
    made = Workshop(tmp_path)
    yield made
    made.close()


def patches(workshop):
    return [path for path in (workshop.home / "service/images").iterdir() if path.read_bytes()[:4] == b"SPAT"]


def roll_out(workshop, components):
    """Old and new images are published, and patches made, before any device asks."""
    for component in components:
        workshop.sopris("image", "publish", getattr(workshop, component))
        workshop.publish(component, PLAIN[component], NEW)
        workshop.sopris("rollout", "start", "--component", component, "--sequence", NEW)
    assert wait_until(lambda: len(patches(workshop)) == len(components)), workshop.service.lines


def test_all_components_reach_an_emulated_board_and_a_process(workshop):
    """T-04: what a patch makes is verified, tried and confirmed as any image is."""
    port = workshop.start_service()
    workshop.new_board("emulated")
    workshop.new_board("process")
    roll_out(workshop, PLAIN)
    boards = [workshop.run_board("emulated", port), workshop.run_host_board("process", port)]
    for board in boards:
        for component, plain in PLAIN.items():
            size = int(board.wait_line(rf"agent: update of {component} to {NEW}: 0 of (\d+) bytes stood, patched", 60)[1])
            assert size > plain.stat().st_size
            board.wait_line(rf"agent: update of {component} to {NEW}: {size} of {size} bytes, finished")
    wait_counts(workshop, {component: (2, 2, 0) for component in PLAIN})
    for board in boards:
        assert sequences(board.lines) == {component: NEW for component in PLAIN}
        assert not re.search("by patch refused|bytes stand$", "\n".join(board.lines))


def test_an_altered_patch_leads_to_the_whole_image(workshop):
    """T-04, T-20: a patch that somebody has altered on its way costs time, and says so."""
    port = workshop.start_service()
    workshop.new_board("process")
    roll_out(workshop, ["base"])
    contents = bytearray(patches(workshop)[0].read_bytes())
    contents[-8] ^= 0x10
    patches(workshop)[0].write_bytes(contents)
    board = workshop.run_host_board("process", port)
    failure = board.wait_line(rf"agent: update of base to {NEW} by patch refused: (0x\w+)")
    assert failure[1] in ("0x1a03", "0x1a04", "0x030b")
    board.wait_line(rf"agent: update of base to {NEW}: 0 of \d+ bytes stand")
    wait_counts(workshop, {"base": (1, 1, 0)})
    assert sequences(board.lines)["base"] == NEW
