"""T-12: one skipped instruction does not boot a tampered image. Sampled here, anew in every run; `make glitch` takes all.
Without the doubled checks it does."""
import secrets

import pytest

from tests.boot import glitch

COMPARISONS = r"(hardened_equal|digest_check|hardened_require|signature_check|ecdsa_p256_verify): "


def none_boots(tmp_path, scenario, sample, only=""):
    seed = secrets.randbits(32)
    counts, booted = glitch.campaign(tmp_path, scenario, sample=sample, seed=seed, only=only)
    assert booted == [], f"seed {seed}"
    assert counts[glitch.REFUSED] > 0


@pytest.mark.parametrize("scenario", sorted(glitch.SCENARIOS))
def test_no_single_skip_boots(tmp_path, scenario):
    none_boots(tmp_path, scenario, 6 if scenario in glitch.SLOW else 15)


def test_no_skip_in_the_comparison_boots(tmp_path):
    none_boots(tmp_path, "tampered_image", 30, COMPARISONS)


def test_twin_without_doubled_checks_boots(tmp_path):
    _, booted = glitch.campaign(tmp_path, "tampered_image", glitch.TWIN, only="hardened_equal: cmp", enough=1)
    assert len(booted) == 1
