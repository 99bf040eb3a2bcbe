"""The sections of a data set card, in Markdown in which nothing from rows or settings means anything."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from curate.frontmatter import UNKNOWN
from curate.glossary import explained
from curate.holdings import Holding
from curate.mix import asked, short
from curate.report import Report, Share, StepCount, Types
from curate.settings import CardSettings

SOURCES = 100  # kinds of rows and sources that are listed


def table(head: Sequence[str], rows: Sequence[Sequence[str | int]]) -> str:
    """A Markdown table; texts are escaped, numbers stand right. "None." where there are no rows."""
    if not rows:
        return "None."
    rules = ["---:" if isinstance(cell, int) else "---" for cell in rows[0]]
    lines = [[f"{cell:,}" if isinstance(cell, int) else plain(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rules, *lines])


def plain(text: str) -> str:
    """Any text as one line of Markdown that means nothing but itself, at most 300 characters of it."""
    line = "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(line.split())[:300]
    return re.sub(r"([\\`*_{}\[\]<>()#|!~$&])", r"\\\1", line)


def sizes(report: Report) -> str:
    """How many rows came in and what became of them, in one sentence."""
    sft, left = report.sets["sft"], _sum(report.left_out)
    valid = report.sets["rl"] + left
    reasons = ", ".join(f"{plain(reason)} {_total(types):,}" for reason, types in report.left_out.items())
    but = f", but for {left:,} that are left out ({reasons})" if left else ""
    return (
        f"Of {report.rows_in:,} input rows, {valid:,} are valid, for the set `rl` without a chain of thought{but}; "
        f"{sft:,} of them passed every step, for the set `sft` with one."
    )


def files(holdings: Sequence[Holding]) -> str:
    """A line for each split of each set: rows, and bytes of its files."""
    rows = [(held.name, split.name, split.rows, split.file_bytes) for held in holdings for split in held.splits]
    return table(("set", "split", "rows", "bytes"), rows)


def held_back(report: Report) -> str:
    """What was asked of the validation split and what came; "" where there is none."""
    return f"\n\n{plain(report.validation.told)}" if report.validation else ""


def named(values: Mapping[str, str]) -> str:
    """A list of names and what is said of each."""
    return "\n".join(f"- **{plain(name)}**: {plain(value)}" for name, value in values.items()) or "None."


def asked_for(groups: Sequence[Mapping[str, Any]]) -> str:
    """What the settings asked for of each group beside what is there; "" where they asked for no mix."""
    if not groups:
        return ""
    head = ("group", "asked for", "there", "short by", "taken", "sft", "rl")
    rows = [(g["group"], asked(g), g["there"], short(g), g["taken"], g["sft"], g["rl"]) for g in groups[:SOURCES]]
    more = f"\n\nAnd {len(groups) - SOURCES:,} groups more." if len(groups) > SOURCES else ""
    return f"What was asked for, and what is there:\n\n{table(head, rows)}{more}\n\nWhat the sets are made of:\n\n"


def mix(mix: Sequence[Share]) -> str:
    """What the sets are made of, the most frequent kinds first."""
    shown = sorted(mix, key=lambda share: -share.rl)[:SOURCES]
    more = f"\n\nAnd {len(mix) - SOURCES:,} kinds more." if len(mix) > SOURCES else ""
    return table(("source", "data", "problem type", "sft", "rl"), shown) + more


def licenses(mix: Sequence[Share], about: CardSettings) -> str:
    """A line for each source that the sets have rows of, or that the settings name."""
    sources = dict.fromkeys([*(share.data_source for share in mix), *about.licenses])
    rows = [(source, about.licenses.get(source, UNKNOWN)) for source in sources]
    more = f"\n\nAnd {len(rows) - SOURCES:,} sources more." if len(rows) > SOURCES else ""
    return table(("source", "licence"), rows[:SOURCES]) + more


def columns(holdings: Sequence[Holding]) -> str:
    """What each column of the sets holds."""
    names = dict.fromkeys(name for held in holdings for name in held.columns)
    lines = [f"- `{name}`: {explained(name)}" for name in names]
    return "\n".join(lines) or "As the files themselves say."


def limits(report: Report, holdings: Sequence[Holding]) -> Iterator[str]:
    """What a user must know before training on this."""
    steps = [step.step for step in report.steps()]
    yield "The thinking was written by the models above: it carries their errors and their biases."
    if "answer" in steps:
        yield "Only the final answers were compared with references; no person has read the steps in between."
    else:
        yield "No answer was compared with its reference, and no person has read the steps in between."
    if "leak" in steps:
        yield "The rules against leaked captions read English."
    if all(held.features is not None for held in holdings):
        yield "The media themselves are not part of the sets: `path` says where they lie below a media root."
    yield "Questions, answers and media stay under the licences of their sources; an unknown one is not a free one."


def citation(about: CardSettings) -> str:
    """The settings' own entries, in which nothing ends the block that they stand in."""
    if not about.citation:
        return ""
    lines = ("".join(c for c in line if c.isprintable()) for line in about.citation.replace("`", "'").splitlines())
    return "\n" + "\n".join(lines).strip() + "\n"


def summary(steps: Sequence[StepCount]) -> str:
    """A line for each step: how many rows it kept, and where the others stopped."""
    head = ("step", "kept", "rejected", "not answered yet", "failed")
    return table(head, [(s.step, _total(s.kept), _sum(s.rejected), _total(s.owed), _sum(s.failed)) for s in steps])


def reasons(steps: Sequence[StepCount]) -> str:
    """Why rows stopped at each step, the most frequent reason first."""
    rows: list[tuple[str, str, int]] = []
    for step in steps:
        both = (*step.rejected.items(), *step.failed.items())
        counts = [(reason, _total(types)) for reason, types in both]
        rows += [(step.step, reason, n) for reason, n in sorted(counts, key=lambda count: -count[1])]
    return table(("step", "reason", "rows"), rows)


def types(report: Report, steps: Sequence[StepCount]) -> str:
    """Rows that passed every step, and those for the RL set, by problem type."""
    valid, kept = steps[0].kept, steps[-1].kept
    left = {kind: sum(types.get(kind, 0) for types in report.left_out.values()) for kind in valid}
    rows = [(kind, kept.get(kind, 0), n - left[kind]) for kind, n in valid.items()]
    return table(("problem type", "sft", "rl"), rows)


def _total(types: Types) -> int:
    return sum(types.values())


def _sum(reasons: dict[str, Types]) -> int:
    return sum(map(_total, reasons.values()))
