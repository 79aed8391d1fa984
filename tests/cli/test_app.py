"""As a newcomer does it: 'sopris app new' in a fresh folder, then 'make' and nothing else, until the app's log is on the screen."""
import os
import signal
import time

import pytest

from tests.device.workshop import BATCH, DEVICE, SOPRIS, Process, Workshop

FIRST_RUN_S_MAX = 60.0


class Make(Process):
    """'make' in a project, as in a terminal: Ctrl-C reaches it and what it has started."""

    def __init__(self, folder):
        super().__init__(["make", "-C", folder], start_new_session=True)

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            self.process.wait(20)


@pytest.fixture
def workshop(tmp_path):
    made = Workshop(tmp_path)
    yield made
    made.close()


def test_from_nothing_to_a_running_board_in_a_minute(workshop, tmp_path):
    workshop.start_service()
    workshop.sopris("board", "new", "desk", "--maker", "acme", "--batch", BATCH, "--rom", DEVICE / "rom/rom.bin", "--monitor",
                    workshop.monitor, "--base", workshop.base)
    folder = tmp_path / "projects"
    folder.mkdir()
    begin = time.monotonic()
    made = Process([SOPRIS, "-C", workshop.home, "app", "new", "blink", "--maker", "acme", "--board", "desk"], cwd=folder)
    assert made.process.wait(20) == 0, made.lines
    running = Make(folder / "blink")
    workshop.processes.append(running)
    running.wait_line(r"\[desk\] ns: blink: hello", FIRST_RUN_S_MAX)
    assert time.monotonic() - begin < FIRST_RUN_S_MAX
    running.wait_line(r"\[desk\] ns: blink: blinked 10", 30)
    running.wait_line(r"\[desk\] ns: agent: checked in", 30)
    running.stop()

    source = folder / "blink/main.c"
    source.write_text(source.read_text().replace('"hello"', '"changed"'))
    again = Make(folder / "blink")
    workshop.processes.append(again)
    again.wait_line(r"\[desk\] ns: blink: changed", FIRST_RUN_S_MAX)


def test_what_cannot_be_an_app_is_refused(workshop, tmp_path):
    def refusal(*arguments):
        process = Process([SOPRIS, "-C", workshop.home, "app", *arguments], cwd=tmp_path)
        assert process.process.wait(20) in (1, 2)
        time.sleep(0.1)
        return " ".join(process.lines)

    assert "name of an app" in refusal("new", "Blink!", "--maker", "acme", "--board", "desk")
    assert "at most 15" in refusal("new", "a-name-that-is-too-long", "--maker", "acme", "--board", "desk")
    assert "no SDK" in refusal("new", "blink", "--maker", "acme", "--board", "desk", "--sdk", tmp_path)
    assert "no maker" in refusal("new", "blink", "--maker", "nobody", "--board", "desk")
    workshop.new_board("desk")
    assert "no app" in refusal("load", workshop.base, "--board", "desk")
    assert not (tmp_path / "blink/Makefile").exists()
