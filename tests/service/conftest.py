import pytest

from tests.support.service import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """One service for the tests of a module, with maker, voucher and releases entered."""
    with Service(tmp_path_factory.mktemp("service") / "world", workers=2) as running:
        yield running.enter_all()
