"""Consistency: the thinking must conclude with the answer that stands behind it (the rule of Video-R2)."""

from curate.conclusions import contradicts
from curate.filter import Filter
from curate.record import Record, Thought
from curate.stages.draft import Draft
from curate.tags import answer_in


class ConsistencyFilter(Filter):
    """Drops thinking that clearly concludes with another option or number than the answer.

    That is the drafted one; of regression also the reference, which is what a set puts behind the thinking.

    A conclusion is what is said outright at the end ("so the answer is B", "it must be on the table", "I get
    12"). Where nothing is said outright, or in doubt, or only of texts (OCR, free-form), the row is kept.
    """

    needs = (Draft,)

    def reason(self, record: Record) -> str | None:
        """ "thinking and answer differ: …"."""
        answer = record[Draft].answer
        if answer is None:
            return None
        said, kind = record[Thought].thinking, record.problem_type
        if (found := contradicts(said, answer, kind, record.options)) is not None:
            return f"thinking and answer differ: it concludes {found!r}, answered {answer[:80]!r}"
        # A number that is near enough to count as right may be far from the reference, which is what stands behind it.
        solution = (answer_in(record.solution) or "") if kind == "regression" else ""
        found = contradicts(said, solution, kind, record.options) if solution else None
        return (
            None if found is None else f"thinking and reference differ: it concludes {found!r}, not {solution[:80]!r}"
        )
