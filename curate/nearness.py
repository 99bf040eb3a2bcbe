"""Which rows ask nearly the same about one medium as a row before them: told from the text of all rows, asking nobody.

Compared are rows of the same medium, answer, numbers and words that turn a question round, by the Jaccard index of
their pairs of words (A. Broder, "On the resemblance and containment of documents", 1997). Such groups are so small
that the index itself costs less than an estimate of it by MinHash.
"""

import re
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from curate import tags
from curate.answers.labels import named, unlabelled
from curate.answers.score import PAPER, Measures
from curate.intake import LeftOut, question, usable, usable_rows
from curate.sources import Row

LONGEST = 20_000  # characters of a question above which it is not compared
MOST = 32  # rows of one group that a row is compared with, the latest
CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
WORD = re.compile(rf"[{CJK}]|[^\W{CJK}]+")
WHERE = re.compile(r"\b(?:in|of|from|during|throughout) (?:the|this) (?:video|clip|image|picture|photo|footage)\b")
EMPTY = frozenset({
    "a", "an", "the", "this", "that", "these", "those", "is", "are", "was", "were", "be", "been", "do", "does", "did",
    "please", "options",
})  # fmt: skip
# Of "what is on the left?" and "what is on the right?" few pairs of words differ.
TURNS = frozenset({
    "not", "no", "never", "without", "before", "after", "first", "second", "third", "fourth", "fifth", "last", "next",
    "previous", "left", "right", "top", "bottom", "above", "below", "under", "over", "inside", "outside", "more",
    "less", "fewer", "most", "least", "same", "different", "start", "begin", "beginning", "end", "one", "two",
    "three", "four", "five", "six", "seven", "eight", "nine", "ten", "highest", "lowest", "largest", "smallest",
    "longest", "shortest", "true", "false",
})  # fmt: skip


class Duplicates(BaseModel):
    """What counts as nearly the same.

    `questions` is the share of common pairs of words above which two questions about one medium are one (1.0: the
    words must be the same). With `clips`, a clip in another encoding is the same medium.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    questions: float = Field(default=0.85, ge=0.5, le=1)
    clips: bool = False


def repeats(
    rows: Iterable[Row],
    share: float,
    again: Callable[[int], Row],
    left_out: LeftOut,
    same: Mapping[str, str],
    measures: Measures = PAPER,
) -> dict[int, int]:
    """{number of a row: problem_id of the row before it that asks nearly the same}.

    `again` gives a row by its number; `same` says by path which media are copies of another. What is the same to
    the letter is left to the intake, and so is what cannot be used.
    """
    found: dict[int, int] = {}
    lone: dict[int, int] = {}
    groups: dict[int, list[Asked]] = {}
    for number, fields in _comparable(rows, left_out, measures):
        group = _group(fields, same)
        if group not in lone:
            lone[group] = number
            continue
        if group not in groups:
            groups[group] = [Asked(usable(again(lone[group]).raw, lone[group], measures))]
        asked, known = Asked(fields), groups[group]
        first = asked.like(known[-MOST:], share)
        if first is None:
            known.append(asked)
            del known[:-MOST]
        elif first.exact != asked.exact:
            found[number] = first.problem_id
    return found


class Asked:
    """What a row asks, as it is compared."""

    __slots__ = ("exact", "pairs", "problem_id")

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.problem_id: int = fields["problem_id"]
        self.exact = hash(question(fields))
        self.pairs = frozenset(zlib.crc32(pair.encode()) for pair in pairs(fields["problem"], fields["options"]))

    def like(self, others: Iterable["Asked"], share: float) -> "Asked | None":
        """The first of these that asks the same; before it, one that does to the letter."""
        near = None
        for other in others:
            if other.exact == self.exact:
                return other
            if near is None and jaccard(self.pairs, other.pairs) >= share:
                near = other
        return near


def jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of all their members that both have, 0.0 to 1.0."""
    if not one or not other:
        return 0.0
    common = len(one & other)
    return common / (len(one) + len(other) - common)


def pairs(problem: str, options: Iterable[str]) -> Iterator[str]:
    """Words that follow each other in a line of the problem, or in an option, wherever that stands."""
    for line in (*problem.splitlines(), *options):
        said = [word for word in words(unlabelled(line)) if word not in EMPTY]
        yield from map(" ".join, pairwise(["", *said])) if said else ()


def words(text: str) -> list[str]:
    """The words of a text in lower case, without marks and without where it is that one looks."""
    known = text if text.isascii() else unicodedata.normalize("NFKC", text)
    plain = " ".join(WORD.findall(known.casefold()))
    return WHERE.sub(" ", plain).split()


def answer(fields: Mapping[str, Any]) -> str:
    """The words of the right answer; of a choice, those of its option."""
    from curate.answers.choices import letter  # (a large reader: with the first that is read)

    said = tags.answer_in(fields["solution"]) or ""
    one = letter(said, fields["options"]) if fields["options"] else None
    return " ".join(words(dict(named(fields["options"])).get(one or "", said)))


def _group(fields: Mapping[str, Any], same: Mapping[str, str]) -> int:
    """A name for what must be the same in two rows before they are compared."""
    problem, path = fields["problem"], fields["path"]
    told = sorted(word for word in words(problem) if word in TURNS or not word.isalpha())
    return hash((same.get(path, path), fields["data_type"], fields["problem_type"], answer(fields), *told))


def _comparable(rows: Iterable[Row], left_out: LeftOut, measures: Measures) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows that will be asked about, as far as their text tells, but the very long ones."""
    for number, fields in usable_rows(rows, measures):
        if sum(map(len, (fields["problem"], *fields["options"]))) <= LONGEST and not left_out(fields):
            yield number, fields
