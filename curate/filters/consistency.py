"""Consistency: the thinking must conclude with the answer that stands behind it (the rule of Video-R2)."""

from curate.conclusions import contradicts
from curate.filter import Filter
from curate.record import Record, Thought
from curate.stages.draft import Draft


class ConsistencyFilter(Filter):
    """Drops thinking that clearly concludes with another option or number than the drafted answer.

    A conclusion is what is said outright at the end ("so the answer is B", "it must be on the table", "I get
    12"). Where nothing is said outright, or in doubt, or only of texts (OCR, free-form), the row is kept.
    """

    needs = (Draft,)

    def reason(self, record: Record) -> str | None:
        """ "thinking and answer differ: …"."""
        answer = record[Draft].answer
        if answer is None:
            return None
        found = contradicts(record[Thought].thinking, answer, record.problem_type, record.options)
        return (
            None if found is None else f"thinking and answer differ: it concludes {found!r}, answered {answer[:80]!r}"
        )
