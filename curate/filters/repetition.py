"""Repetition: a thinking must not loop."""

import re
from collections import Counter
from itertools import chain

from pydantic import Field

from curate.filter import Filter
from curate.prose import words
from curate.record import Record, Thought

LINE_END = re.compile(r"[。！？\n]")  # ends a sentence wherever it stands; these only at the end of a word:
WORD_END = frozenset(".!?…")
GLUED = 200  # characters without a blank: no word, no formula, no address
LOOKED_AT = 2000  # of such a run
SHORT = 6  # "Wait, let me look again." may come back as often as it likes


class RepetitionFilter(Filter):
    """Drops thinking that repeats itself: looping passages or characters, or one sentence copied again and again.

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
        """ "copied sentence: …", "looping characters: …" or "looping text: …"."""
        thinking = record[Thought].thinking.casefold()
        parts = None if thinking.isascii() else sentences(thinking)
        text = words(thinking) if parts is None else [*chain.from_iterable(parts)]
        pairs = repeated(text, 2)
        # Whoever copies a sentence so often copies its pairs of words: where few were, none need be looked for.
        if pairs >= self.max_copies * (SHORT - 1):
            sentence, copies = most_copied(parts or sentences(thinking), self.max_copies)
            if copies > self.max_copies:
                return f"copied sentence: {copies} times {sentence[:80]!r}"
        longest = max(map(len, text), default=0)
        if longest >= GLUED and (word := looping(text)):
            return f"looping characters: {word[:80]!r}"
        runs = len(text) - self.ngram + 1
        # A run that stood there before begins with a pair that did: few pairs, fewer runs.
        if runs < 1 or pairs <= self.max_share * runs:
            return None
        share = repeated(text, self.ngram) / runs
        if share > self.max_share:
            return f"looping text: {share:.0%} of its runs of {self.ngram} words stood there before"
        return None


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence."""
    found = []
    for line in LINE_END.split(text):
        said, begun = words(line), 0
        for end, word in enumerate(said, 1):
            if word[-1] in WORD_END:
                found.append(said[begun:end])
                begun = end
        found.append(said[begun:])
    return found


def repeated(text: list[str], n: int) -> int:
    """How many of the text's runs of n words stood in it before."""
    runs = set(zip(*(text[i:] for i in range(n)), strict=False))
    return max(len(text) - n + 1, 0) - len(runs)


def looping(text: list[str]) -> str | None:
    """A word of 200 characters or more, most of whose runs of 8 stood in it before: "hahaha…", "======"."""
    long = (word for word in text if len(word) >= GLUED)
    return next((word for word in long if repeated([*word[:LOOKED_AT]], 8) > min(len(word), LOOKED_AT) / 2), None)


def most_copied(parts: list[list[str]], most: int) -> tuple[str, int]:
    """The sentence of 6 words or more that stands there most often, and how often, if that is more than `most` times.

    Else ("", 0).
    """
    lengths = Counter(map(len, parts))  # copies are of one length, so that few sentences need be compared at all
    counts = Counter(" ".join(part) for part in parts if len(part) >= SHORT and lengths[len(part)] > most)
    sentence, copies = max(counts.items(), key=lambda item: item[1], default=("", 0))
    return (sentence, copies) if copies > most else ("", 0)
