"""Every pair of compartment and resource, derived from the system files and tried on the board (T-08, T-23): what is
declared works, everything else is a fault or a refusal. A planted hole is found."""
import pytest

from tests.isolation import matrix


@pytest.mark.parametrize("app", matrix.apps())
def test_what_is_declared_works_and_nothing_else(tmp_path, app):
    tries = matrix.run(tmp_path, app)
    assert not matrix.holes(tries), "\n".join(matrix.holes(tries))
    assert {t.outcome() for t in tries} == {"allowed", "refused", "fault"}


def test_a_region_too_wide_is_found(tmp_path):
    """Each compartment but the last of base reaches the first bytes of its neighbour, and nobody else does."""
    holes = matrix.holes(matrix.run(tmp_path, "thermostat", base="matrix_with_hole"))
    base = [c.name for c in matrix.compartments_of(None)]
    expected = [f"{one} -> {other}: memory, first ({letter})" for one, other in zip(base, base[1:]) for letter in "rw"]
    assert sorted(hole.split(":")[0] + ":" + hole.split(":")[1] for hole in holes) == sorted(expected)
