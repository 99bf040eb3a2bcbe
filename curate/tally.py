"""How many records stand where."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from curate.record import Failed, Outcome, Owed, Rejected


@dataclass(slots=True)
class Tally:
    """How many records stand where. `passed` is by step, `rejected` and `failed` by step and reason.

    `parked` are those put off until a model is free, by the step that they wait for; `passed` has them no more.
    """

    seen: int = 0
    passed: Counter[str] = field(default_factory=Counter)
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    owed: Counter[str] = field(default_factory=Counter)
    parked: Counter[str] = field(default_factory=Counter)

    def end(self, outcome: Outcome) -> None:
        """Count a record that has come to its end."""
        self.seen += 1
        if isinstance(outcome, Rejected):
            self.rejected[outcome.step, outcome.reason] += 1
        elif isinstance(outcome, Failed):
            self.failed[outcome.step, outcome.reason] += 1
        elif isinstance(outcome, Owed):
            self.owed[outcome.step] += 1

    def stood(self, kind: str, step: str, reason: str, steps: Sequence[str], number: int = 1) -> None:
        """Count so many rows by where they stood; `steps` are those that this command walks."""
        self.seen += number
        passed = steps[: steps.index(step)] if step in steps else () if step == "input" else steps
        for name in passed:
            self.passed[name] += number
        if kind == "owed" and step in steps:
            self.owed[step] += number
        elif kind in ("rejected", "failed"):
            (self.rejected if kind == "rejected" else self.failed)[step, reason] += number
