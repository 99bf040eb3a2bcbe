"""How far a run is and when it will end, from looks at its counts: pure arithmetic over time (seconds on one clock).

What is left of a stage is what its model still has to be asked. So speed is that of real replies in the last
minute, and how many records come through with each of them is taken from the later half of what was asked: what
stood before, or came from the journal in one rush, says nothing about the rest. Nor does what was before a server
went away, and how long it stays away nobody knows; nor the rush that used up a limit, and the rest that followed.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

MINUTE = 60.0
EVERY = 1.0  # seconds between two looks that are kept
PATIENT = 1.5  # times the longest silence so far: what is longer slows a stage down
MEMORY = 600.0  # seconds of looks that tell how many records a reply brings through
YOUNG, FEW = 4.0, 10  # times an average reply that a stage is new for; looks that tell how much is on its way
LEAST = 0.5  # records; less than that is what rounding leaves
LASTING = 10.0  # seconds; what was away for less only slows a stage down
SPARSE = 5.0  # seconds between those that are older than a minute


class Passed(NamedTuple):
    """Records at one step: `passed` it, `dropped` there, `parked` before it until its model is free."""

    passed: int = 0
    dropped: int = 0
    parked: int = 0

    @property
    def ended(self) -> int:
        """Records that this step is done with."""
        return self.passed + self.dropped

    @property
    def share(self) -> float:
        """The share that goes on, of those that came so far."""
        return self.passed / self.ended if self.ended else 1.0


class Bought(NamedTuple):
    """What a stage has asked in this run: whether it has begun, replies, tokens (prompt, completion), USD.

    `seconds` is what its replies took, all together, and `flying` the requests on their way.
    """

    begun: bool = False
    sent: int = 0
    prompt_tokens: int = 0
    tokens: int = 0
    cost: float = 0.0
    seconds: float = 0.0
    flying: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """The counts of a run at one time; `unusable` rows never became records. `steps` are in their order.

    `waiting` is how many requests wait for their turn, by model, `away` the stages whose model cannot be reached,
    `full` those whose model takes nothing for now.
    """

    at: float
    total: int
    unusable: int = 0
    steps: Mapping[str, Passed] = field(default_factory=dict)
    stages: Mapping[str, Bought] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    away: frozenset[str] = frozenset()
    full: frozenset[str] = frozenset()

    def through(self, step: str) -> int:
        """Records that have this step behind them, also those that wait for a later one outside."""
        names = list(self.steps)
        later = names[names.index(step) + 1 :]
        return self.steps[step].ended + sum(self.steps[name].parked for name in later)


class Speed(NamedTuple):
    """Of a stage in the last minute: replies and tokens (of prompts, of completions) a second."""

    replies: float = 0.0
    prompt_tokens: float = 0.0
    tokens: float = 0.0


def owed(look: Look) -> dict[str, float]:
    """Records that each step will yet have to do with, as far as the share that filters drop so far tells."""
    names = list(look.steps)
    if not names:
        return {}
    first = look.steps[names[0]]
    parked = sum(step.parked for step in look.steps.values())
    known = first.ended + parked
    coming = max(0.0, look.total - look.unusable - known) * _ratio(known, known + look.unusable, 1.0)
    coming += first.parked
    found = {names[0]: coming}
    for before, name in pairwise(names):
        here = look.steps[before].passed - look.steps[name].ended
        coming = max(0.0, coming * look.steps[before].share + here + look.steps[name].parked)
        found[name] = coming
    return found


def speed(looks: Sequence[Look], stage: str) -> Speed:
    """How fast this stage was answered in the last minute, or since it began where that is less.

    From reply to reply: where many come at once, half a minute apart, the time since the last ones tells nothing
    yet. A silence longer than those before it does. As long as few could be answered so far, those on their way
    tell more: with as many at once, and each taking so long, so many come in a second.
    """
    window = _present(looks, stage)
    if window and (young := _young(window, stage)):
        return young
    marks = _marks(looks, stage)
    if len(marks) < 2:
        return Speed()
    now, longest = looks[-1].at, max(b.at - a.at for a, b in pairwise(marks))
    silent = now - marks[-1].at > PATIENT * longest
    marks = [*marks, looks[-1]] if silent else marks
    recent = [mark for mark in marks if mark.at >= now - MINUTE]
    first = marks[max(0, len(marks) - len(recent) - 1)]
    seconds, old, new = marks[-1].at - first.at, first.stages[stage], marks[-1].stages[stage]
    gone = (new.sent - old.sent, new.prompt_tokens - old.prompt_tokens, new.tokens - old.tokens)
    return Speed(*(max(0.0, number / seconds) for number in gone)) if seconds > 0 else Speed()


def brought(looks: Sequence[Look], stage: str) -> float | None:
    """Records that come through this stage with each reply; None where it cannot be told yet."""
    window = _begun(looks, stage)
    if not window:
        return None
    first, last = window[0].stages[stage].sent, window[-1].stages[stage].sent
    half = bisect_left(window, first + (last - first) / 2, key=lambda look: look.stages[stage].sent)
    for start in (min(half, len(window) - 1), 0):
        replies = last - window[start].stages[stage].sent
        records = window[-1].through(stage) - window[start].through(stage)
        if replies > 0 and records > 0:
            return records / replies
    return None


def left(looks: Sequence[Look], stages: Iterable[str]) -> float | None:
    """Seconds until the model of these stages has nothing more to answer; None where that cannot be told."""
    if not looks or missed(looks[-1]).intersection(stages := list(stages)):
        return None
    needs = owed(looks[-1])
    replies = pace = 0.0
    for stage in stages:
        if needs.get(stage, 0.0) >= LEAST:
            through = brought(looks, stage)
            if through is None and looks[-1].stages.get(stage, Bought()).sent:
                return None  # some replies of many that a record takes
            replies += needs[stage] / (through or 1.0)
        pace += speed(looks, stage).replies
    if not replies:
        return 0.0
    return replies / pace if pace else None


def whole(looks: Sequence[Look], models: Mapping[str, Sequence[str]]) -> float | None:
    """Seconds until the run ends, {model: stages that it answers}; None where that cannot be told.

    The slowest decides among the models that requests wait for: one that waits for records itself has time. Of
    a model that has not been asked yet nothing is known.
    """
    if looks and missed(looks[-1]):
        return None
    needs = owed(looks[-1]) if looks else {}
    for stages in models.values():
        begun = any(looks[-1].stages.get(stage, Bought()).begun for stage in stages) if looks else False
        if not begun and any(needs.get(stage, 0.0) >= LEAST for stage in stages):
            return None
    found = [left(looks, models[model]) for model in models if busy(looks, model)]
    found = found or [left(looks, stages) for stages in models.values()]
    known = [seconds for seconds in found if seconds is not None]
    return max(known) if known and len(known) == len(found) else None


def missed(look: Look) -> frozenset[str]:
    """Stages that still have something to ask of a model that is away."""
    needs = owed(look)
    return frozenset(stage for stage in look.away if needs.get(stage, 0.0) >= LEAST)


def busy(looks: Sequence[Look], model: str) -> bool:
    """Whether requests waited for this model, most of the last third of a minute."""
    recent = [look for look in looks if model in look.waiting and look.at >= looks[-1].at - MINUTE / 3]
    return sum(look.waiting[model] > 0 for look in recent) * 2 > len(recent)


def to_spend(looks: Sequence[Look], stages: Iterable[str]) -> float:
    """USD that these stages will still cost at what their replies cost so far."""
    if not looks:
        return 0.0
    needs, total = owed(looks[-1]), 0.0
    for stage in stages:
        bought = looks[-1].stages.get(stage, Bought())
        if bought.sent:
            total += needs.get(stage, 0.0) / (brought(looks, stage) or 1.0) * bought.cost / bought.sent
    return total


class Looks:
    """The looks that are kept: every second of the last minute, fewer of what was before."""

    def __init__(self) -> None:
        self._old: deque[Look] = deque()
        self._new: deque[Look] = deque()

    @property
    def kept(self) -> list[Look]:
        """All of them, the oldest first."""
        return [*self._old, *self._new]

    def note(self, look: Look) -> None:
        """Keep this look; it takes the place of the last one where that is not a second older than the one before."""
        if len(self._new) > 1 and self._new[-1].at - self._new[-2].at < EVERY:
            self._new.pop()
        self._new.append(look)
        while look.at - self._new[0].at > MINUTE and len(self._new) > 2:
            gone = self._new.popleft()
            if not self._old or gone.at - self._old[-1].at >= SPARSE:
                self._old.append(gone)
        while self._old and look.at - self._old[0].at > MEMORY:
            self._old.popleft()


def _begun(looks: Sequence[Look], stage: str) -> list[Look]:
    """The looks since this stage was first asked, and the last one before that."""
    known = [look for look in looks if stage in look.stages]
    start = next((i for i, look in enumerate(known) if look.stages[stage].begun), len(known))
    return known[max(0, start - 1) :] if start < len(known) else []


def _present(looks: Sequence[Look], stage: str) -> list[Look]:
    """The looks since this stage was first asked, or since its model was away, or took nothing, for a while."""
    window, start, since = _begun(looks, stage), 0, None
    for at, look in enumerate(window):
        since = (look.at if since is None else since) if stage in look.away | look.full else None
        if since is not None and look.at - since >= LASTING:
            start = at
    return window[start:]


def _young(window: Sequence[Look], stage: str) -> Speed | None:
    """The speed of a stage that has begun only a few replies' time ago."""
    new = window[-1].stages[stage]
    if not new.sent or not new.seconds or window[-1].at - window[0].at > YOUNG * new.seconds / new.sent:
        return None
    flying = [look.stages[stage].flying for look in window[-FEW:]]
    replies = sum(flying) / len(flying) * new.sent / new.seconds
    return Speed(replies, replies * new.prompt_tokens / new.sent, replies * new.tokens / new.sent) if replies else None


def _marks(looks: Sequence[Look], stage: str) -> list[Look]:
    """The looks that saw new replies of the last two minutes, and the one before them."""
    window = _present(looks, stage)
    fresh = [b for a, b in pairwise(window) if b.stages[stage].sent > a.stages[stage].sent]
    return [look for look in [*window[:1], *fresh] if look.at >= looks[-1].at - 2 * MINUTE]


def _ratio(part: float, whole: float, otherwise: float) -> float:
    return part / whole if whole else otherwise
