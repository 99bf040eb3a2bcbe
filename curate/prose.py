"""A text as words: how many, how alike two texts are, and what turned one into the other."""

import difflib
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from curate.answers.texts import CJK

WORD = re.compile(rf"[{CJK}]|[^\s{CJK}]+")
PIECE = re.compile(r"\S+\s*|\s+")
COMPARED = 5000  # words of each text: the work grows with their product


class Change(NamedTuple):
    """A run of words that stayed, is gone or is new, with the white space behind them."""

    kind: Literal["same", "gone", "new"]
    text: str


def words(text: str) -> list[str]:
    """The words of a text, in order, with the punctuation that clings to them.

    A word is what stands between blanks; each Chinese, Japanese or Korean character is one.
    """
    return text.split() if text.isascii() else WORD.findall(text)  # the same, and quicker


def similarity(before: str, after: str) -> float:
    """The share of both texts' words that stand in both in the same order, 0.0 to 1.0: twice their longest common
    subsequence through their words together. The first 5,000 words of each count.
    """
    from rapidfuzz.distance import Indel

    if before == after:
        return 1.0
    return float(Indel.normalized_similarity(words(before)[:COMPARED], words(after)[:COMPARED]))


def changes(before: str, after: str) -> Iterator[Change]:
    """What turned one text into the other, word by word."""
    old, new = PIECE.findall(before), PIECE.findall(after)
    plain_old, plain_new = ([piece.strip() for piece in pieces] for pieces in (old, new))
    # Words that stand there all the time start no match of their own, or a looping text would take minutes.
    for tag, a, b, c, d in difflib.SequenceMatcher(None, plain_old, plain_new).get_opcodes():
        if tag == "equal":
            yield Change("same", "".join(new[c:d]))
            continue
        if b > a:
            yield Change("gone", "".join(old[a:b]))
        if d > c:
            yield Change("new", "".join(new[c:d]))
