"""report.html: the report as one page that needs no network and runs no script, all that it tells escaped."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from curate import assets, plots
from curate.examples import cut
from curate.filmstrips import Strip
from curate.mix import asked, short
from curate.report import TYPES
from curate.words import one_line

REASONS = 18  # bars; the rarer ones are told in the table
GROUPS = 40  # bars of the mix
COLUMNS = 8  # reasons in the table of sources
EXTRAS = 20  # keys of the input rows
NAME = 120  # characters
LONGEST = 2000  # of any text
JOINERS = "\u200c\u200d"  # invisible, and part of many words


def page(report: Mapping[str, Any], strips: Mapping[str, Strip]) -> str:
    """The text of the page: `report` is what report.json holds, `strips` are frames by the sha256 of their medium."""
    import jinja2
    import markupsafe

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    drawn = {name: markupsafe.Markup(svg) for name, svg in _plots(report).items()}  # noqa: S704 - our own
    style = markupsafe.Markup(assets.text("templates", "report.css"))  # noqa: S704 - our own
    told = cleaned(_told(report) | {"report": report})
    template = environment.from_string(assets.text("templates", "report.html"))
    return template.render(**told, strips=_strips(strips), plots=drawn, style=style) + "\n"


def cleaned(value: Any) -> Any:
    """The same with no text too long, and in none a character that could hide, reorder or break what is beside it."""
    match value:
        case str():
            text = cut(value, LONGEST)
            plain = text.isprintable()
            return (
                text if plain else "".join(c if c.isprintable() or c in "\n\t" or c in JOINERS else "�" for c in text)
            )
        case Mapping():
            return {cleaned(key): cleaned(inner) for key, inner in value.items()}
        case list() | tuple():
            return [cleaned(inner) for inner in value]
        case _:
            return value


def _strips(strips: Mapping[str, Strip]) -> dict[str, Any]:
    return {
        key: {"stills": [still._asdict() for still in strip.stills], "missing": cleaned(strip.missing)}
        for key, strip in strips.items()
    }


def _plots(report: Mapping[str, Any]) -> dict[str, str]:
    lengths, changes = report["lengths"], report["changes"]
    steps = [(step["name"], step["kept"], step["reached"] - step["kept"]) for step in _steps(report)]
    drawn = {"waterfall": plots.waterfall(steps, report["rows_in"])}
    if report["rejections"]:
        bars = [(f"{d['step']}: {d['reason']}", d["by"]) for d in frequent(report, REASONS)]
        drawn["rejections"] = plots.rejections([(name, {k: _sum(s) for k, s in by.items()}) for name, by in bars])
    if groups := _mix(report)[:GROUPS]:
        drawn["mix"] = plots.mix([(g["group"], g["taken"], g["there"] - g["taken"], g["short"]) for g in groups])
    if lengths["stages"]:
        drawn["lengths"] = plots.lengths(lengths["edges"], lengths["stages"])
    if changes["rows"]:
        drawn["changes"] = plots.changes(changes["edges"], changes["histogram"])
    return drawn


def _told(report: Mapping[str, Any]) -> dict[str, Any]:
    """What the page tells that stands in the report only between the lines."""
    extras = sorted(report["extra_keys"].items(), key=lambda item: (-item[1], item[0]))
    every, rest = report["sampled_every"], len(extras) - EXTRAS
    return {
        "cost": sum(line["cost"] for line in report["spent"]),
        "steps": _steps(report),
        "undrawn": [len(report["rejections"]) - REASONS, sum(d["rows"] for d in report["rejections"]) - _drawn(report)],
        "undrawn_groups": len(_mix(report)) - GROUPS,
        "kinds": _kinds(report),
        "sources": _sources(report, frequent(report, COLUMNS)),
        "columns": frequent(report, COLUMNS),
        "mix": _mix(report),
        "lengths": _lengths(report),
        "sampled": f" (measured in one of every {every} rows, drawn by lot)" if every > 1 else "",
        "revisions": report["changes"]["examples"],
        "examples": [drop for drop in report["rejections"] if drop["examples"]],
        "extras": [(one_line(key, NAME), n) for key, n in extras[:EXTRAS]],
        "more_extras": f" and {rest:,} more" if rest > 0 else "",
    }


def _steps(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    reached = report["rows_in"]
    for step in report["steps"]:
        rejected, failed = (sum(map(_sum, step[verdict].values())) for verdict in ("rejected", "failed"))
        kept, owed = _sum(step["kept"]), _sum(step["owed"])
        line = {"reached": reached, "rejected": rejected, "failed": failed, "owed": owed, "kept": kept}
        found.append({"name": step["step"], **line})
        reached = kept
    return found


def _kinds(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows by problem type: in, in the RL set, with a chain of thought."""
    first, last = report["steps"][0], report["steps"][-1]
    rows = Counter(first["kept"])
    for types in (*first["rejected"].values(), *first["failed"].values(), first["owed"]):
        rows.update(types)
    rl, sft = Counter(first["kept"]), last["kept"]
    for types in report.get("left_out_of_rl", {}).values():
        rl.subtract(types)
    return [{"name": k, "rows": rows[k], "rl": rl[k], "sft": sft.get(k, 0)} for k in TYPES if rows[k]]


def frequent(report: Mapping[str, Any], most: int) -> list[dict[str, Any]]:
    """The reasons that drop the most rows, in the order of the steps."""
    drops: list[dict[str, Any]] = report["rejections"]
    ranked = sorted(range(len(drops)), key=lambda at: -drops[at]["rows"])
    return [drops[at] for at in sorted(ranked[:most])]


def _drawn(report: Mapping[str, Any]) -> int:
    """The rows that the bars of the reasons stand for."""
    return sum(drop["rows"] for drop in frequent(report, REASONS))


def _sources(report: Mapping[str, Any], columns: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each data source with what it is dropped for: the reason that does most often, and a cell for each column."""
    found = []
    for name, counts in report["data_sources"].items():
        dropped = [(_of_source(drop, name), f"{drop['step']}: {drop['reason']}") for drop in report["rejections"]]
        most, reason = max(dropped, default=(0, ""), key=lambda item: item[0])
        cells = [_of_source(drop, name) for drop in columns]
        found.append({"name": name, **counts, "reason": reason if most else "", "dropped": most, "cells": cells})
    return found


def _mix(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each group of the mix, if one was asked for, with what was asked for and how many rows are missing."""
    return [{**group, "asked": asked(group), "short": short(group)} for group in report.get("mix", ())]


def _lengths(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    stages = report["lengths"]["stages"]
    return [
        {"kind": kind, "stage": stage, "told": kinds[kind]}
        for kind in TYPES
        for stage, kinds in stages.items()
        if kind in kinds
    ]


def _of_source(drop: Mapping[str, Any], source: str) -> int:
    return sum(sources.get(source, 0) for sources in drop["by"].values())


def _sum(types: Mapping[str, int]) -> int:
    return sum(types.values())
