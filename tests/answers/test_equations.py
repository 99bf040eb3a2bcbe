import pytest

from curate.answers.equations import holds, measured
from curate.answers.score import score


@pytest.mark.parametrize(
    "text", ["3 + 2 = 5", "10/3 = 3.33", "x = 5", "x = 2 + 3 = 5", r"\frac{1}{2} = 0.5", "2^3", r"180^\circ = \pi"]
)
def test_sides_that_are_equal(text):
    assert holds(text)


@pytest.mark.parametrize("text", ["6 = 5", "3 + 2 = 6", "3 x 5 = 12", "10/3 = 3.34", "x = 2 + 3 = 6", "1" + "=1" * 9])
def test_sides_that_are_not(text):
    assert not holds(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (r"2\sqrt{3} cm", (r"2\sqrt{3}", "cm")),
        (r"2\pi\text{ cm}^2", (r"2\pi", "cm^2")),
        (r"\frac{1}{2}\%", (r"\frac{1}{2}", "%")),
        (r"x^2\text{ cm}", ("x^2", "cm")),
        ("5 cm + 3 cm = 8 cm", ("5 cm + 3 cm = 8", "cm")),
        # a variable is no unit
        (r"2\pi h", (r"2\pi h", "")),
        ("x^2 + 3m", ("x^2 + 3m", "")),
        (r"\sin(30) a", (r"\sin(30) a", "")),
        (r"\cos 60^\circ", (r"\cos 60^\circ", "")),
    ],
)
def test_the_unit_behind_a_formula(text, parts):
    assert measured(text) == parts


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("x^2+3t", "x^2+3", 0.0),  # math-verify alone would take the t for tonnes
        ("3t+x^2", "x^2+3t", 1.0),
        (r"\cos 60^\circ", "0.5", 1.0),
        ("5 cm + 3 cm = 8 cm", "8 cm", 1.0),
        ("5 cm + 3 cm = 8 cm", "8 m", 0.0),
        (r"\tan 45°", "1", 1.0),
        (r"\sin 60^\circ", "0.5", 0.0),
    ],
)
def test_variables_and_angles(answer, reference, expected):
    assert score("numerical", answer, reference, ()) == expected
