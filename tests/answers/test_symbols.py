"""Options that are formulas, said in another way of writing."""

import pytest

from curate.answers.choices import letters

ANGLES = ("A. 45°", "B. 60°", "C. 120°")
GASES = ("A. CO2", "B. CO", "C. $O_2$", "D. N2")
BOUNDS = ("A. $x > 2$", "B. $x < 2$", r"C. $x \geq 2$", r"D. $x \le 2$")
POWERS = ("A. $x^2$", "B. $x_2$", "C. 2x")


@pytest.mark.parametrize(
    ("text", "options", "found"),
    [
        (r"$60^{\circ}$", ANGLES, "B"),
        (r"60^\circ", ANGLES, "B"),
        (r"$160^{\circ}$", ANGLES, ""),
        (r"B. $60^{\circ}$", ANGLES, "B"),
        (r"A. $60^{\circ}$", ANGLES, ""),
        ("$CO_2$", GASES, "A"),
        (r"$\text{CO}_2$", GASES, "A"),
        (r"\mathrm{CO_2}", GASES, "A"),
        ("CO₂", GASES, "A"),
        ("O₂", GASES, "C"),
        ("O2", GASES, "C"),
        ("$CO_3$", GASES, ""),
        ("$x>2$", BOUNDS, "A"),
        (r"$x \gt 2$", BOUNDS, "A"),
        ("x<2", BOUNDS, "B"),
        ("x ≥ 2", BOUNDS, "C"),
        ("x >= 2", BOUNDS, "C"),
        (r"x \leq 2", BOUNDS, "D"),
        ("The answer is x ≥ 2.", BOUNDS, "C"),
        ("x ≥ 3", BOUNDS, ""),
        ("x = 2", BOUNDS, ""),
        ("x²", POWERS, "A"),
        ("x^{2}", POWERS, "A"),
        ("x₂", POWERS, "B"),
    ],
)
def test_signs_may_be_written_otherwise(text, options, found):
    assert letters(text, options) == frozenset(found)
