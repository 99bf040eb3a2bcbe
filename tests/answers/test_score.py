import math
import time

import pytest

from curate.answers.choices import letter
from curate.answers.likeness import rouge
from curate.answers.numbers import number
from curate.answers.score import score
from curate.answers.texts import MAX_TEXT

ANIMALS = ("A. A cat", "B. A dog", "C. cats and dogs")
NAMES = ("A. C", "B. A", "C. B")
BARE = ("red", "green", "blue")


@pytest.mark.parametrize("problem_type", ["multiple choice", "numerical", "OCR", "free-form", "regression"])
@pytest.mark.parametrize(("answer", "reference"), [(None, "A"), (None, ""), ("", ""), (" \n", " "), ("5", "")])
def test_what_is_missing_is_never_right(problem_type, answer, reference):
    assert score(problem_type, answer, reference, ()) == 0.0


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("A", ANIMALS, "A"),
        ("a", ANIMALS, "A"),
        ("A.", ANIMALS, "A"),
        ("(A)", ANIMALS, "A"),
        ("[A]", ANIMALS, "A"),
        ("(a).", ANIMALS, "A"),
        ("a)", ANIMALS, "A"),
        ("**B**", ANIMALS, "B"),
        ("$B$", ANIMALS, "B"),
        ("A. A cat", ANIMALS, "A"),
        ("B. A dog.", ANIMALS, "B"),
        ("(B) A dog", ANIMALS, "B"),
        ("B: because it barks", ANIMALS, "B"),
        ("Option B", ANIMALS, "B"),
        ("option (B)", ANIMALS, "B"),
        ("The answer is C", ANIMALS, "C"),
        ("The correct answer is: option C.", ANIMALS, "C"),
        ("Answer: C", ANIMALS, "C"),
        ("A cat", ANIMALS, "A"),
        ("a  DOG.", ANIMALS, "B"),
        ("A cat", BARE, None),
        ("A dog", ("A. A cat", "B. red"), None),
        ("A table", ANIMALS, None),
        ("A. red", ("A. blue", "B. red"), None),
        ("A or B", ANIMALS, None),
        ("A, B", ANIMALS, None),
        ("(A) or (B)", ANIMALS, None),
        ("A. B.", ANIMALS, None),
        ("AB", ANIMALS, None),
        ("none of them", ANIMALS, None),
        ("A", NAMES, "A"),
        ("green", BARE, "B"),
        ("b", BARE, "B"),
        ("red", ("red", "red"), None),
        ("a.m.", ("A. p.m.", "B. a.m."), "B"),
    ],
)
def test_letter(text, options, expected):
    assert letter(text, options) == expected


@pytest.mark.parametrize(
    ("answer", "reference", "options", "expected"),
    [
        ("B", "B. A dog", ANIMALS, 1.0),
        ("A dog", "B", ANIMALS, 1.0),
        ("A dog", "A", ANIMALS, 0.0),
        ("A cat sleeps", "A", ANIMALS, 0.0),
        ("yes", "Yes.", (), 1.0),
        ("no", "Yes.", (), 0.0),
        ("A", "neither", ANIMALS, 0.0),
    ],
)
def test_multiple_choice(answer, reference, options, expected):
    assert score("multiple choice", answer, reference, options) == expected


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("5", "5.0", 1.0),
        ("5.", "+5", 1.0),
        (".5", "0.50", 1.0),
        ("−3", "-3", 1.0),
        ("0", "-0.0", 1.0),
        ("1,000", "1000", 1.0),
        ("1,234,567.5", "1234567.5", 1.0),
        ("1,5", "15", 0.0),
        ("10,00", "1000", 0.0),
        ("1,5", "1.5", 0.0),
        ("1,5", "1,5", 1.0),
        ("$5", "5", 1.0),
        ("-$5", "-5", 1.0),
        ("$5$", "5", 1.0),
        ("5 cm", "5", 1.0),
        ("5cm²", "5 cm²", 1.0),
        ("5 m/s^2", "5", 1.0),
        ("50%", "50", 1.0),
        ("50 percent", "50%", 1.0),
        ("50%", "0.5", 1.0),
        ("5 km", "5 cm", 0.0),
        ("5 meters", "5 meter", 1.0),
        ("5 million", "5", 0.0),
        ("5 or 6", "5", 0.0),
        ("5 or more", "5", 0.0),
        ("5-6", "5", 0.0),
        ("5x", "5", 0.0),
        ("1e3", "1000", 1.0),
        ("1.5×10^3", "1500", 1.0),
        ("2 \\times 10^{-2}", "0.02", 1.0),
        ("1/2", "0.5", 1.0),
        ("2/6", "1/3", 1.0),
        ("-1/2", "-0.5", 1.0),
        ("1/0", "1/0", 1.0),
        ("1/0", "0", 0.0),
        ("1/3", "0.333", 0.0),
        ("3:2", "3:2", 1.0),
        ("5", "3:2", 0.0),
        ("NaN", "NaN", 0.0),
        ("inf", "inf", 0.0),
        ("several", "several", 0.0),
        ("+-5", "-5", 0.0),
        ("1e999999999", "1", 0.0),
        ("0.1", "0.10000000000000000001", 0.0),
        ("5.1", "5", 0.0),
    ],
)
def test_numerical(answer, reference, expected):
    assert score("numerical", answer, reference, ()) == expected


def test_number_tells_its_unit():
    assert number("5.50 cm") == (5.5, "cm")
    assert number("7") == (7, "")
    assert number("1" * 101) is None


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("5", "5", 1.0),
        ("4", "5", 0.8),
        ("6 m", "5", 0.8),
        ("-4", "-5", 0.8),
        ("11", "5", 0.0),
        ("-5", "5", 0.0),
        ("0", "0", 1.0),
        ("0.0001", "0", 0.0),
        ("about five", "5", 1.0),
        ("1e999", "1", 0.0),
        ("5 km", "5 cm", 0.0),
    ],
)
def test_regression(answer, reference, expected):
    assert score("regression", answer, reference, ()) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("STOP", "STOP", 1.0),
        ("stop", "STOP", 0.0),
        ("NO  PARKING\nHERE", "NO PARKING HERE", 1.0),
        ("NO PARKING", "NO PARKING HERE", 2 / 3),
        ("ＮＯ", "NO", 1.0),
        ("a b c d e f", "a", 0.0),
    ],
)
def test_ocr(answer, reference, expected):
    assert score("OCR", answer, reference, ()) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("The cat sat.", "the cat sat", 1.0),
        ("cat", "Cat", 1.0),
        ("a cat", "cat", 2 / 3),
        ("dog", "cat", 0.0),
        # unigrams 3/3, bigrams 0/2, longest common subsequence 1 of 3
        ("c b a", "a b c", (1 + 0 + 1 / 3) / 3),
        # F1 of unigrams 2·3/7, bigrams 2·2/5, longest common subsequence 2·3/7
        ("the big cat", "the big cat sleeps", (6 / 7 + 4 / 5 + 6 / 7) / 3),
        ("猫在睡觉", "猫在睡觉", 1.0),
        ("猫在跑", "猫在睡觉", (2 * 2 / 7 + 2 * 1 / 5 + 2 * 2 / 7) / 3),
        ("?", "?", 1.0),
        ("?", "!", 0.0),
        ("?", "cat", 0.0),
    ],
)
def test_free_form(answer, reference, expected):
    assert score("free-form", answer, reference, ()) == pytest.approx(expected)


def test_rouge_counts_a_repeated_word_only_as_often_as_the_reference_has_it():
    assert rouge("cat cat cat cat", "cat") == pytest.approx((2 * 1 / 5 + 2 * 1 / 5) / 2)


@pytest.mark.parametrize("problem_type", ["multiple choice", "numerical", "OCR", "free-form", "regression"])
@pytest.mark.parametrize(
    "text",
    [
        "a " * (MAX_TEXT // 2),
        "9" * MAX_TEXT,
        "1,000" * 4000,
        "((A) " * 4000,
        "x" * 5_000_000,
        "1e" + "9" * 90,
    ],
)
def test_hostile_text_takes_no_time(problem_type, text):
    started = time.process_time()
    for answer, reference in [(text, "5 a"), ("5 a", text), (text, text[::-1])]:
        assert 0.0 <= score(problem_type, answer, reference, (text, text)) <= 1.0
    assert time.process_time() - started < 3


def test_every_score_is_a_finite_number_between_0_and_1():
    texts = [
        "A",
        "A. x",
        "5",
        "-5",
        "1e300",
        "1e-300",
        "NaN",
        "½",
        "\ud800",
        "\x00",
        "٣",
        "5²",
        "/",
        ".",
        "-",
        "e5",
    ]
    kinds = ["multiple choice", "numerical", "OCR", "free-form", "regression"]
    scores = [score(kind, a, b, ("A. x", "B. y")) for kind in kinds for a in texts for b in texts]
    assert all(math.isfinite(s) and 0 <= s <= 1 for s in scores)


def test_a_text_above_the_bound_is_no_answer():
    assert score("free-form", "a" * MAX_TEXT, "a" * MAX_TEXT, ()) == 1.0
    assert score("free-form", "a" * (MAX_TEXT + 1), "a" * (MAX_TEXT + 1), ()) == 0.0
