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


@pytest.mark.parametrize(
    "unit",
    [
        *("people fewer", "people too many", "points less"),
        *("points behind", "points ahead of them", "seconds slower"),
        *("is too few", "is the maximum", "is a lower bound", "would be a lot", "was my first guess", "looks right"),
        *("in every box", "for each child", "on each side", "eggs to a carton", "rows of ten chairs", "sets of 3"),
        *("at best", "at first", "upwards", "in deficit", "in the first row", "on weekdays", "before the break"),
        *(
            "excluding the child",
            "except one",
            "bar one",
            "apart from the keeper",
            "until one leaves",
            "without the dog",
        ),
        *("fifths", "mod 3", "ten", "wan", "tens", "false", "nope", "as a ceiling", "✗", "₂", "ish", "i"),
        *(
            "people at the start",
            "people plus the coach",
            "people and a half",
            "tons of feathers short",
            "cars missing",
        ),
    ],
)
def test_words_of_no_harmless_form(unit):
    assert not stands_behind(unit)
    assert value(f"5 {unit}") is None


@pytest.mark.parametrize(
    "unit",
    [
        *("kids playing in the yard", "cars parked behind the truck", "windows facing the street", "taxis outside"),
        *(
            "slices were left on the plate",
            "people can be seen",
            "students who passed",
            "birds in trees",
            "men in suits",
        ),
        *("of the boxes", "of them are red", "in the picture", "is the number of candles", "is the answer", "only"),
        *(
            "m from the wall",
            "seconds into the video",
            "cups of tea",
            "years old",
            "stories tall",
            "goldfish",
            "th floor",
        ),
        *("men and women", "I-beams", "USB ports", "red", "apples remain", "laps around the track", "times as large"),
    ],
)
def test_harmless_forms(unit):
    assert stands_behind(unit)
    assert value(f"5 {unit}") == 5


def test_one_thing_is_no_plural():
    assert value("1 car in the yard") == value("one red car") == 1
    assert value("0.5 pizza") is not None
    assert value("5 pizza") is value("1 short") is value("1 higher") is value("1i") is None
