"""References that no answer can be right beside are told from those that some answer can."""

import pytest

from curate.answers.references import hopeless
from curate.answers.score import Measures

TWO = ["A. The shape", "B. Nothing"]
PLAIN = ["Elephant", "Bear"]
STRICT = Measures(strict=True)


@pytest.mark.parametrize("reference", ["E", "(E)", "C.", "A, E", "E. The sky"])
@pytest.mark.parametrize("options", [TWO, PLAIN])
def test_a_letter_that_no_option_has_is_no_choice(reference, options):
    assert hopeless("multiple choice", reference, options) == "reference answer chooses none of the options"


@pytest.mark.parametrize(
    ("reference", "options"),
    [
        ("A", TWO),
        ("(b)", TWO),
        ("A, B", TWO),
        ("The shape", TWO),
        ("Bear", PLAIN),
        ("B", PLAIN),
        ("E", []),  # the options may stand inside the problem
        ("a fox", TWO),  # compared as text
        ("E", ["D. red", "E. blue"]),
        ("e", ["d) red", "e) blue"]),
        ("X", ["X", "Y"]),
        ("[D]", ["[C] red", "[D] blue"]),
    ],
)
def test_a_choice_that_may_be_one_is_left_alone(reference, options):
    assert hopeless("multiple choice", reference, options) == ""


@pytest.mark.parametrize("kind", ["numerical", "regression"])
@pytest.mark.parametrize("reference", ["several", "a lot", "big", "n/a", "9" * 30_000])
def test_what_is_no_number_is_told(kind, reference):
    assert hopeless(kind, reference, []) == "reference answer is no number"


@pytest.mark.parametrize(
    "reference",
    ["5", "-0.5", "1,000", "5 cm", "50%", "1/2", r"\frac{1}{2}", r"$\pi$", "2√3", "1e5", "3×10⁸", "1.2 × 10⁻⁵"],
)
@pytest.mark.parametrize("kind", ["numerical", "regression"])
def test_numbers_and_formulas_are_left_alone(kind, reference):
    assert hopeless(kind, reference, []) == ""


def test_numbers_that_are_compared_as_text_are_left_alone():
    assert hopeless("numerical", "3:2", []) == ""
    assert hopeless("regression", "3:2", []) == "reference answer is no number"


@pytest.mark.parametrize(
    ("reference", "hope"), [("5", True), ("1,000", True), ("1e3", True), ("50%", False), ("1/2", False)]
)
def test_video_r1_reads_plain_numbers_only(reference, hope):
    for kind in ("numerical", "regression"):
        assert (hopeless(kind, reference, [], STRICT) == "") == hope


@pytest.mark.parametrize("kind", ["OCR", "free-form"])
@pytest.mark.parametrize("measures", [Measures(), STRICT])
def test_texts_are_never_hopeless(kind, measures):
    assert hopeless(kind, "?!", [], measures) == hopeless(kind, "five", TWO, measures) == ""
