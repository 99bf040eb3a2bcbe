import pytest
from pydantic import ValidationError

from curate.filters.length import LengthFilter
from tests.records import drafted, record, revised


@pytest.mark.parametrize(
    ("count", "reason"),
    [
        (19, "too short: 19 words, min_words = 20"),
        (20, None),
        (2000, None),
        (2001, "too long: 2001 words, max_words = 2000"),
    ],
)
def test_bounds_are_inclusive(count, reason):
    assert LengthFilter().reason(drafted(record(), "word " * count)) == reason


def test_the_options():
    rule = LengthFilter(min_words=2, max_words=3)
    assert rule.reason(drafted(record(), "one")) == "too short: 1 words, min_words = 2"
    assert rule.reason(drafted(record(), "one two three")) is None
    assert rule.reason(drafted(record(), "one two three four")) == "too long: 4 words, max_words = 3"


@pytest.mark.parametrize("options", [{"min_words": -1}, {"max_words": 0}, {"min_words": 9, "max_words": 8}])
def test_options_that_cannot_be(options):
    with pytest.raises(ValidationError):
        LengthFilter(**options)


def test_the_last_thinking_counts():
    both = revised(drafted(record(), "too short"), "word " * 30)
    assert LengthFilter().reason(both) is None
