"""The rest of the report: what rows measured, examples walked once more from the journal, and the page over it all."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, zip_longest
from typing import Any

from curate import webpage
from curate.examples import example, revision
from curate.filmstrips import Strip, strips
from curate.findings import Findings, Pick
from curate.intake import LEFT_OUT, NEAR, Entry, usable_rows
from curate.intake import STEP as INPUT
from curate.measures import every
from curate.medium import Medium
from curate.pipeline import Pipeline
from curate.provider import public
from curate.record import Failed, Output, Record, Rejected, Thought
from curate.report import Report
from curate.settings import Settings
from curate.sources import Row
from curate.steps import Way
from curate.tally import Tally


async def reviewed(pipeline: Pipeline, report: Report, findings: Findings) -> str:
    """The text of report.html; what it tells beyond counts goes into the report, too."""
    steps = pipeline.settings.steps
    told = findings.told(steps)
    with uncounted(pipeline):
        looker = Looker(pipeline)
        picked = findings.picked()
        for drop in told["rejections"]:
            picks = picked.get((drop["verdict"], drop["step"], drop["reason"]), [])
            drop["examples"] = [await looker.example(pick, drop["step"]) for pick in picks]
        revisions = [await looker.revision(pick) for pick in findings.changed()]
        told["changes"]["examples"] = [row for row in revisions if row is not None]
    spent = [
        call._asdict() | {"model": public(call.model), "cost": round(call.cost, 6)} for call in pipeline.journal.spent()
    ]
    report.more = {"sampled_every": every(pipeline.total()), **told, "spent": spent}
    shown = _in_turn([drop["examples"] for drop in told["rejections"]] + [told["changes"]["examples"]])
    media = [looker.media[row["medium"]] for row in shown if row["medium"]]
    frames: dict[str, Strip] = await strips(pipeline.eyes, media)
    return await asyncio.to_thread(webpage.page, report.told(), frames)


class Looker:
    """Walks single rows once more; `media` are those that it met, by sha256."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.media: dict[str, Medium] = {}
        self._pipeline = pipeline
        self._intake = pipeline.intake()
        self._way = Way(pipeline.steps(pipeline.settings.steps))

    async def example(self, pick: Pick, step: str) -> dict[str, Any]:
        """The row as an example of what this step drops."""
        row = self._pipeline.rows.row(pick.number)
        entry = await self._intake.again(row)
        unseen = self._unseen(row, entry.item) if isinstance(entry.item, Rejected | Failed) else ""
        return example(row.raw, await self._record(entry, step), pick.detail, unseen)

    async def revision(self, pick: Pick) -> dict[str, Any] | None:
        """The row as an example of what was changed; None where its medium is gone since."""
        record = await self._record(await self._intake.again(self._pipeline.rows.row(pick.number)), "")
        return revision(record) if record is not None else None

    def _unseen(self, row: Row, item: Rejected | Failed) -> str:
        """Why there is nothing to show of the medium of a row that went no further than the input."""
        refused = item.reason in (LEFT_OUT, NEAR) or not list(usable_rows([row], self._pipeline.settings.measures))
        before = "nobody looked at the medium, since the row was refused before: " if refused else ""
        return f"{before}{item.reason}"

    async def _record(self, entry: Entry, step: str) -> Record | None:
        if not isinstance(entry.item, Record):
            return None
        self.media[entry.item.medium.sha256] = entry.item.medium
        # (what the input drops, as a duplicate is, goes nowhere)
        return entry.item if step == INPUT else (await self._pipeline.walked(entry, self._way, Tally())).outcome.record


def thinking(settings: Settings) -> dict[type[Output], str]:
    """Which stage writes each kind of thought."""
    stages = {name: settings.stages[name] for name in settings.steps if name in settings.stages}
    return {stage.output: name for name, stage in stages.items() if issubclass(stage.output, Thought)}


@contextmanager
def uncounted(pipeline: Pipeline) -> Iterator[None]:
    """What is walked in here a second time does not count as answered from the journal."""
    meters, pipeline.progress.meters = pipeline.progress.meters, {}
    try:
        yield
    finally:
        pipeline.progress.meters = meters


def _in_turn(groups: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The first of each group, then the second of each, and so on."""
    return [row for row in chain.from_iterable(zip_longest(*groups)) if row is not None]
