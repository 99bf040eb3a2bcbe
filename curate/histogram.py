"""Distributions of whole numbers, as report.json holds them: figures, and counts between edges."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

SHARES = (5, 25, 50, 75, 95)  # percentiles
MOST = 36  # bins


def figures(counts: Mapping[int, int], scale: float = 1) -> dict[str, Any]:
    """Rows, mean, smallest, percentiles and largest of {value: rows}, each value divided by `scale`.

    A percentile is the smallest value that so many of a hundred rows do not exceed. {"rows": 0} of nothing.
    """
    rows = sum(counts.values())
    if not rows:
        return {"rows": 0}
    values = sorted(counts)
    ends = list(accumulate(counts[value] for value in values))
    found = {
        share: next(v for v, end in zip(values, ends, strict=True) if end * 100 >= rows * share) for share in SHARES
    }
    told = {"min": values[0], **{f"p{share}": value for share, value in found.items()}, "max": values[-1]}
    mean = sum(value * n for value, n in counts.items()) / rows / scale
    return {"rows": rows, "mean": round(mean, 3), **{k: v if scale == 1 else v / scale for k, v in told.items()}}


def edges(counts: Iterable[Mapping[int, int]]) -> list[int]:
    """Edges between which all these values fall, further apart from one to the next; more of them for more rows.

    A bin holds its lower edge and not its upper one. [] of nothing.
    """
    every: Counter[int] = Counter()
    for some in counts:
        every.update(some)
    if not every:
        return []
    low, high = max(min(every), 1), max(*every, 1) + 1
    bins = min(MOST, max(6, math.isqrt(every.total())))
    grown = (round(low * (high / low) ** (i / bins)) for i in range(bins + 1))
    return sorted({0 if min(every) == 0 else low, *grown, high})


def binned(counts: Mapping[int, int], edges: Sequence[int]) -> list[int]:
    """The rows of {value: rows} between each two edges."""
    found = [0] * max(len(edges) - 1, 0)
    at = 0
    for value in sorted(counts):
        while value >= edges[at + 1]:
            at += 1
        found[at] += counts[value]
    return found
