"""The same measure in another unit, in brackets: "3 m (10 ft)". Only such an aside is converted, never an answer."""

from collections.abc import Mapping
from fractions import Fraction

from curate.answers.units import alike

ROUNDED = Fraction(1, 10)  # how far an aside may be off; it is often rounded
LENGTHS = {"mm": "0.001", "cm": "0.01", "m": "1", "km": "1000", "in": "0.0254", "ft": "0.3048", "yd": "0.9144"}
MEASURES: tuple[Mapping[str, str], ...] = (
    {**LENGTHS, "mi": "1609.344"},
    {"g": "1", "kg": "1000", "t": "1000000", "oz": "28.35", "lb": "453.6"},
    {"m/s": "3.6", "km/h": "1", "mi/h": "1.609344"},
    {"ml": "0.001", "l": "1", "gal": "3.785"},
    {"s": "1", "min": "60", "h": "3600"},
)


def converted(found: tuple[Fraction, str], again: tuple[Fraction, str]) -> bool:
    """Whether the second is the first in another unit, roughly."""
    if not found[1] or not again[1] or alike(found[1], again[1]):
        return False
    for units in MEASURES:
        one, other = (next((said for said in units if alike(unit, said)), None) for _, unit in (found, again))
        if one and other:
            values = found[0] * Fraction(units[one]), again[0] * Fraction(units[other])
            return abs(values[0] - values[1]) <= ROUNDED * abs(values[0])
    return False
