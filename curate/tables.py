"""Tables and stories for people, and the same as plain values for machines."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from curate.checkup import Finding
from curate.estimate import Estimate
from curate.journal import Spent
from curate.mix import asked, short
from curate.progress import Progress, Story
from curate.prose import changes
from curate.record import Failed, Kept, Owed, Rejected, Thought
from curate.report import Report
from curate.savings import Saving
from curate.stages.caption import Caption
from curate.stages.draft import Draft
from curate.steps import Trace
from curate.watch import passed, total
from curate.words import printable

NAMED = 5  # records named for each cause
COUNTED = ("sent", "replayed", "shared", "prompt_tokens", "cached_tokens", "tokens", "cost")


def outcome(progress: Progress) -> Table:
    """How far the records of a run have come: one line per step."""
    tally = progress.tally
    table = _table("step", "passed", "rejected", "failed", "owed", "asked", "from the journal", "shared")
    table.add_row("input", str(passed(progress, "input")), _number(total(tally.rejected, "input")))
    for step in progress.steps:
        meter = progress.meters.get(step)
        asked = [_number(meter.sent), _number(meter.replayed), _number(meter.shared)] if meter else []
        row = [total(tally.rejected, step), total(tally.failed, step), tally.owed[step]]
        table.add_row(step, str(tally.passed[step]), *(_number(n) for n in row), *asked)
    return table


def calls(progress: Progress) -> str:
    """One line on what was asked and what it cost."""
    meters = progress.meters.values()
    sent, replayed, shared, said, cached, answered, cost = (sum(getattr(m, name) for m in meters) for name in COUNTED)
    tokens = f"{said:,} tokens in{f', {cached:,} of them cached' if cached else ''}, {answered:,} out"
    price = f", {cost:.4f} USD" if cost else ""
    return f"asked {sent:,} replies ({tokens}{price}); {replayed:,} came from the journal, {shared:,} were shared"


def problems(progress: Progress) -> list[str]:
    """A line per cause: how many records failed or are owed, some of them by name, and what to do."""
    lines = []
    for (step, reason), number in sorted(progress.tally.failed.items()):
        same = [f for f in progress.failed if (f.step, f.reason) == (step, reason)]
        names = ", ".join(str(number) for number in sorted(f.problem_id or 0 for f in same)[:NAMED])
        more = ", …" if number > NAMED else ""
        details = list(dict.fromkeys(f.detail for f in same if f.detail))[:NAMED]
        detail = f": {' | '.join(details)}" if details else ""
        lines.append(f"{number} failed at {step}, {reason} (problem_id {names}{more}){detail}; run again to ask again")
    for step, number in sorted(progress.tally.owed.items()):
        first = "left unasked" if progress.stopped else f"run `curate {step}` first"
        lines.append(f"{number} wait for {step}: {first}")
    if progress.untouched:
        lines.append(f"{progress.untouched:,} more were not come to")
    return lines


def waterfall(report: Report) -> Table:
    """From the rows in to the rows in the sets: what each step kept and why it dropped the rest."""
    table = _table("step", "kept", "rejected", "failed", "owed", "reasons")
    for count in report.steps():
        rejected, failed = _sum(count.rejected), _sum(count.failed)
        reasons = ", ".join(f"{r} {sum(n.values())}" for r, n in (count.rejected | count.failed).items())
        cells = [_number(n) for n in (rejected, failed, sum(count.owed.values()))]
        table.add_row(count.step, f"{sum(count.kept.values()):,}", *cells, _text(reasons))
    for name, rows in report.sets.items():
        left = report.left_out if name == "rl" else {}
        reasons = ", ".join(f"{reason} {sum(types.values()):,}" for reason, types in left.items())
        table.add_row(Text(f"{name} set", style="bold"), f"{rows:,}", _number(_sum(left)), "", "", _text(reasons))
    return table


def mix(groups: Sequence[Mapping[str, Any]]) -> Table:
    """What the mix asked for, and what is there."""
    table = _table("mix", "asked for", "there", "short by", "taken", "rl", "sft")
    for group in groups:
        there, *counts = (f"{group[name]:,}" for name in ("there", "taken", "rl", "sft"))
        missing = short(group)
        style = "yellow" if missing else ""
        table.add_row(_line(group["group"]), asked(group), there, _number(missing), *counts, style=style)
    return table


def status(progress: Progress) -> Table:
    """Per step: passed, owed, rejected by reason."""
    tally = progress.tally
    table = _table("step", "passed", "owed", "rejected", "reasons")
    for step in ("input", *progress.steps):
        causes = [*sorted(tally.rejected.items()), *sorted(tally.failed.items())]
        reasons = ", ".join(f"{r} {n:,}" for (at, r), n in causes if at == step)
        owed = _number(tally.owed[step] + total(tally.failed, step))  # an unreadable reply is asked again
        rejected = _number(total(tally.rejected, step))
        table.add_row(step, f"{passed(progress, step):,}", owed, rejected, _text(reasons))
    return table


def spared(found: list[Saving]) -> Table:
    """Calls that were not needed, by cause, and what they would have cost."""
    table = _table("calls saved", "by sharing a medium", "by early filters", "by the journal", "USD")
    for saving in found:
        causes = (saving.sharing, saving.filters, saving.replay)
        table.add_row(saving.stage, *(_number(n) for n in causes), f"{saving.cost:.4f}" if saving.cost else "")
    return table


def spending(spent: list[Spent]) -> Table:
    """What was bought: calls, tokens and cost by stage and model."""
    table = _table("stage", "model", "calls", "tokens in", "cached", "tokens out", "USD")
    for s in spent:
        figures = [s.calls, s.prompt_tokens, s.cached_tokens, s.completion_tokens]
        table.add_row(s.stage, _line(s.model), *(f"{n:,}" for n in figures), f"{s.cost:.4f}")
    return table


def estimate(found: Estimate) -> Table:
    """Per stage: requests for all rows, frames and payload of one."""
    table = _table("stage", "model", "requests", "frames a request", "MiB a request", "largest", "cannot be sent")
    for w in found.weights:
        frames = f"{w.frames / len(w.sizes):.1f}" if w.sizes else ""
        weight = [f"{w.mean:.2f}", f"{w.largest:.2f}"] if w.sizes else ["", ""]
        refused = "; ".join(f"{reason} ({number})" for reason, number in w.refused.items())
        table.add_row(w.stage, _line(w.model), f"{found.expected(w):,}", frames, *weight, _text(refused))
    return table


def estimated(found: Estimate) -> str:
    """What the table rests on."""
    unusable = f", {found.unusable} of them unusable" if found.unusable else ""
    basis = f"from {found.seen:,} of {found.total:,} rows{unusable}"
    return f"{basis}; for this nothing was sent; filters and shared media may save requests"


def medium(found: dict[str, Any]) -> Text:
    """What is known of a file, one line each."""
    width = max(map(len, found))
    lines = Text()
    for name, value in found.items():
        shown = "x".join(map(str, value)) if isinstance(value, list) else str(value)
        lines.append(f"{name.replace('_', ' '):{width}}  ", style="bold").append(f"{printable(shown)}\n")
    lines.rstrip()
    return lines


def finding(found: Finding) -> Text:
    """One thing that works, or does not."""
    mark, style = ("ok", "green") if found.good else ("NO", "red") if found.needed else ("--", "yellow")
    return Text.assemble((f"{mark}  ", style), (f"{found.about}: ", "bold"), printable(found.told))


def story(told: Story) -> Group:
    """One record from its question to its end."""
    parts: list[Any] = [Rule(Text(f"problem_id {told.problem_id}"))]
    record = told.record
    if record is not None:
        medium = record.medium
        lost = f", {medium.lost} of them lost" if medium.lost else ""
        frames = f"{len(medium.times)} frames{lost}"
        facts = f"{medium.width}x{medium.height}, {frames}, {medium.duration:.1f} s, {medium.codec}"
        parts.append(Panel(_text(record.question), title=f"{record.problem_type}, {record.data_type}"))
        parts.append(_text(f"{record.path}: {facts}\nreference: {record.solution}"))
    elif isinstance(told.outcome, Rejected):
        parts.append(_text(told.outcome.row_json))
    before: str | None = None
    for trace in told.trail:
        parts += _traced(trace, before)
        if isinstance(trace.output, Thought):
            before = trace.output.thinking
    parts.append(_ended(told))
    return Group(*parts)


def told(story: Story) -> dict[str, Any]:
    """The same as plain values."""
    steps = [
        {
            "step": trace.step,
            "output": trace.output.model_dump(mode="json") if trace.output else None,
            "reason": trace.reason,
        }
        for trace in story.trail
    ]
    outcome = story.outcome
    row = json.loads(outcome.row_json) if isinstance(outcome, Rejected) else story.record.row if story.record else None
    return {"problem_id": story.problem_id, "row": row, "steps": steps, "end": _ended(story).plain}


def diff(before: str, after: str) -> Text:
    """What a revision changed, word by word: red and struck out, green and underlined."""
    text = Text()
    for kind, words in changes(before, after):
        text.append(printable(words), style={"gone": "red strike", "new": "green underline"}.get(kind))
    return text


def _traced(trace: Trace, before: str | None) -> list[Any]:
    """What one step found, under its name."""
    if trace.output is None:
        verdict = Text(f"{trace.step}: ", style="bold")
        verdict.append(
            "passed" if trace.reason is None else f"rejected, {printable(trace.reason)}",
            style="green" if trace.reason is None else "red",
        )
        return [verdict]
    if isinstance(trace.output, Caption):
        return [Panel(_text(trace.output.described.model_dump_json(indent=2)), title=trace.step)]
    if isinstance(trace.output, Draft):
        answer = f"\n\nanswer: {trace.output.answer}"
        return [Panel(_text(trace.output.thinking + answer), title=trace.step)]
    if isinstance(trace.output, Thought) and before is not None:
        return [Panel(diff(before, trace.output.thinking), title=f"{trace.step} (what it changed)")]
    return [Panel(_text(trace.output.model_dump_json(indent=2)), title=trace.step)]


def _ended(told: Story) -> Text:
    match told.outcome:
        case Kept():
            return Text("kept", style="bold green")
        case Rejected(step=step, reason=reason, detail=detail):
            return Text(printable(f"rejected by {step}: {reason} {detail}").rstrip(), style="bold red")
        case Failed(step=step, reason=reason, detail=detail):
            return Text(printable(f"failed at {step}: {reason} {detail}").rstrip(), style="bold red")
        case Owed(step=step, failure=failure):
            return Text(printable(f"owed at {step}: {failure or 'not asked yet'}"), style="bold yellow")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index == 0 or column in ("reasons", "model") else "right")
    return table


def _sum(reasons: dict[str, dict[str, int]]) -> int:
    return sum(sum(types.values()) for types in reasons.values())


def _number(value: int) -> str:
    return f"{value:,}" if value else ""


def _text(text: str) -> Text:
    return Text(printable(text))


def _line(text: str) -> Text:
    """On one line, cut where the table has no room for it."""
    return Text(printable(text), no_wrap=True, overflow="ellipsis")
