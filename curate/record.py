"""A record: one question about one medium, and what each stage has found for it so far."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from curate.medium import Kind, Medium

ProblemType = Literal["multiple choice", "numerical", "OCR", "free-form", "regression"]


ROW = ("problem_id", "problem", "data_type", "problem_type", "options", "solution", "path", "data_source")
LETTERED = re.compile(r"\s*\(?[A-Z][).:]")


class Output(BaseModel):
    """What a stage found, or a row of a set. Frozen; unknown keys are an error."""

    # NaN is no JSON: written as null, it could not be read again.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Thought(Output):
    """An output that carries a chain of thought; the record's last one is what a set publishes."""

    thinking: str


Out = TypeVar("Out", bound=Output)


class Record(BaseModel):
    """One question about one medium, in the row format of Video-R1 and VideoRFT.

    `solution` is the reference answer wrapped in `<answer>…</answer>`; no prompt ever carries it.
    `path` is the row's own text ("./a/b.mp4"); `medium` is what lies there. `pass_rate` is the share of
    right answers, 0.0 to 1.0, where several drafts were asked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    problem_id: int
    problem: str
    data_type: Kind
    problem_type: ProblemType
    options: tuple[str, ...]
    solution: str
    path: str
    data_source: str
    medium: Medium
    outputs: tuple[Output, ...] = ()
    pass_rate: float | None = None

    def __getitem__(self, kind: type[Out]) -> Out:
        """The last output of this kind (subclasses count). Raises KeyError where there is none."""
        for output in reversed(self.outputs):
            if isinstance(output, kind):
                return output
        raise KeyError(kind.__name__)

    def __contains__(self, kind: type[Output]) -> bool:
        return any(isinstance(output, kind) for output in self.outputs)

    def with_output(self, output: Output) -> Self:
        """A copy that also holds this output."""
        return self.model_copy(update={"outputs": (*self.outputs, output)})

    @cached_property  # (what it is made of never changes, also not in a copy)
    def question(self) -> str:
        """The problem with its options inside, each on a line of its own, exactly once."""
        lines = {line.strip() for line in self.problem.splitlines()}
        inside = all(o.strip() in lines or (LETTERED.match(o) and o in self.problem) for o in self.options)
        missing = self.options and not inside
        return "\n".join([self.problem, "Options:", *self.options]) if missing else self.problem

    @property
    def row(self) -> dict[str, Any]:
        """The eight columns of the input row, as plain JSON values."""
        return {name: getattr(self, name) for name in ROW} | {"options": [*self.options]}


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that passed every step asked of it."""

    record: Record

    @property
    def problem_id(self) -> int:
        """The record's id."""
        return self.record.problem_id


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was dropped. `step` is a stage, a filter or "input"; `reason` is countable."""

    row: object
    step: str
    reason: str
    detail: str = ""
    record: Record | None = None

    @property
    def problem_id(self) -> int | None:
        """The row's id where it has a usable one."""
        return self.record.problem_id if self.record is not None else _id_in(self.row)

    @property
    def row_json(self) -> str:
        """The row as one line of JSON, in plain ASCII whatever it held."""
        try:
            return json.dumps(self.row, default=str)
        except RecursionError:
            return json.dumps("nested too deeply to be written down")


@dataclass(frozen=True, slots=True)
class Failed:
    """A record, or a `row` that could not become one, without a readable reply or frame; a rerun tries again."""

    record: Record | None
    step: str
    reason: str
    detail: str
    row: object = None

    @property
    def raw(self) -> object:
        """The row, whether or not it became a record."""
        return self.row if self.record is None else self.record.row

    @property
    def problem_id(self) -> int | None:
        """The row's id where it has a usable one."""
        return self.record.problem_id if self.record is not None else _id_in(self.row)


def _id_in(row: object) -> int | None:
    value = row.get("problem_id") if isinstance(row, dict) else None
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
    return value if whole else None


@dataclass(frozen=True, slots=True)
class Owed:
    """A record that waits for a reply which this command does not ask for."""

    record: Record
    step: str
    failure: str | None = None

    @property
    def problem_id(self) -> int:
        """The record's id."""
        return self.record.problem_id


Outcome = Kept | Rejected | Failed | Owed
