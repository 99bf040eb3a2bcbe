from fractions import Fraction

import pytest

from curate.answers.numbers import number
from curate.answers.quantities import equal
from curate.answers.score import score


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1 1/2", Fraction(3, 2), ""),
        ("½", Fraction(1, 2), ""),
        ("1½ m", Fraction(3, 2), "m"),
        ("-¾", Fraction(-3, 4), ""),
        ("1 000", Fraction(1000), ""),
        ("1'234'567", Fraction(1234567), ""),
        ("$1,250.50", Fraction("1250.5"), "$"),
        (r"50\%", Fraction(50), "%"),
        (r"5\text{ cm}", Fraction(5), "cm"),
        (r"5\,\mathrm{kg}", Fraction(5), "kg"),
        (r"30^\circ", Fraction(30), "°"),
        (r"30^{\circ}", Fraction(30), "°"),
        (r"1{,}000", Fraction(1000), ""),
        (r"\boxed{42}", Fraction(42), ""),
        ("$42$", Fraction(42), ""),
        (r"\(42\)", Fraction(42), ""),
        (r"\$42", Fraction(42), "$"),
        (r"2\times 10^{3}", Fraction(2000), ""),
    ],
)
def test_a_number_in_many_dresses(text, value, unit):
    assert number(text) == (value, unit)


@pytest.mark.parametrize(
    "text",
    ["0,123", "1,00", "1 00", "1,000 000", "1 3/2", "1 000/3", "1/0", "5 to 6", "5, 6", "½½", "10-9", "$"],
)
def test_what_is_no_number(text):
    assert number(text) is None


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("5 m", "5 meters", 1.0),
        ("5 metres", "5 m", 1.0),
        ("30 degrees", "30°", 1.0),
        ("3 feet", "3 ft", 1.0),
        ("2 hrs", "2 hours", 1.0),
        ("500 cm", "5 m", 0.0),  # nothing is converted
        ("5 min", "5 m", 0.0),
        (r"\frac{1}{2}", "0.5", 1.0),
        (r"\frac12", "1/2", 1.0),
        ("0.5", r"$\frac{1}{2}$", 1.0),
        (r"\boxed{\frac{1}{2}}", "0.5", 1.0),
        (r"\dfrac{3}{4}", "75%", 1.0),
        (r"2\sqrt{3}", r"\sqrt{12}", 1.0),
        ("2√3", r"\sqrt{12}", 1.0),
        ("3.464102", r"2\sqrt{3}", 1.0),
        ("3.46", r"2\sqrt{3}", 0.0),  # formulas agree to six decimals
        ("π/2", r"\frac{\pi}{2}", 1.0),
        ("10^{-3}", "0.001", 1.0),
        ("x = 5", "5", 1.0),
        ("(x+1)^2", "x^2+2x+1", 1.0),
        ("(x+1)^2", "x^2+1", 0.0),
        (r"\frac{1}{3}", "0.333", 0.0),
        (r"\frac{1}{2}", "half", 0.0),
        (r"\text{five}", "5", 1.0),
        ("10²", "10", 0.0),
        ("10²", "100", 1.0),
        ("5²", "25", 1.0),
        ("2³", "2", 0.0),
        ("10⁻³", "0.001", 1.0),
        ("10⁸", "10", 0.0),
        ("3 × 10⁸", "3e8", 1.0),
        ("1.5 × 10¹²", "1500000000000", 1.0),
        ("6.02 × 10^{23}", "6.02×10²³", 1.0),
        ("(2+3)²", "25", 1.0),
        ("102", "10²", 0.0),
        ("3 × 108", "3 × 10⁸", 0.0),
        ("10³ kg", "1000 kg", 1.0),
        ("10³ kg", "1000 g", 0.0),
        ("10^3 kg", "1000 g", 0.0),
        ("10⁻⁹ s", "10⁻⁹ m", 0.0),
        ("10⁻⁹", "5e-9", 0.0),
        ("10⁻⁷", "1e-7", 1.0),
        ("10² tiles", "100", 1.0),
        ("about 10²", "100", 1.0),
        ("The answer is 10².", "100", 1.0),
        ("0^{-1}", "0", 0.0),
        ("9^{99}", "9", 0.0),
        ("5’3”", "5", 0.0),
        ("5 ft 3", "5", 0.0),
        ("5 by 3", "5", 0.0),
        ("1 in 3", "1", 0.0),
        ("5 km2", "5 km²", 1.0),
        ("5 I-beams", "5", 1.0),
        ("3i.", "3", 0.0),
        ("5. I counted them.", "5", 1.0),
        ("5 I think", "5", 1.0),
        ("4 cars or 3", "4", 0.0),
        ("4 cars and 2", "4", 0.0),
        ("10²ⁿ", "100", 0.0),
        ("2^3n", "8", 0.0),
        ("10^3 m", "1000", 1.0),
        ("5 birds in scene 2", "5", 1.0),
        ("25 cm^ 2", "25 cm²", 1.0),
        ("$10^2$ cm", "100 cm", 1.0),
        ("$5$ cm", "5 cm", 1.0),
        ("$5 and $6", "5", 0.0),
        ("5 m²", "5 m^2", 1.0),
        ("5 m²", "25", 0.0),
        ("5 tens", "5", 0.0),
        ("5 hundredths", "5", 0.0),
        ("5 tons", "5", 1.0),
        ("5x3", "5", 0.0),
        ("5'3\"", "5", 0.0),
        ("5'", "5", 1.0),
        ("5i", "5", 0.0),
        ("5 ill people", "5", 1.0),
        ("5 followed by two zeros", "5", 0.0),
        ("5 choose 2", "5", 0.0),
    ],
)
def test_the_same_number_or_formula(answer, reference, expected):
    assert score("numerical", answer, reference, ()) == expected


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [(r"\frac{9}{2}", "5", 0.9), (r"\sqrt{2}", "1.41421356", 1.0), ("4", r"2^{2}", 1.0), (r"x^2", "4", 0.0)],
)
def test_a_formula_has_a_value(answer, reference, expected):
    assert score("regression", answer, reference, ()) == pytest.approx(expected)


@pytest.mark.parametrize(
    "answer",
    [
        *("5 over 2", "5 times 2", "5 pi", "5 root 2", "5 half", "5 thirds", "5 squared", "5 lakh", "5 negative"),
        *("5 below zero", "5 at most"),
    ],
)
def test_words_that_make_another_number_are_no_units(answer):
    assert equal(answer, "5") == 0.0


@pytest.mark.parametrize("answer", ["∠C = 5°", "m∠A = 5", "\\angle A = 5", "x ≈ 5", "5 times", "5 at-bats"])
def test_what_stands_beside_a_number_and_changes_nothing(answer):
    assert equal(answer, "5") == 1.0
