"""Leak: a thinking must not show that something was read instead of seen (arXiv 2505.12434, section 3.1)."""

from curate.filter import Filter
from curate.leaks import leaks, lowered, said
from curate.record import Record, Thought

AROUND = 30


class LeakFilter(Filter):
    """Drops thinking that names captions or other text it was given, frame numbers, exact times or boxes.

    What the question itself says may be said again. The rules read English.
    """

    def reason(self, record: Record) -> str | None:
        """What leaks first, in the order of the rules, with the words around it."""
        thinking = " ".join(record[Thought].thinking.split())
        for reason, match in leaks(lowered(thinking)):
            if said(match) not in " ".join(record.question.split()).lower():
                snippet = thinking[max(match.start() - AROUND, 0) : match.end() + AROUND]
                return f"{reason}: {snippet!r}"
        return None
