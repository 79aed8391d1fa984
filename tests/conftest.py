"""How the system tests are spread over the processes that run them (python3-pytest-xdist).

Tests that share what is costly to make, a fixture of their module, stay together in one process; every other test goes to
whichever process is free. Groups come first, so that no long one starts last."""
import pytest


def group_of(item):
    """Name of what must stay together with this test, or None."""
    if marked := item.get_closest_marker("xdist_group"):
        return marked.kwargs.get("name") or marked.args[0]
    definitions = item._fixtureinfo.name2fixturedefs.values()
    if any(definition.scope == "module" for found in definitions for definition in found):
        return item.nodeid.split("::")[0]
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        name = group_of(item)
        if name and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(name=name))
    items.sort(key=lambda item: group_of(item) is None)
