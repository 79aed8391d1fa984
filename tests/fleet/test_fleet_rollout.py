"""Rollouts over a fleet in rings, while the service is killed: a sample of what `make fleet` runs in full."""
import os
import random

from tests.fleet.fleet import Fleet
from tests.fleet.story import tell

SEED = int(os.environ.get("SEED", str(random.randrange(2**32))))


def test_rings_a_faulty_release_and_a_service_that_dies(tmp_path):
    """T-04, T-07: a faulty release stays in its ring, which comes back by itself; a killed service goes on."""
    fleet = Fleet(tmp_path, size=5, emulated_count=1)
    try:
        tell(fleet, SEED, ring_count=2)
    finally:
        fleet.close()
