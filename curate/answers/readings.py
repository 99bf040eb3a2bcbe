"""Two quantities side by side: their units, percentages beside bare numbers, and their values."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from curate.answers.formulas import Compared, compared
from curate.answers.units import alike, whole


class Quantity(NamedTuple):
    """What a text says: a number and its unit ("" without one), or (`value` None) the LaTeX of a formula."""

    value: Fraction | None
    unit: str
    formula: str


def readings(found: Quantity, expected: Quantity) -> list[tuple[Quantity, Quantity]]:
    """The pairs to compare; none where the units differ.

    A percentage beside a bare number is its hundredth ("50%" is 0.5); "percent" may also be left out, but not of a
    number up to 1, which is read as the share itself. Permille is always its thousandth.
    """
    parts = whole(found.unit), whole(expected.unit)
    if (found.unit and expected.unit) or parts == (1, 1):
        return [(found, expected)] if alike(found.unit, expected.unit) else []
    pairs = [(_divided(found, parts[0]), _divided(expected, parts[1]))]
    bare = expected if parts[1] == 1 else found
    return [*pairs, (found, expected)] if 100 in parts and _above_one(bare) else pairs


def _divided(found: Quantity, by: int) -> Quantity:
    if by == 1:
        return found
    if found.value is None:
        return Quantity(None, "", rf"\frac{{{found.formula}}}{{{by}}}")
    return Quantity(found.value / by, "", "")


def _above_one(found: Quantity) -> bool:
    """Whether a number, or a formula that is one, is further than 1 from 0."""
    if found.value is not None:
        return abs(found.value) > 1
    return abs(compared(found.formula, found.formula).found or 0) > 1


def real(pair: tuple[Quantity, Quantity]) -> tuple[Fraction, Fraction] | None:
    """Both values, where both are real numbers."""
    found, expected = pair
    if found.value is not None and expected.value is not None:
        return found.value, expected.value
    try:
        values = [Fraction(value) for value in both(found, expected)[1:] if value is not None]
    except (OverflowError, ValueError):
        return None
    return (values[0], values[1]) if len(values) == 2 else None


def error(pair: tuple[Fraction, Fraction]) -> Fraction:
    """How far the first is off, beside the second."""
    found, expected = pair
    return abs(found - expected) / (abs(expected) or 1)


def both(found: Quantity, expected: Quantity) -> Compared:
    """Both compared as formulas."""
    return compared(_formula(found), _formula(expected))


def _formula(found: Quantity) -> str:
    """A number as LaTeX, for comparing it with a formula."""
    if found.value is None:
        return found.formula
    return format(Decimal(found.value.numerator) / Decimal(found.value.denominator), "f")
