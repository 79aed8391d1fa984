"""T-06, T-07: power cuts of a whole claimed board in service: kill -9 of the emulator at random moments of boot, claim,
check-in and publishing. It always boots, the boot record is intact, no counter goes back."""
import os
import pathlib
import random
import re
import signal
import time

from tests.device.workshop import Workshop

ROUND_COUNT = int(os.environ.get("KILLS", "15"))
DELAY_S_MAX = 2.5
SEED = int(os.environ.get("SEED", str(random.randrange(2**32))))


def emulator_of(launcher_pid):
    """Process id of the emulator that a 'board run' has started, or None."""
    children = pathlib.Path(f"/proc/{launcher_pid}/task/{launcher_pid}/children").read_text().split()
    for child in map(int, children):
        if b"qemu-system-arm" in pathlib.Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[0]:
            return child
    return None


def facts(lines):
    """(boot count, epoch) of each boot that a console shows."""
    found = (re.search(r"rom: boot (\d+) epoch (\d+)", line) for line in lines)
    return [(int(match[1]), int(match[2])) for match in found if match]


def run_and_kill(workshop, port, delay_s):
    """One power cut; the lines that the console showed until then."""
    board = workshop.run_board("cut", port)
    board.wait_line(r"power on")
    time.sleep(delay_s)
    emulator = emulator_of(board.process.pid)
    if emulator is not None:
        os.kill(emulator, signal.SIGKILL)
    board.stop()
    return board.lines


def test_a_board_in_service_survives_power_cuts(tmp_path):
    workshop = Workshop(tmp_path)
    chance = random.Random(SEED)
    try:
        port = workshop.start_service()
        workshop.new_board("cut")
        seen = [(0, 0)]
        for index in range(ROUND_COUNT):
            lines = run_and_kill(workshop, port, chance.uniform(0.05, DELAY_S_MAX))
            told = f"seed {SEED}, round {index}:\n" + "\n".join(lines)
            assert not [line for line in lines if "rom: record" in line or "rom: halt" in line], told
            for boot, epoch in facts(lines):
                assert boot > seen[-1][0] and epoch >= seen[-1][1], told
                seen.append((boot, epoch))
        board = workshop.run_board("cut", port)
        board.wait_line(r"ns: agent: checked in")
        board.stop()
        assert facts(board.lines)[-1][1] == 1
        assert len(seen) > ROUND_COUNT // 3, "hardly a round got as far as a boot: the delays are too short"
    finally:
        workshop.close()
