"""Refusal: a thinking must look and think, not say that it cannot."""

from curate.declining import refusal
from curate.filter import Filter
from curate.record import Record, Thought


class RefusalFilter(Filter):
    """Drops thinking that refuses, asks for the medium, or speaks of itself as a model that cannot see.

    That something in the video cannot be seen is no refusal, nor is what somebody says there, in quotation marks. The
    rules read English. A caption record that does it never comes so far: the caption stage rejects it.
    """

    def reason(self, record: Record) -> str | None:
        """ "refusal: …" with the words around it."""
        said = refusal(record[Thought].thinking)
        return None if said is None else f"refusal: {said!r}"
