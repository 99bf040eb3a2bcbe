"""Two quantities side by side: their units and their values."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from curate.answers.formulas import Compared, compared
from curate.answers.units import alike


class Quantity(NamedTuple):
    """What a text says: a number and its unit ("" without one), or (`value` None) the LaTeX of a formula."""

    value: Fraction | None
    unit: str
    formula: str


def readings(found: Quantity, expected: Quantity) -> list[tuple[Quantity, Quantity]]:
    """The pairs to compare; none where the units differ."""
    return [(found, expected)] if alike(found.unit, expected.unit) else []


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
