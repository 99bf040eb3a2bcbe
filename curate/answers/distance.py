"""Regression: how near a value is to another."""

from fractions import Fraction
from typing import Literal

By = Literal["error", "mra"]

# The thresholds of VSI-Bench's mean relative accuracy (arXiv 2412.14171, section 3.3): 0.50, 0.55, … 0.95.
THRESHOLDS = [Fraction(step, 20) for step in range(10, 20)]


def close(answer: str, reference: str, by: By = "error") -> float:
    """1 - relative error (at least 0.0), or mean relative accuracy; 0.0 where a side is no real number.

    Mean relative accuracy is the share of the ten thresholds t with relative error < 1 - t. Beside the
    reference 0 only 0 is right.
    """
    from curate.answers.quantities import values  # (a large reader: with the first that is read)

    pair = values(answer, reference)
    if pair is None:
        return 0.0
    found, expected = pair
    if expected == 0:
        return float(found == 0)
    error = abs(found - expected) / abs(expected)
    if by == "mra":
        return sum(error < 1 - threshold for threshold in THRESHOLDS) / len(THRESHOLDS)
    return float(max(Fraction(0), 1 - error))
