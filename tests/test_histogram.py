"""Distributions of whole numbers."""

from collections import Counter

import pytest

from curate.histogram import MOST, binned, edges, figures


def test_figures_of_nothing_and_of_one_row():
    assert figures({}) == {"rows": 0}
    assert figures({7: 1}) == {"rows": 1, "mean": 7, "min": 7, **{f"p{n}": 7 for n in (5, 25, 50, 75, 95)}, "max": 7}


def test_percentiles_are_values_that_so_many_rows_do_not_exceed():
    told = figures(Counter(range(1, 101)))
    assert [told[key] for key in ("min", "p5", "p25", "p50", "p75", "p95", "max")] == [1, 5, 25, 50, 75, 95, 100]
    assert told["mean"] == 50.5
    assert figures({1: 1, 9: 2})["p50"] == 9


def test_a_scale_divides_every_value():
    assert figures({500: 1, 1000: 1}, 1000)["p25"] == 0.5
    assert figures({500: 1, 1000: 1}, 1000)["mean"] == 0.75


@pytest.mark.parametrize(
    "counts",
    [{0: 1}, {1: 1}, {0: 3, 1: 2}, {7: 10**6}, {1: 1, 10_000: 1}, Counter(range(3000)), {250: 4, 251: 9}],
)
def test_every_value_falls_into_one_bin(counts):
    bounds = edges([counts])
    assert bounds == sorted(set(bounds))
    assert len(bounds) - 1 <= MOST + 1
    found = binned(counts, bounds)
    assert sum(found) == sum(counts.values())
    for value, n in counts.items():
        at = max(i for i, edge in enumerate(bounds) if edge <= value)
        assert value < bounds[at + 1]
        assert found[at] >= n


def test_nothing_has_no_edges():
    assert edges([]) == edges([{}]) == []
    assert binned({}, []) == []
