"""Which rows of the input are taken, so that sources and kinds stand in the proportions that were asked for."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from curate.answers.score import PAPER, Measures
from curate.intake import question, usable_rows
from curate.medium import Kind
from curate.record import ProblemType
from curate.sources import Row

OTHERS = "all others"
ALL = 2**64  # above every row's place


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Group(BaseModel):
    """Rows that fit every one of these, each a name or a list of them, of which at most `rows` are taken.

    Or, with a `weight`, as many as keep the groups with weights in this proportion and exhaust one of them.
    Case and punctuation of a `data_source` do not matter.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_source: Annotated[tuple[str, ...], BeforeValidator(_several)] = ()
    problem_type: Annotated[tuple[ProblemType, ...], BeforeValidator(_several)] = ()
    data_type: Annotated[tuple[Kind, ...], BeforeValidator(_several)] = ()
    rows: int | None = Field(default=None, ge=0)
    weight: float | None = Field(default=None, gt=0, le=1e9)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not (self.data_source or self.problem_type or self.data_type):
            raise ValueError("name a data_source, problem_type or data_type")
        if (self.rows is None) == (self.weight is None):
            raise ValueError("give it either rows or a weight")
        return self

    @property
    def name(self) -> str:
        """What it is about, for people."""
        return ", ".join("/".join(names) for names in (self.data_source, self.problem_type, self.data_type) if names)

    def fits(self, source: str, problem_type: str, data_type: str) -> bool:
        """Whether a row with these belongs here."""
        return (
            (not self.data_source or plain(source) in map(plain, self.data_source))
            and (not self.problem_type or problem_type in self.problem_type)
            and (not self.data_type or data_type in self.data_type)
        )


class Mix(BaseModel):
    """Groups, of which a row belongs to the first that it fits; `others` says what becomes of all other rows.

    Which rows of a group are taken depends on `seed` and the rows themselves, not on their order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    others: Literal["keep", "drop"] = "keep"
    groups: tuple[Group, ...] = Field(min_length=1)

    def group(self, source: str, problem_type: str, data_type: str) -> int:
        """The number of the group of a row with these; that of the last one plus one for all others."""
        fitting = (n for n, group in enumerate(self.groups) if group.fits(source, problem_type, data_type))
        return next(fitting, len(self.groups))

    def place(self, fields: dict[str, Any]) -> int:
        """A number for the row, spread evenly below 2**64: of a group, the lowest are taken."""
        digest = hashlib.blake2b(question(fields), digest_size=8, key=str(self.seed).encode()).digest()
        return int.from_bytes(digest, "big")


@dataclass(frozen=True, slots=True)
class Mixed:
    """A mix that knows the whole input: `there` rows of each group and of all others, `taken` of them.

    A row is taken if its place is below its group's limit.
    """

    mix: Mix
    there: tuple[int, ...]
    taken: tuple[int, ...]
    limits: tuple[int, ...]

    def left_out(self, fields: dict[str, Any]) -> str | None:
        """The group that this row is one too many of; None where it is taken."""
        number = self.number(fields)
        return None if self.mix.place(fields) < self.limits[number] else self.names[number]

    def number(self, fields: dict[str, Any]) -> int:
        """The number of this row's group."""
        return self.mix.group(fields["data_source"], fields["problem_type"], fields["data_type"])

    @property
    def names(self) -> list[str]:
        """The groups, and all others."""
        return [*(group.name for group in self.mix.groups), OTHERS]

    def compared(self, sets: Mapping[str, Sequence[int]]) -> list[dict[str, Any]]:
        """For each group what was asked for, what is there, and how many rows each set has of it."""
        asked = [{"rows": g.rows} if g.weight is None else {"weight": g.weight} for g in self.mix.groups]
        return [
            {"group": name, **wish, "there": there, "taken": taken, **{s: counts[n] for s, counts in sets.items()}}
            for n, (name, wish, there, taken) in enumerate(
                zip(self.names, [*asked, {}], self.there, self.taken, strict=True)
            )
        ]


def mixed(mix: Mix, rows: Iterable[Row], measures: Measures = PAPER) -> Mixed:
    """The mix of all these rows; holds eight bytes or so of each. Duplicates and unusable rows do not count."""
    places: list[set[int]] = [set() for _ in range(len(mix.groups) + 1)]
    for _, fields in usable_rows(rows, measures):
        places[mix.group(fields["data_source"], fields["problem_type"], fields["data_type"])].add(mix.place(fields))
    there = [len(found) for found in places]
    taken = sizes(mix, there)
    limits = [_limit(found, number) for found, number in zip(places, taken, strict=True)]
    return Mixed(mix, tuple(there), tuple(taken), tuple(limits))


def asked(group: Mapping[str, Any]) -> str:
    """What was asked for of a group as `Mixed.compared` tells of it, for people; "" of all others."""
    return f"{group['rows']:,}" if "rows" in group else f"weight {group['weight']:g}" if "weight" in group else ""


def short(group: Mapping[str, Any]) -> int:
    """How many of the rows that were asked for by number are not there."""
    return max(0, int(group.get("rows", 0)) - int(group["there"]))


def sizes(mix: Mix, there: Sequence[int]) -> list[int]:
    """How many rows are taken of each group and of all others, where so many are there.

    Groups with a weight that are empty have no say in the proportion of the others.
    """
    weighed = [n / g.weight for n, g in zip(there, mix.groups, strict=False) if g.weight is not None and n]
    unit = min(weighed, default=0.0)
    taken = [
        min(n, group.rows) if group.rows is not None else min(n, round(unit * (group.weight or 0.0)))
        for n, group in zip(there, mix.groups, strict=False)
    ]
    return [*taken, there[-1] if mix.others == "keep" else 0]


@lru_cache(4096)
def plain(name: str) -> str:
    """A source's name without case and punctuation."""
    return re.sub(r"[\W_]", "", name.casefold())


def _limit(places: set[int], number: int) -> int:
    """What so many of these places are below."""
    return ALL if number == len(places) else sorted(places)[number]
