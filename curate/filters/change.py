"""Change: a revision corrects what is wrong and leaves the rest in its own words (arXiv 2505.12434, section 3.1)."""

from typing import Self

from pydantic import Field, model_validator

from curate.filter import Filter
from curate.filters.length import words
from curate.record import Record
from curate.stages.draft import Draft
from curate.stages.revise import Revision


class ChangeFilter(Filter):
    """Drops revisions that are too unlike their draft, or, where that is set, too like it.

    Similarity is the share of words, of both texts together, that stand in both in the same order (2 LCS / (m + n)).
    `min_similarity` catches what was written anew. `max_similarity` is 1.0, so that an unchanged
    thinking passes: the method has consistent steps left as they are, and what still leaks, `leak` drops.
    """

    needs = (Draft, Revision)
    min_similarity: float = Field(default=0.4, ge=0, le=1)
    max_similarity: float = Field(default=1.0, ge=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_similarity > self.max_similarity:
            raise ValueError(f"min_similarity = {self.min_similarity} is above max_similarity = {self.max_similarity}")
        return self

    def reason(self, record: Record) -> str | None:
        """ "rewritten: …" or "hardly changed: …"."""
        found = similarity(record[Draft].thinking, record[Revision].thinking)
        if found < self.min_similarity:
            return f"rewritten: similarity {found:.2f}, min_similarity = {self.min_similarity:g}"
        if found > self.max_similarity:
            return f"hardly changed: similarity {found:.2f}, max_similarity = {self.max_similarity:g}"
        return None


def similarity(before: str, after: str) -> float:
    """The share of words that stand in both texts in the same order, 0.0 to 1.0."""
    from rapidfuzz.distance import Indel

    if before == after:
        return 1.0
    return float(Indel.normalized_similarity(words(before), words(after)))
