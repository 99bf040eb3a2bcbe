"""Video-R1's numbers: those of its code where it is right, in a table made by hand from its rules."""

import pytest
from rouge_score.rouge_scorer import RougeScorer

from curate.answers.score import Measures, score

STRICT = Measures(strict=True)


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("5", "5", 1.0),
        ("3.141", "3.14", 1.0),  # two decimals
        ("3.146", "3.14", 0.0),
        ("0.333", "0.33", 1.0),
        ("1e3", "1000", 1.0),
        ("5 cm", "5 cm", 0.0),  # no units, signs, fractions or formulas
        ("50%", "50%", 0.0),
        ("$5", "5", 0.0),
        ("1/2", "1/2", 0.0),
        (r"\frac{1}{2}", "0.5", 0.0),
        ("five", "five", 0.0),
        # its faults
        ("5", "5.0", 1.0),  # one has a decimal point: 0.0 upstream
        ("1,000", "1000", 1.0),  # a comma counts as one: 0.0 upstream
        ("1,5", "15", 0.0),  # commas are struck out wherever they stand: 1.0 upstream with "1,5" on both sides
        ("inf", "inf", 0.0),  # 1.0 upstream
        ("1_0", "10", 0.0),  # a Python literal: 1.0 upstream
    ],
)
def test_numerical(answer, reference, expected):
    assert score("numerical", answer, reference, (), STRICT) == expected


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("4", "5", 1 - (1 + 1e-9) / (5 + 1e-9)),
        ("6", "-5", 0.0),
        ("20", "5", 0.0),
        ("5 m", "5", 0.0),
        ("1,000", "2,000", 0.5),
        ("0.5", "0", 0.0),
        ("0", "0", 1.0),  # its guard makes this 0.0 upstream
        ("inf", "5", 0.0),
    ],
)
def test_regression(answer, reference, expected):
    assert score("regression", answer, reference, (), STRICT) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("NO PARKING", "NO PARKING HERE", 2 / 3),
        ("no parking", "NO PARKING", 0.0),
        ("ＮＯ", "NO", 0.0),
        ("a b c", "a", 0.0),
    ],
)
def test_ocr_takes_the_texts_as_they_are(answer, reference, expected):
    assert score("OCR", answer, reference, (), STRICT) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("The man is cutting vegetables.", "A man cuts a vegetable on the board."),
        ("cat", "Cat"),  # one word has no pairs: 2/3, as upstream
        ("un éléphant", "un elephant"),
        ("aces and keys", "an ace, a key"),
    ],
)
def test_free_form(answer, reference):
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    theirs = [found.fmeasure for found in scorer.score(reference, answer).values()]
    assert score("free-form", answer, reference, (), STRICT) == pytest.approx(sum(theirs) / 3)


def test_a_text_of_which_upstream_reads_no_letter():
    assert score("free-form", "猫在睡觉", "猫在睡觉", (), STRICT) == 1.0  # 0.0 upstream


@pytest.mark.parametrize("answer", ["A", "A.", "(A)", "A. red", "red"])
def test_multiple_choice_is_our_own(answer):
    assert score("multiple choice", answer, "A", ("A. red", "B. blue"), STRICT) == 1.0  # only "A" upstream


@pytest.mark.parametrize("kind", ["multiple choice", "numerical", "OCR", "free-form", "regression"])
def test_missing_tags_on_both_sides_are_not_right(kind):
    assert score(kind, None, "", (), STRICT) == 0.0
    assert score(kind, "", "", (), STRICT) == 0.0


@pytest.mark.parametrize("text", ["a " * 10_000, "9" * 20_000, "猫" * 20_000, "\ud800"])
@pytest.mark.parametrize("kind", ["multiple choice", "numerical", "OCR", "free-form", "regression"])
def test_hostile_texts_have_a_score(kind, text):
    for answer, reference in [(text, "5 a"), ("5 a", text), (text, text[::-1])]:
        assert 0.0 <= score(kind, answer, reference, (text,), STRICT) <= 1.0
