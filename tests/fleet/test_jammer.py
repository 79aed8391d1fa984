"""A jammer that starts the moment a trial boots, and power cuts meanwhile: neither brings the old version back, and the app
goes on. Days without contact are the monitor's unit tests: device/monitor/update_trial_test.c."""
import select
import socket
import time

from tests.device import servers
from tests.device.workshop import DEVICE, Workshop, read_memory, symbol

NEW = 2
POWER_CUTS = 4  # one more than a slot that does not start gets


class Jammer:
    """A way to the service that can be jammed: what is connected is cut off, and whoever comes is turned away."""

    def __init__(self, port):
        self.port, self.jammed = port, False

    def __call__(self, connection):
        if self.jammed:
            return
        with socket.create_connection(("127.0.0.1", self.port)) as other:
            while not self.jammed:
                for source in select.select([connection, other], [], [], 0.1)[0]:
                    data = source.recv(4096)
                    if not data:
                        return
                    (other if source is connection else connection).sendall(data)


def wait_heater(workshop, name, on, timeout_s=10.0):
    """The app's own variable in the memory of the running board."""
    address, size = symbol("thermostat", "thermostat", "heater_on")
    deadline = time.monotonic() + timeout_s

    def heater():
        try:
            return bool(read_memory(workshop.home / "boards" / name, address, size)[0])
        except AssertionError:
            return None  # stopped in the secure world, from where QEMU does not see the app's memory

    while heater() != on:
        assert time.monotonic() < deadline, f"the heater is not {'on' if on else 'off'}"
        time.sleep(0.2)


def app_goes_on(workshop, name):
    """It measures, decides and switches."""
    for temperature, heater_on in ((18, True), (25, False)):
        workshop.sopris("board", "set", name, "--temperature", temperature)
        wait_heater(workshop, name, heater_on)


def test_a_jammed_trial_stays_and_the_app_runs(tmp_path):
    """T-16: lack of contact is not a failed boot."""
    workshop = Workshop(tmp_path)
    try:
        jammer = Jammer(workshop.start_service())
        with servers.Server(jammer) as way:
            workshop.new_board("jammed")
            board = workshop.run_board("jammed", way.port)
            board.wait_line(r"agent: checked in")
            workshop.publish("base", DEVICE / "systems/base.bin", NEW)
            workshop.sopris("rollout", "start", "--component", "base", "--sequence", NEW)
            board.wait_line(r"agent: restarts into the update", 60)
            jammer.jammed = True
            for _ in range(POWER_CUTS):
                board.wait_line(rf"monitor: base [ab] {NEW} ")
                board.wait_line(r"agent: check-in failed", 60)
                app_goes_on(workshop, "jammed")
                board.stop()
                board = workshop.run_board("jammed", way.port)
            board.wait_line(rf"monitor: base [ab] {NEW} ")
            jammer.jammed = False
            board.wait_line(r"agent: checked in", 90)
            rollout = workshop.sopris("rollout", "status", as_json=True)[0]
            assert (rollout["running"], rollout["failed"]) == (1, 0)
            assert not [line for line in board.lines if "failed its trial" in line]
            board.stop()
    finally:
        workshop.close()
