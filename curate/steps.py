"""What a record goes through, step by step, and what it leaves on its way."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from curate.chat import Ask
from curate.errors import MediaError
from curate.filter import Filter
from curate.record import Output, Record
from curate.shared import Shared
from curate.stage import Stage


def idle() -> bool:
    """A model that nobody waits for."""
    return False


def never(_reason: str, _used: Sequence[str]) -> bool:
    """No row that was rejected is asked about once more."""
    return False


@dataclass(frozen=True, slots=True)
class Asked:
    """A stage and how it asks.

    `kept` asks the journal only, `busy` tells whether others wait for its model, and `shared` has one run
    serve all records about a medium, where the stage allows that.
    """

    name: str
    stage: Stage
    ask: Ask
    kept: Ask | None = None
    busy: Callable[[], bool] = idle
    shared: Shared | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A filter."""

    name: str
    filter: Filter


Step = Asked | Judged
Mend = Callable[[Record, MediaError], Awaitable[Record | None]]


@dataclass(frozen=True, slots=True)
class Trace:
    """What one step found: a stage's output, or a filter's reason (None: it let the record pass)."""

    step: str
    output: Output | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """A record that comes back later to the step at this place, whose model has too many waiting already."""

    at: int


@dataclass(frozen=True, slots=True)
class Way:
    """What every record goes through.

    A record whose medium cannot be shown may begin anew as what `mend` makes of it, once; one that is rejected is
    asked about once more where `anew` says so of the reason and of the keys of the replies that it rests on.
    """

    steps: Sequence[Step]
    mend: Mend | None = None
    anew: Callable[[str, Sequence[str]], bool] = never
