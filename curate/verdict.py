"""What a replay makes of one row: where it stands, and its rows in the sets."""

from collections.abc import Callable
from typing import NamedTuple

from curate.fitness import Fitness
from curate.layout import Layout
from curate.measures import Measures
from curate.provenance import Provenance
from curate.record import Kept, Output, Record
from curate.report import problem_type
from curate.shards import RejectedRow
from curate.standings import Standing
from curate.walk import Walked


class Verdict(NamedTuple):
    """A row's number and stamp, where it stands, its problem type, and its row in each set that it belongs to.

    `origin` is (data source, data type) of a valid row, `left_out` says why it is not in the RL set. `medium` is the
    kind of its medium and where that lies, `group` the row's number in the mix, if there is one, `measures` what the
    report measures in it.
    """

    number: int
    stamp: bytes
    standing: Standing
    problem_type: str
    sft: Output | None
    rl: Output | None
    rejected: RejectedRow | None
    origin: tuple[str, str] | None = None
    left_out: str = ""
    medium: tuple[str, str] = ("", "")
    group: int = -1
    measures: Measures = Measures()

    @classmethod
    def of(
        cls,
        number: int,
        stamp: bytes,
        asked: bytes,
        record: Record | None,
        walked: Walked,
        sft: Layout,
        rl: Layout,
        fitness: Fitness = Fitness(),  # noqa: B008
        trace: Callable[[Walked], Provenance] | None = None,
    ) -> "Verdict":
        """The verdict on the row that came in as `record` (None: as no record) and ended so.

        `trace` tells where it comes from, which layouts may want that are `traced`.
        """
        outcome = walked.outcome
        told = trace(walked) if trace and record is not None else None
        kept = sft.row(_telling(outcome.record, sft, told)) if isinstance(outcome, Kept) else None
        rejected = None if isinstance(outcome, Kept) else RejectedRow.of(outcome)
        valid, left_out = None, fitness.objection(outcome) if record is not None else ""
        origin = (record.data_source, record.data_type) if record is not None else None
        if record is not None and not left_out:
            rate = outcome.record.pass_rate if outcome.record else None
            graded = record if rate is None else record.model_copy(update={"pass_rate": rate})
            valid = rl.row(_telling(graded, rl, told))
        stood, kind = Standing.of(outcome, asked, walked.used), problem_type(outcome)
        medium = (record.medium.kind, str(record.medium.path)) if record is not None else ("", "")
        return cls(number, stamp, stood, kind, kept, valid, rejected, origin, left_out, medium)


def _telling(record: Record, layout: Layout, told: Provenance | None) -> Record:
    return record.with_output(told) if layout.traced and told else record
