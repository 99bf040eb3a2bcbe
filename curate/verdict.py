"""What a replay makes of one row: where it stands, and its rows in the sets."""

from typing import NamedTuple

from curate.fitness import Fitness
from curate.layout import Layout
from curate.record import Kept, Output, Record
from curate.report import problem_type
from curate.shards import RejectedRow
from curate.standings import Standing
from curate.walk import Walked


class Verdict(NamedTuple):
    """A row's number and stamp, where it stands, its problem type, and its row in each set that it belongs to.

    `left_out` says why a valid row is not in the RL set.
    """

    number: int
    stamp: bytes
    standing: Standing
    problem_type: str
    sft: Output | None
    rl: Output | None
    rejected: RejectedRow | None
    left_out: str = ""

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
    ) -> "Verdict":
        """The verdict on the row that came in as `record` (None: as no record) and ended so."""
        outcome = walked.outcome
        kept = sft.row(outcome.record) if isinstance(outcome, Kept) else None
        rejected = None if isinstance(outcome, Kept) else RejectedRow.of(outcome)
        valid, left_out = None, fitness.objection(outcome) if record is not None else ""
        if record is not None and not left_out:
            rate = outcome.record.pass_rate if outcome.record else None
            valid = rl.row(record if rate is None else record.model_copy(update={"pass_rate": rate}))
        stood, kind = Standing.of(outcome, asked, walked.used), problem_type(outcome)
        return cls(number, stamp, stood, kind, kept, valid, rejected, left_out)
