"""The contract of a layout: how a record becomes a row of a set that a trainer reads."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import SerializerFunctionWrapHandler, model_serializer

from curate.plugin import Plugin
from curate.record import Output, Record, Thought
from curate.tags import process

ELSEWHERE = re.compile(r"/|[A-Za-z][A-Za-z0-9+.-]*://")  # begins what is below no folder that a trainer puts before it


class Layout(Plugin, ABC):
    """Turns records into rows. `sft` and `rl` are the row types with and without a chain of thought.

    A layout that has no form for one of the two leaves it out. `graded` is `rl` with the share of right
    answers, where several drafts were asked for. `apart` is for a trainer that takes videos and images in files
    of their own: the type of the rows in a file of that kind, without columns for the other. `path_prefix` is a
    folder or an address that takes the place of the dot in "./relative/path"; with "" only the relative path stays.
    """

    folder: ClassVar[str] = "layouts"
    sft: ClassVar[type[Output] | None] = None
    rl: ClassVar[type[Output] | None] = None
    graded: ClassVar[type[Output] | None] = None
    apart: ClassVar[Mapping[str, type[Output]]] = {}
    traced: ClassVar[bool] = False  # its records carry their provenance as their last output

    path_prefix: str | None = None

    @abstractmethod
    def row(self, record: Record) -> Output:
        """A row of type `sft` where the record carries a thought, else of type `rl`."""

    @classmethod
    def form(cls, name: str, graded: bool = False) -> type[Output] | None:
        """The type of the rows in the set of this name ("sft" or "rl"); None where the layout has none."""
        return cls.sft if name == "sft" else (cls.graded or cls.rl) if graded else cls.rl

    def path(self, record: Record) -> str:
        """Where the record's medium lies, as the row says it."""
        return rooted(record.path, self.path_prefix)

    def beside(self, file: str) -> dict[str, dict[str, Any]]:
        """{name: entries} of JSON files that the trainer needs beside an exported file of this name."""
        return {}


class Sparse(Output):
    """A row, or a part of one, that has no key for some fields where they are None: trainers take a key for a value.

    All other fields have their key in every row of a file, as they have a column in Parquet.
    """

    absent: ClassVar[frozenset[str]]

    @model_serializer(mode="wrap")
    def _told(self, told: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in told(self).items() if value is not None or name not in self.absent}


class QuestionColumns(Output):
    """The columns that every row begins with."""

    problem_id: int
    problem: str
    data_type: str
    problem_type: str
    options: tuple[str, ...]


class RLRow(QuestionColumns):
    """A question and its reference answer; columns in the trainers' order."""

    solution: str
    path: str
    data_source: str


class GradedRow(RLRow):
    """The same with the share of right answers among several drafts, 0.0 to 1.0; None where none were asked for."""

    pass_rate: float | None = None


class SFTRow(QuestionColumns):
    """A question, the thinking as `<think>…</think>`, and the answer; columns in the trainers' order."""

    process: str
    solution: str
    path: str
    data_source: str


class FamilyLayout(Layout, ABC):
    """The columns that the trainers of Video-R1 and its family share; they differ in the problem's text."""

    sft = SFTRow
    rl = RLRow
    graded = GradedRow

    @abstractmethod
    def problem(self, record: Record) -> str:
        """The text under `problem`."""

    def path(self, record: Record) -> str:
        """Behind "./" wherever it is relative, with a prefix too: the trainers drop the first character."""
        path = super().path(record)
        return path if ELSEWHERE.match(path) else f"./{path.removeprefix('./')}"

    def row(self, record: Record) -> Output:
        """The record's own columns; `process` is its last thinking."""
        columns = record.row | {"problem": self.problem(record), "path": self.path(record)}
        if Thought in record:
            return SFTRow(process=process(record[Thought].thinking), **columns)
        return RLRow(**columns) if record.pass_rate is None else GradedRow(pass_rate=record.pass_rate, **columns)


def rooted(path: str, prefix: str | None = None) -> str:
    """The path as the trainers need it, who drop its first character and put a folder before the rest.

    With a prefix that one stands there instead.
    """
    if prefix is None:
        return path if path.startswith("./") else f"./{path}"
    relative = path.removeprefix("./").lstrip("/")
    return f"{prefix.rstrip('/')}/{relative}" if prefix else relative
