import pytest

from curate.answers.choices import letters
from curate.answers.score import score

ANIMALS = ("A. A cat", "B. A dog", "C. cats and dogs", "D. red, green")
WORDS = ("red", "green", "blue")
RUNS = ("A. AB", "B. BA", "C. none")


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("A, C", ANIMALS, "AC"),
        ("C,A", ANIMALS, "AC"),
        ("A and C", ANIMALS, "AC"),
        ("A, B, and D", ANIMALS, "ABD"),
        ("(A), (C)", ANIMALS, "AC"),
        ("A. A cat, B. A dog", ANIMALS, "AB"),
        ("A. A cat\nC. cats and dogs", ANIMALS, "AC"),
        ("a; c", ANIMALS, "AC"),
        ("A & C", ANIMALS, "AC"),
        ("A/C", ANIMALS, "AC"),
        ("A、C", ANIMALS, "AC"),
        ("**A, C**", ANIMALS, "AC"),
        ("The answers are A and C.", ANIMALS, "AC"),
        ("ACD", ANIMALS, "ACD"),
        ("A cat, a dog", ANIMALS, "AB"),
        ("red, blue", WORDS, "AC"),
        ("A, A", ANIMALS, "A"),
        # an option's own text comes first
        ("cats and dogs", ANIMALS, "C"),
        ("D. red, green", ANIMALS, "D"),
        ("AB", RUNS, "A"),
        # no choice at all
        ("A or C", ANIMALS, ""),
        ("A, or C", ANIMALS, ""),
        ("AX", ANIMALS, ""),
        ("AA", ANIMALS, ""),
        ("CAB", (), ""),
        ("cab", ANIMALS, ""),
        ("A, purple", ANIMALS, ""),
        ("not A, C", ANIMALS, ""),
        ("", ANIMALS, ""),
        (", ,", ANIMALS, ""),
    ],
)
def test_letters(text, options, expected):
    assert letters(text, options) == frozenset(expected)


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("C, A", "A, C", 1.0),
        ("AC", "A, C", 1.0),
        ("A cat; C", "A and C", 1.0),
        ("A", "A, C", 0.0),  # a part of it is wrong
        ("A, B, C", "A, C", 0.0),
        ("A, B", "A", 0.0),  # naming all of them does not win
        ("A. A cat, B. A dog", "A", 0.0),
        ("A or C", "A, C", 0.0),
        ("A. A cat", "A", 1.0),
        ("A.\nA cat", "A", 1.0),
        ("The answer is\n(A)", "A", 1.0),
    ],
)
def test_only_all_of_them_are_right(answer, reference, expected):
    assert score("multiple choice", answer, reference, ANIMALS) == expected


@pytest.mark.parametrize(
    ("answer", "options", "expected"),
    [
        ("X", ("A. X", "B. Y"), "A"),
        ("y.", ("A. X", "B. Y"), "B"),
        ("I", ("A. I", "B. II", "C. III"), "A"),
        ("III", ("A. I", "B. II", "C. III"), "C"),
        ("B", ("A. B", "B. A"), "B"),  # a label before a text
        ("E", ("A. red", "B. blue"), "E"),  # no option at all, so no right one
    ],
)
def test_a_letter_that_is_no_label_may_be_an_options_text(answer, options, expected):
    assert letters(answer, options) == frozenset(expected)


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("A (but B is also possible)", 0.0),
        ("A, though B could be equally right", 0.0),
        ("A, although B may be correct", 0.0),
        ("A (B is also possible)", 0.0),
        ("A because it is red; B is equally plausible", 0.0),
        ("A. A cat. C is also plausible.", 0.0),
        ("A (B could be right)", 0.0),
        ("A. B could also be correct.", 0.0),
        ("A. B could be correct, but the cat is grey.", 1.0),
        ("A. A cat. Option A is also correct by elimination.", 1.0),
        ("A, because A is also the brightest", 1.0),
        ("A, because B is also wrong", 1.0),
        ("A (B and C are also incorrect)", 1.0),
        ("A because vitamin C is also there", 1.0),
        ("A. A cat (as B is too dark)", 1.0),
        ("A (it is also red)", 1.0),
        ("A, because it is also bright", 1.0),
    ],
)
def test_another_option_that_is_thought_possible_takes_a_choice_back(answer, right):
    assert score("multiple choice", answer, "A", ANIMALS) == right


def test_raised_digits_are_no_digits_of_the_line():
    for answer, found in (("10²", "A"), ("102", "B"), ("2⁵", "C"), ("25", "D")):
        assert letters(answer, ("A. 10²", "B. 102", "C. 2⁵", "D. 25")) == frozenset(found)


@pytest.mark.parametrize(
    ("answer", "options", "found"),
    [
        ("A\u200b", ANIMALS, "A"),
        ("\ufeffb.", ANIMALS, "B"),
        ("the dog", ("A. a cat", "B. dog", "C. an owl"), "B"),
        ("owl", ("A. a cat", "B. dog", "C. an owl"), "C"),
        ("a dog", ("A. a cat", "B. dog", "C. an owl"), ""),  # the letter and another option's text
        ("cat", ("A. a cat", "B. the cat"), ""),
        ("cat", ("A. a cat", "B. cat"), "B"),
        ("3 people", ("A. 1", "B. 2", "C. 3"), "C"),
        ("3", ("A. 3 cats", "B. 3 dogs"), ""),
        ("5%", ("A. 5", "B. 50"), ""),
        ("5", ("A. 5%", "B. 50%"), "A"),
        ("5,5", ("A. 5", "B. 50", "C. 5.5"), ""),
        ("0.5", (r"A. $\frac{1}{2}$", r"B. $\frac{1}{3}$"), "A"),
        ("Yes?", ("A. Yes", "B. No"), ""),
        ("Who is it?", ("A. Who is it?", "B. What is it?"), "A"),
    ],
)
def test_options_that_are_said_otherwise(answer, options, found):
    assert letters(answer, options) == frozenset(found)
