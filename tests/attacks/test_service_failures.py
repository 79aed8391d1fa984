"""T-31: whoever stands between a device and the core, an edge or a compartment, reports failures of his own making, or
the device's own again. The attack fails on the real core and succeeds on the core without that rule."""
import pytest

from tests.support.service import Service, fake_device

LOG, OTHER_LOG = 7, 8


class Device:
    def __init__(self, service, index):
        self.service, self.index, self.sequence = service, index, 0

    def report(self, number, count, proven=True, log=LOG, pc=0x100):
        """One check-in with one record; what the service acknowledges."""
        self.sequence += 10
        words = f"failures={int(proven)},{log},{number},{pc:x},{count}"
        answer = fake_device("run", self.service.folder, self.index, 0, 1, self.sequence, words)
        self.ueid = answer["ueid"]
        return answer["failure_ack"]

    def counted(self):
        found = self.service.request("GET", f"/v1/failures?device={self.ueid}")[1]["failures"]
        return sum(failure["count"] for failure in found)


@pytest.fixture(scope="module", name="real")
def fixture_real(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("real") / "world") as running:
        yield running.enter_all()


def test_invented_failures_do_not_count(real):
    device = Device(real, 1)
    assert device.report(1, 1000, proven=False) == [0, 0]
    assert device.counted() == 0
    assert real.request("GET", "/v1/status")[1]["refusals"][0]["code"] == "FAILURE_UNPROVEN"
    assert device.report(1, 3) == [LOG, 1]
    assert device.counted() == 3


def test_repeated_failures_count_once(real):
    """Answers that were lost, in any order; a log that was made anew starts from its own first record."""
    device = Device(real, 2)
    for number, count, ack in [(4, 2, 4), (4, 2, 4), (9, 1, 9), (4, 2, 9), (9, 1, 9)]:
        assert device.report(number, count) == [LOG, ack]
    assert device.counted() == 3
    assert device.report(1, 5, log=OTHER_LOG) == [OTHER_LOG, 1]
    assert device.counted() == 8


def test_a_device_cannot_fill_the_store(real):
    device = Device(real, 3)
    for number in range(1, 71):
        assert device.report(number, 1, pc=0x1000 + number) == [LOG, number]
    assert device.counted() == 64


def test_the_attack_succeeds_without_the_rule(tmp_path):
    with Service(tmp_path / "world", without="report") as service:
        service.enter_all()
        device = Device(service, 1)
        assert device.report(1, 1000, proven=False) == [LOG, 1]
        assert device.counted() == 1000
