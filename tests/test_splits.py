"""A split by medium, which does not change with the other rows."""

import hashlib

import pytest

from curate.splits import TRAIN, VALIDATION, Held, split_of

MEDIA = [hashlib.sha256(str(n).encode()).digest()[:8] for n in range(20_000)]


def held(share, seed=0):
    return {medium for medium in MEDIA if split_of(medium, share, seed) == VALIDATION}


def test_without_a_share_everything_is_for_training():
    assert held(0.0) == set()
    assert {split_of(medium, 0.5, 0) for medium in MEDIA} == {TRAIN, VALIDATION}


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_the_share_is_about_what_was_asked_for(share):
    assert abs(len(held(share)) / len(MEDIA) - share) < 0.01


def test_a_larger_share_adds_to_a_smaller_one():
    assert held(0.02) < held(0.1) < held(0.5)


def test_another_seed_is_another_split():
    assert len(held(0.1, 0) & held(0.1, 1)) < 300
    assert held(0.1, 7) == held(0.1, 7)


def test_the_split_of_a_medium_stays_from_version_to_version():
    assert [split_of(medium, 0.5, 3)[0] for medium in MEDIA[:12]] == list("vtvvvtvvtvtv")


@pytest.mark.parametrize(
    ("asked", "media", "held", "far"),
    [
        (0.4, 8, 6, True),
        (0.4, 8, 3, False),
        (0.1, 8, 0, True),
        (0.5, 1, 1, True),
        (0.05, 10_000, 480, False),
        (0.9, 20, 20, True),
        (0.3, 0, 0, False),
    ],
)
def test_a_share_far_from_what_was_asked_for_is_told(asked, media, held, far):
    found = Held(asked, media, held, {"sft": 3, "rl": 1234})
    assert found.far == far
    assert found.told.startswith(f"{held:,} of {media:,} media")
    assert found.told.split(". ")[0].endswith("was asked for; rows: 3 of sft, 1,234 of rl")
    assert ("sets.seed" in found.told) == far
