"""The report: how many rows came in, and where, why and of which problem type they stopped."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, get_args

import curate
from curate.record import Failed, Kept, Outcome, Owed, ProblemType, Rejected
from curate.splits import Held

INPUT = "input"
DUPLICATE = "duplicate"
UNKNOWN = "unknown"
TYPES = (*get_args(ProblemType), UNKNOWN)
Types = dict[str, int]
OTHER = "other sources"
SHARES = 1000  # kinds of rows that are told apart


@dataclass(frozen=True, slots=True)
class StepCount:
    """One step's verdicts, each as {problem type: rows}; `rejected` and `failed` by reason first."""

    step: str
    kept: Types
    rejected: dict[str, Types]
    failed: dict[str, Types]
    owed: Types


class Share(NamedTuple):
    """How many rows of one kind stand in each set."""

    data_source: str
    data_type: str
    problem_type: str
    sft: int
    rl: int


class Report:
    """Counts outcomes as they come; it grows with the kinds of reasons, not with the rows.

    `steps` are the settings' steps, in order; "input" comes before them. An outcome at any other
    step is a KeyError.
    """

    def __init__(self, steps: Sequence[str]) -> None:
        self.models: Mapping[str, str] = {}
        self.prompts: Mapping[str, str] = {}
        self.extras: Mapping[str, int] = {}
        self.mix: Sequence[Mapping[str, Any]] = ()  # for each group what was asked for and what is there
        self.validation: Held | None = None
        self.more: Mapping[str, Any] = {}
        self._steps = (INPUT, *steps)
        self._stopped: dict[str, Counter[tuple[str, str, str]]] = {step: Counter() for step in self._steps}
        self._kept: Counter[str] = Counter()
        self._shares: dict[tuple[str, str, str], Counter[str]] = {}
        self._left_out: Counter[tuple[str, str, str]] = Counter()

    def add(self, outcome: Outcome) -> None:
        """Count one row by its outcome."""
        match outcome:
            case Kept():
                self.count("kept", "", "", problem_type(outcome))
            case Owed(step=step):
                self.count("owed", step, "", problem_type(outcome))
            case Failed(step=step, reason=reason):
                self.count("failed", step, reason, problem_type(outcome))
            case Rejected(step=step, reason=reason):
                self.count("rejected", step, reason, problem_type(outcome))

    def count(self, verdict: str, step: str, reason: str, kind: str) -> None:
        """Count one row of this problem type by where it stands: kept, or rejected, failed or owed at a step."""
        if verdict == "kept":
            self._kept[kind] += 1
        else:
            # The part that holds no value of the record: the report must not grow with the rows.
            self._stopped[step][verdict, reason.partition(": ")[0], kind] += 1

    def place(self, origin: tuple[str, str] | None, kind: str, sft: bool, rl: bool) -> None:
        """Count a row of this (data source, data type) and problem type in the sets that it stands in."""
        if origin is None:
            return
        key = (*origin, kind)
        if key not in self._shares and len(self._shares) >= SHARES:
            key = (OTHER, origin[1], kind)
        self._shares.setdefault(key, Counter()).update({"sft": int(sft), "rl": int(rl)})

    @property
    def shares(self) -> list[Share]:
        """What the sets are made of, by data source, data type and problem type."""
        return [Share(*key, counts["sft"], counts["rl"]) for key, counts in sorted(self._shares.items())]

    def leave_out(self, reason: str, kind: str) -> None:
        """Count one valid row of this problem type that is not in the RL set."""
        self._left_out["left out", reason, kind] += 1

    def finish(self, extras: Mapping[str, int], models: Mapping[str, str], prompts: Mapping[str, str]) -> None:
        """What else belongs in a report.

        `extras` is {extra key: rows that have it}, `models` {stage: its model and what must be known
        of it}, `prompts` {stage: hash of its prompts}.
        """
        self.extras, self.models, self.prompts = dict(extras), dict(models), dict(prompts)

    @property
    def rows_in(self) -> int:
        """All rows counted, whatever became of them."""
        return self._kept.total() + sum(counts.total() for counts in self._stopped.values())

    @property
    def duplicates(self) -> int:
        """Rows that ask the same question about the same medium as one before them."""
        return sum(n for (_, reason, _), n in self._stopped[INPUT].items() if reason == DUPLICATE)

    @property
    def sets(self) -> dict[str, int]:
        """Rows in each set: `sft` holds what passed every step, `rl` every valid row that was not left out."""
        valid = self.rows_in - self._stopped[INPUT].total()
        return {"sft": self._kept.total(), "rl": valid - self._left_out.total()}

    @property
    def left_out(self) -> dict[str, Types]:
        """Valid rows that are not in the RL set, {reason: {problem type: rows}}."""
        return _by_reason(self._left_out, "left out")

    def steps(self) -> list[StepCount]:
        """Every step from "input" on; what a step kept is what stopped behind it or never."""
        passed = Counter(self._kept)
        counts = []
        for step in reversed(self._steps):
            stopped = self._stopped[step]
            rejected, failed = (_by_reason(stopped, verdict) for verdict in ("rejected", "failed"))
            owed = _by_reason(stopped, "owed").get("", {})
            counts.append(StepCount(step, _ordered(passed), rejected, failed, owed))
            for (_, _, kind), n in stopped.items():
                passed[kind] += n
        return counts[::-1]

    def as_json(self) -> str:
        """The text of report.json. The same outcomes in any order give the same text; it holds no dates."""
        return json.dumps(self.told(), indent=2) + "\n"

    def told(self) -> dict[str, Any]:
        """What report.json holds, `more` at its end."""
        steps = self.steps()
        return {
            "version": curate.__version__,
            "rows_in": self.rows_in,
            "duplicates": self.duplicates,
            "sets": self.sets,
            **({"validation": self.validation.as_json} if self.validation else {}),
            **({"mix": [dict(group) for group in self.mix]} if self.mix else {}),
            **({"left_out_of_rl": self.left_out} if self.left_out else {}),
            "owed": sum(sum(step.owed.values()) for step in steps),
            "failed": sum(sum(types.values()) for step in steps for types in step.failed.values()),
            "steps": [asdict(step) for step in steps],
            "shares": [share._asdict() for share in self.shares],
            "extra_keys": dict(sorted(self.extras.items())),
            "models": dict(self.models),
            "prompts": dict(self.prompts),
            **self.more,
        }


def problem_type(outcome: Outcome) -> str:
    """The problem type of an outcome's row; "unknown" where the row has no usable one."""
    if outcome.record is not None:
        return outcome.record.problem_type
    row = None if isinstance(outcome, Kept | Owed) else outcome.row
    value = row.get("problem_type") if isinstance(row, dict) else None
    return value if isinstance(value, str) and value in TYPES else UNKNOWN


def _by_reason(stopped: Counter[tuple[str, str, str]], wanted: str) -> dict[str, Types]:
    """{reason: {problem type: rows}} for one verdict, reasons by name."""
    found: dict[str, Counter[str]] = {}
    for (verdict, reason, kind), n in sorted(stopped.items()):
        if verdict == wanted:
            found.setdefault(reason, Counter())[kind] += n
    return {reason: _ordered(types) for reason, types in found.items()}


def _ordered(types: Counter[str]) -> Types:
    return {kind: types[kind] for kind in TYPES if types[kind]}
