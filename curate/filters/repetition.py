"""Repetition: a thinking must not loop."""

import re
from collections import Counter
from itertools import chain

from pydantic import Field

from curate.filter import Filter
from curate.filters.length import words
from curate.record import Record, Thought

SENTENCE_END = re.compile(r"(?<=[.!?…])\s|[。！？\n]")
SHORT = 6  # "Wait, let me look again." may come back as often as it likes


class RepetitionFilter(Filter):
    """Drops thinking that repeats itself: looping passages, or one sentence copied again and again.

    `max_share` bounds how many of the text's runs of `ngram` words stood in it before. Web text
    counts as bad above 0.12 for runs of 8 (Gopher, arXiv 2112.11446, table A1); a thinking that
    weighs options and doubts itself says the question again, so 0.2 leaves it room, while a text
    whose last quarter is a loop is above it. A sentence of 6 words or more may stand `max_copies`
    times: weighing four options in the same words is the most that is still reasoning.
    """

    ngram: int = Field(default=8, ge=2, le=64)
    max_share: float = Field(default=0.2, ge=0, le=1)
    max_copies: int = Field(default=4, ge=1)

    def reason(self, record: Record) -> str | None:
        """ "copied sentence: …" or "looping text: …"."""
        thinking = record[Thought].thinking.casefold()
        parts = sentences(thinking)
        sentence, copies = most_copied(parts, self.max_copies)
        if copies > self.max_copies:
            return f"copied sentence: {copies} times {sentence[:80]!r}"
        share = repeated_share([*chain.from_iterable(parts)], self.ngram)
        if share > self.max_share:
            return f"looping text: {share:.0%} of its runs of {self.ngram} words stood there before"
        return None


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence."""
    return [words(part) for part in SENTENCE_END.split(text)]


def repeated_share(text: list[str], n: int) -> float:
    """The share, in [0, 1], of the runs of n words that stood in the text before; 0.0 where it has none."""
    total = len(text) - n + 1
    if total < 1:
        return 0.0
    return 1 - len(set(zip(*(text[i:] for i in range(n)), strict=False))) / total


def most_copied(parts: list[list[str]], most: int) -> tuple[str, int]:
    """The sentence of 6 words or more that stands there most often, and how often, if that is more than `most` times.

    Else ("", 0).
    """
    lengths = Counter(map(len, parts))  # copies are of one length, so that few sentences need be compared at all
    counts = Counter(" ".join(part) for part in parts if len(part) >= SHORT and lengths[len(part)] > most)
    sentence, copies = max(counts.items(), key=lambda item: item[1], default=("", 0))
    return (sentence, copies) if copies > most else ("", 0)
