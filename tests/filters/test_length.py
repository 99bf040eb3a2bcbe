import pytest
from pydantic import ValidationError

from curate.filters.length import LengthFilter, tokens, words
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


def test_words():
    assert words("don't stop,\n 5.0 km") == ["don't", "stop,", "5.0", "km"]
    assert words("一只猫 ok") == ["一", "只", "猫", "ok"]


def test_the_last_thinking_counts():
    both = revised(drafted(record(), "too short"), "word " * 30)
    assert LengthFilter().reason(both) is None


def test_tokens_are_guessed_as_four_characters_or_one_of_chinese_japanese_or_korean():
    assert tokens("word " * 8) == 10
    assert tokens("一只猫 abc") == 3 + 1
    rule = LengthFilter(min_words=0, min_tokens=10, max_tokens=20)
    assert rule.reason(drafted(record(), "x" * 39)) == "too short: 9 tokens, min_tokens = 10"
    assert rule.reason(drafted(record(), "x" * 40)) is None
    assert rule.reason(drafted(record(), "x" * 83)) is None
    assert rule.reason(drafted(record(), "x" * 84)) == "too long: 21 tokens, max_tokens = 20"


def test_a_problem_type_may_have_bounds_of_its_own():
    rule = LengthFilter(min_words=3, by_type={"OCR": {"min_words": 1, "max_words": 2}, "numerical": {"max_words": 4}})
    ocr = {"problem_type": "OCR", "options": ()}
    number = {"problem_type": "numerical", "options": ()}
    assert rule.reason(drafted(record(), "one two")) == "too short: 2 words, min_words = 3"
    assert rule.reason(drafted(record(**ocr), "one two")) is None
    assert rule.reason(drafted(record(**ocr), "one two three")) == "too long: 3 words, max_words = 2"
    assert rule.reason(drafted(record(**number), "one two")) == "too short: 2 words, min_words = 3"
    assert rule.reason(drafted(record(**number), "one two three four five")) == "too long: 5 words, max_words = 4"


@pytest.mark.parametrize(
    "by_type",
    [{"ocr": {"min_words": 1}}, {"OCR": {"min_wrods": 1}}, {"OCR": {"min_words": 3000}}, {"OCR": {"max_words": 5}}],
    ids=["type", "key", "above the general maximum", "below the general minimum"],
)
def test_bounds_of_a_type_that_cannot_be(by_type):
    with pytest.raises(ValidationError):
        LengthFilter(by_type=by_type)
