"""What a command has done so far: written by the pipeline, read by the console."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from curate.budget import Budget
from curate.journal import quiet
from curate.meter import Meter
from curate.pace import Pace
from curate.record import Failed, Outcome, Record
from curate.steps import Trace
from curate.tally import Tally

log = logging.getLogger(__name__)

TOLD = 50  # notices that are shown as they come
NAMED = 20  # failed records that are kept by name, for each cause


@dataclass(slots=True)
class Progress:
    """How far a command is: `steps` are those that it walks, `asking` the stages that it asks.

    `models` says which model each stage asks, `budget` what may be spent; `kept`, of models whose requests the next
    run finds again, how many wait.
    """

    total: int = 0
    steps: tuple[str, ...] = ()
    asking: tuple[str, ...] = ()
    tally: Tally = field(default_factory=Tally)
    meters: dict[str, Meter] = field(default_factory=dict)
    paces: dict[str, Pace] = field(default_factory=dict)
    kept: dict[str, Callable[[], int]] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    budget: Budget | None = None
    notices: list[str] = field(default_factory=list)
    say: Callable[[str], None] = quiet
    failed: list[Failed] = field(default_factory=list)
    untouched: int = 0  # rows with something to ask about that the command did not come to
    stopped: str | None = None  # why nothing more was asked, where that was not the end of the rows
    shard: str | None = None  # the part of all rows, "1/3", that `total` counts

    def tell(self, line: str) -> None:
        """One line for the user: the first ones are shown, all are kept."""
        self.notices.append(line)
        log.info("told: %s", line)
        if len(self.notices) <= TOLD:
            self.say(line)

    @property
    def in_flight(self) -> int:
        """Requests on their way that an interrupted run waits for."""
        flying = sum(meter.in_flight for meter in self.meters.values())
        return max(0, flying - sum(self.paces[name].in_flight for name in self.kept))

    def name(self, outcome: Failed) -> None:
        """Keep this failure by name, unless many have failed like it."""
        cause = (outcome.step, outcome.reason)
        if sum((f.step, f.reason) == cause for f in self.failed) < NAMED:
            self.failed.append(outcome)


class Story(NamedTuple):
    """One record's way through the steps."""

    outcome: Outcome
    trail: list[Trace]

    @property
    def record(self) -> Record | None:
        """The record; None for a row that never became one."""
        return self.outcome.record

    @property
    def problem_id(self) -> int | None:
        """The id that the row goes by; None where it has no usable one."""
        return self.outcome.problem_id
