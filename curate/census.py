"""What the text of all rows tells before any medium is opened: how many are usable, and which share a medium."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from curate.answers.score import PAPER, Measures
from curate.intake import LEFT_OUT, NEAR, NONE, LeftOut, UnusableError, none, question, usable
from curate.medium import Kind
from curate.sources import Row


@dataclass(slots=True)
class Census:
    """All rows: `fresh` is {number: medium} of those that can be asked about, `unusable` counts the others by reason.

    `sharing` counts the fresh ones by medium, `kinds` says what each is. Media are told apart by path.
    """

    rows: int = 0
    fresh: dict[int, bytes] = field(default_factory=dict)
    sharing: Counter[bytes] = field(default_factory=Counter)
    kinds: dict[bytes, Kind] = field(default_factory=dict)
    unusable: Counter[str] = field(default_factory=Counter)


def counted(
    rows: Iterable[Row],
    left_out: LeftOut = none,
    repeats: Mapping[int, int] = NONE,
    measures: Measures = PAPER,
) -> Census:
    """The census of these rows; the same question about the same path is one, and so are rows that are `repeats`."""
    census = Census()
    known: set[bytes] = set()
    for row in rows:
        census.rows += 1
        try:
            fields = usable(row.raw, row.number, measures)
        except UnusableError as error:
            census.unusable[error.reason] += 1
            continue
        if left_out(fields):
            census.unusable[LEFT_OUT] += 1
            continue
        if row.number in repeats:
            census.unusable[NEAR] += 1
            continue
        asked = hashlib.blake2b(question(fields), digest_size=16).digest()
        if asked in known:
            census.unusable["duplicate"] += 1
            continue
        known.add(asked)
        medium = census.fresh[row.number] = _medium(fields["path"])
        census.sharing[medium] += 1
        census.kinds[medium] = fields["data_type"]
    return census


def spread(numbers: Iterable[int], most: int) -> list[int]:
    """At most so many of these, evenly: the first, the last, and what lies between them at equal steps."""
    every = list(numbers)
    if len(every) <= most:
        return every
    if most == 1:
        return [every[len(every) // 2]]
    return [every[round(i * (len(every) - 1) / (most - 1))] for i in range(most)]


def _medium(path: str) -> bytes:
    return hashlib.blake2b(path.encode(), digest_size=8).digest()
