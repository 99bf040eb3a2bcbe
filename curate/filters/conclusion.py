"""Conclusion: a revision must reach what the draft reached (arXiv 2505.12434, section 3.1)."""

from curate.amounts import amount
from curate.conclusions import chosen, contradicts
from curate.filter import Filter
from curate.record import Record
from curate.stages.draft import Draft
from curate.stages.revise import Revision


class ConclusionFilter(Filter):
    """Drops revisions that clearly conclude with another option or number than their draft did.

    The answer stays the draft's, so a revision that argues for another one would train a contradiction. Where
    one of the two says nothing outright, the row is kept.
    """

    needs = (Draft, Revision)

    def reason(self, record: Record) -> str | None:
        """ "conclusion changed: …"."""
        before = _concluded(record[Draft].thinking, record)
        if before is None:
            return None
        after = contradicts(record[Revision].thinking, before, record.problem_type, record.options)
        return None if after is None else f"conclusion changed: from {before!r} to {after!r}"


def _concluded(thinking: str, record: Record) -> str | None:
    if record.problem_type == "multiple choice":
        return ", ".join(sorted(chosen(thinking, record.options))) or None
    found = amount(thinking) if record.problem_type in ("numerical", "regression") else None
    return f"{float(found.number):.12g}" if found else None
