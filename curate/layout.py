"""The contract of a layout: how a record becomes a row of a set that a trainer reads."""

from abc import ABC, abstractmethod
from typing import ClassVar

from curate.plugin import Plugin
from curate.record import Output, Record, Thought
from curate.tags import process


class Layout(Plugin, ABC):
    """Turns records into rows. `sft` and `rl` are the row types with and without a chain of thought.

    `graded` is `rl` with the share of right answers, where several drafts were asked for.
    """

    folder: ClassVar[str] = "layouts"
    sft: ClassVar[type[Output]]
    rl: ClassVar[type[Output]]
    graded: ClassVar[type[Output]]

    @abstractmethod
    def row(self, record: Record) -> Output:
        """A row of type `sft` where the record carries a thought, else of type `rl`."""


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

    def row(self, record: Record) -> Output:
        """The record's own columns; `process` is its last thinking."""
        columns = record.row | {"problem": self.problem(record), "path": rooted(record.path)}
        if Thought in record:
            return SFTRow(process=process(record[Thought].thinking), **columns)
        return RLRow(**columns) if record.pass_rate is None else GradedRow(pass_rate=record.pass_rate, **columns)


def rooted(path: str) -> str:
    """The path as the trainers need it, who drop its first character and put a folder before the rest."""
    return path if path.startswith("./") else f"./{path}"
