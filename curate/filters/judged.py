"""Judged: what the judge found against a thinking (see the stage `judge`)."""

from curate.filter import Filter
from curate.record import Record
from curate.stages.judge import Judgement


class JudgedFilter(Filter):
    """Drops thinking that, says the judge, does not follow from the medium or does not support its answer.

    `seen` and `supported` say which of the two verdicts count.
    """

    needs = (Judgement,)
    seen: bool = True
    supported: bool = True

    def reason(self, record: Record) -> str | None:
        """ "not seen: …" or "answer not supported: …", with the judge's own words."""
        found = record[Judgement]
        if self.seen and not found.seen:
            return f"not seen: {found.seen_reason[:300]!r}"
        if self.supported and not found.supported:
            return f"answer not supported: {found.supported_reason[:300]!r}"
        return None
