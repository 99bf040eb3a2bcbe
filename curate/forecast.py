"""What a projection says, for people and for machines."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from curate.census import Census
from curate.estimate import Estimate
from curate.projection import DRAWS, FIGURES, INSIDE, Projection, Range
from curate.words import duration, printable

HEADS = ("calls", "tokens in", "cached", "tokens out", "USD", "time")


def table(projection: Projection) -> Table:
    """Per stage and in all: what is expected of each figure, and between what it lies."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("stage", *HEADS):
        made.add_column(name, justify="left" if name == "stage" else "right")
    for stage, figures in projection.stages.items():
        made.add_row(Text(printable(stage)), *_cells(figures))
    made.add_row(Text("in all", style="bold"), *_cells(projection.total))
    return made


def lines(census: Census, projection: Projection, piloted: bool) -> list[str]:
    """What the projection rests on, what of the rows is left at its end, and what the time assumes."""
    found = [_basis(census, projection, piloted), _left(census, projection)]
    unknown = [stage for stage, figures in projection.stages.items() if not figures]
    if unknown:
        found.append(f"no record of these came through {', '.join(unknown)}: not projected, and in no sum")
    if projection.slowest:
        found.append(
            f"the time assumes that the servers answer as fast as in the pilot with `concurrency` requests at once; "
            f"stages overlap, so the slowest model, {projection.slowest}, decides"
        )
    else:
        found.append("the time is unknown: " + ("replies came from the journal" if piloted else "run a --pilot"))
    return found


def weighed(found: Estimate) -> dict[str, Any]:
    """The requests that were weighed, as plain values."""
    stages = [
        {
            "stage": w.stage,
            "model": w.model,
            "requests": found.expected(w),
            "pilot_requests": w.requests,
            "frames": w.frames,
            "payload_mean_mib": round(w.mean, 3),
            "payload_largest_mib": round(w.largest, 3),
            "refused": w.refused,
        }
        for w in found.weights
    ]
    return {"rows": found.total, "pilot": found.seen, "unusable": found.unusable, "stages": stages}


def told(census: Census, projection: Projection) -> dict[str, Any]:
    """All figures of a projection as plain values: {low, expected, high}, null where the pilot tells nothing."""
    return {
        "records": projection.records,
        "inside": INSIDE,
        "input": {"rows": census.rows, "unusable": dict(census.unusable), "media": len(census.sharing)},
        "usable": _plain(projection.rows),
        "kept": _plain(projection.kept),
        "slowest": projection.slowest,
        "stages": {stage: _figures(ranges, "units") for stage, ranges in projection.stages.items()},
        "total": _figures(projection.total),
    }


def ranged(found: Range, say: Callable[[float], str]) -> str:
    """One figure as `say` tells it: "120 (100 – 150)"."""
    return f"{say(found.expected)} ({say(found.low)} – {say(found.high)})"


def count(number: float) -> str:
    """A whole number, from a million on in millions: "1,234", "0.4", "12.3M", "4.56G"."""
    for size, unit in ((1e9, "G"), (1e6, "M")):
        if number >= size:
            return f"{number / size:.3g}{unit}" if number < 999.5 * size else f"{number / size:,.0f}{unit}"
    return f"{number:,.0f}" if number >= 10 or number == round(number) else f"{number:.1f}"


def money(usd: float) -> str:
    """USD, to the cent, and small sums as far as they say something."""
    return f"{usd:,.2f}" if usd >= 1 or not usd else f"{usd:.4f}"


def _cells(figures: Mapping[str, Range]) -> list[str]:
    says = (*(count for _ in FIGURES[:-1]), money, duration)
    return [_cell(figures.get(name), say) for name, say in zip((*FIGURES, "seconds"), says, strict=True)]


def _cell(found: Range | None, say: Callable[[float], str]) -> str:
    if found is None:
        return "unknown"
    return ranged(found, say) if any(found) else ""


def _basis(census: Census, projection: Projection, piloted: bool) -> str:
    source = "run now or answered before" if piloted else "that the journal knows; nothing was sent"
    return (
        f"expected (low – high) for the whole input, from {projection.records:,} of {census.rows:,} rows, {source}; "
        f"in {INSIDE:.0%} of {DRAWS:,} draws (a Bayesian bootstrap over these records) it lies between low and high"
    )


def _left(census: Census, projection: Projection) -> str:
    dropped = ", ".join(f"{reason} {number:,}" for reason, number in census.unusable.most_common())
    kept = f", {ranged(projection.kept, count)} pass all steps" if projection.kept else ""
    return (
        f"of {census.rows:,} rows about {len(census.sharing):,} media, {census.unusable.total():,} are unusable"
        f"{f' ({dropped})' if dropped else ''}, {ranged(projection.rows, count)} have a medium that can be shown{kept}"
    )


def _figures(ranges: Mapping[str, Range], *more: str) -> dict[str, Any]:
    found = {name: _plain(ranges.get(name)) for name in (*more, *FIGURES)}
    seconds = ranges.get("seconds")
    return found | {"hours": _plain(Range(*(s / 3600 for s in seconds))) if seconds else None}


def _plain(found: Range | None) -> dict[str, float] | None:
    return {name: float(f"{value:.6g}") for name, value in found._asdict().items()} if found else None
