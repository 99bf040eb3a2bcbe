"""What a person sees of a run while it goes: a table on a terminal, else a line now and then."""

from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from curate.words import duration, one_line

COLUMNS = ("done", "owed", "in flight", "retried", "rejected", "failed", "per s", "tokens/s", "USD", "time left")
SHOWN = 5  # causes of trouble


def live(facts: dict[str, Any]) -> Group:
    """The whole view: rows, a line for each stage and filter, each model's pace, the latest trouble."""
    lines = [Text(line, no_wrap=True, overflow="ellipsis", style="yellow") for line in troubled(facts)]
    paces = [Text(paced(name, model), no_wrap=True, overflow="ellipsis") for name, model in facts["models"].items()]
    return Group(Text(headed(facts), style="bold", no_wrap=True, overflow="ellipsis"), table(facts), *paces, *lines)


def headed(facts: dict[str, Any]) -> str:
    """Rows, money and time in one line."""
    parts = [f"{facts['rows_done']:,} of {facts['rows']:,} rows"]
    parts += [money] if (money := _money(facts)) else []
    if facts["stages"]:
        left = facts["seconds_left"]
        parts.append(_unknown(facts) if left is None else f"about {duration(left)} left")
    return " · ".join(parts)


def table(facts: dict[str, Any]) -> Table:
    """A line for each step; one that only judges has a short one."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    names = COLUMNS if facts["stages"] else ("done", "rejected", "failed")
    for name in ("stage", *names):
        shown.add_column(name, justify="left" if name == "stage" else "right", no_wrap=True)
    for name, stage in facts["stages"].items():
        shown.add_row(name, *_cells(stage))
    for name, other in facts["others"].items():
        done, rejected, failed = (other[key] for key in ("passed", "rejected", "failed"))
        gap = ["", "", ""] if facts["stages"] else []
        shown.add_row(name, f"{done:,}", *gap, _number(rejected), _number(failed), style="dim")
    return shown


def paced(name: str, model: dict[str, Any]) -> str:
    """A model's pace in one line, and what it waits for."""
    if model["gone"]:
        return f"{name}: given up: {one_line(model['gone'])}"
    parts = [f"{model['in_flight']:,} in flight"]
    parts += [f"{model['waiting']:,} waiting"] if model["waiting"] else []
    parts += [f"{model['parked']:,} put off"] if model["parked"] else []
    allowed = model["at_most_per_second"]
    parts += [f"at most {allowed:.3g} a second"] if allowed is not None else []
    return f"{name}: {', '.join(parts)}" + (f"; {trouble(model)}" if model["trouble"] else "")


def trouble(model: dict[str, Any]) -> str:
    """Why nothing goes out to this model, and when that changes."""
    asked = model["trouble"].startswith("asked to wait")
    told = f"{'' if asked else 'away: '}{one_line(model['trouble'], 120)}"
    if (again := model["again_in"]) is None:
        return told
    return f"{told}; {'goes on' if asked else 'looking again'} {_soon(again)}"


def troubled(facts: dict[str, Any]) -> list[str]:
    """The latest trouble by cause, what came last first."""
    return [
        f"{each['count']:,} × {one_line(each['cause'], 120)} ({each['stage']}, {duration(each['seconds_ago'])} ago)"
        for each in facts["troubles"][:SHOWN]
    ]


def plain(facts: dict[str, Any]) -> str:
    """All that matters in one line."""
    parts = [headed(facts).replace(" · ", ", ")]
    for name, stage in facts["stages"].items():
        told = [f"{stage['done']:,} done", f"{stage['owed']:,} owed"]
        told += [f"{stage['failed']:,} failed"] if stage["failed"] else []
        told += [f"{stage['per_second']:.3g}/s"] if stage["per_second"] else []
        parts.append(f"{name} {', '.join(told)}")
    return "; ".join(parts)


def _unknown(facts: dict[str, Any]) -> str:
    """Why nobody can tell how long it takes: the model that has been away longest, and when it is looked for again."""
    away = {name: model for name, model in facts["models"].items() if model["away_for"] is not None}
    if not away:
        return "time left not known yet"
    name = max(away, key=lambda name: away[name]["away_for"])
    return f"waiting for {name}, away for {duration(away[name]['away_for'])}{_again(away[name])}"


def _again(model: dict[str, Any]) -> str:
    if (again := model["again_in"]) is None:
        return ", looking now"
    return f", looking again {_soon(again)}"


def _soon(seconds: float) -> str:
    return "now" if seconds < 0.5 else f"in {duration(seconds)}"


def _money(facts: dict[str, Any]) -> str:
    if facts["max_cost"] is not None:
        return f"{facts['spent']:.2f} of {facts['max_cost']:g} USD spent"
    if facts["max_tokens"] is not None:
        return f"{facts['spent_tokens']:,} of {facts['max_tokens']:,} tokens used"
    if not facts["cost"]:
        return ""
    rest = f", about {facts['cost_left']:.2f} to come" if facts["cost_left"] else ""
    return f"{facts['cost']:.2f} USD{rest}"


def _cells(stage: dict[str, Any]) -> list[str]:
    fast, left = stage["per_second"], stage["seconds_left"]
    ends = "done" if not stage["owed"] else "" if left is None else duration(left)
    counts = [_number(stage[key]) for key in ("in_flight", "retried", "rejected", "failed")]
    tokens = stage["tokens_per_second"]
    cost = f"{stage['cost']:.2f}" if stage["cost"] else ""
    pace = [f"{fast:.3g}" if fast else "", f"{tokens:,.0f}" if tokens else ""]
    return [f"{stage['done']:,}", f"{stage['owed']:,}", *counts, *pace, cost, ends]


def _number(value: int) -> str:
    return f"{value:,}" if value else ""
