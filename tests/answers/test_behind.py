import pytest

from curate.answers.behind import stands_behind
from curate.answers.quantities import value


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "cars",
            "parked cars",
            "short films",
            "double beds",
            "older people",
            "TVs",
            "people under the tree",
            "percent",
        ),
        *("max-pooling layers", "min", "left", "pts", "th", "apples and pears", "I think", "players", "kWh", "个"),
    ],
)
def test_units_and_counted_things(unit):
    assert stands_behind(unit)
    assert value(f"5 {unit}") == 5


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "less",
            "more cars",
            "short",
            "shorter than before",
            "halved",
            "increased by half",
            "max",
            "per second",
            "each",
        ),
        *(
            "cars at most",
            "at the most",
            "out of ten",
            "cars max",
            "in the negative",
            "degrees below zero",
            "ab",
            "xyz",
            "n",
            "D",
            "if it counts",
        ),
        *("maybe", "too many", "extra", "double", "t+x^2"),
    ],
)
def test_what_makes_another_number(unit):
    assert not stands_behind(unit)
    assert value(f"5 {unit}") is None
