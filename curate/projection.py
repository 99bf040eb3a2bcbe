"""From the records of a pilot to all of them: calls, tokens, USD and hours, each with a range. Pure arithmetic.

The range holds the middle 90 % of many draws. Each draw weighs the pilot's records anew (a Bayesian bootstrap),
with one imagined record more whose share and use are anybody's guess, so that no pilot is too small or too
uniform for a range; the part of the input that the pilot has seen itself is certain.
"""

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from typing import NamedTuple

from curate.chat import Reply

DRAWS = 1000
SEED = 20  # the same pilot tells the same
INSIDE = 0.9
FIGURES = ("calls", "prompt_tokens", "cached_tokens", "completion_tokens", "cost")


class Range(NamedTuple):
    """What is expected, and between what it lies in nine of ten cases."""

    low: float
    expected: float
    high: float


class Used(NamedTuple):
    """What one record, or one medium, took at a stage: replies, tokens and USD."""

    calls: float = 0.0
    prompt_tokens: float = 0.0
    cached_tokens: float = 0.0
    completion_tokens: float = 0.0
    cost: float = 0.0

    @classmethod
    def of(cls, replies: Iterable[Reply]) -> "Used":
        """All of these together."""
        one = [(1, r.prompt_tokens, r.cached_tokens, r.completion_tokens, r.cost) for r in replies]
        return cls(*map(float, map(sum, zip(*one, strict=True))))


@dataclass(frozen=True, slots=True)
class Seen:
    """One row of the pilot: its `medium`, about which `sharing` rows of the input are, and whether that is `usable`.

    `gates` says of the filters before all stages, and then of each stage with the filters behind it, whether they
    let the record pass, as far as that is known; `used` is what it took at each stage whose gate is known.
    """

    medium: bytes
    sharing: int
    usable: bool
    gates: tuple[bool, ...] = ()
    used: tuple[Used, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be learnt of it."""
        return not self.usable or False in self.gates


@dataclass(frozen=True, slots=True)
class Asking:
    """A stage: its model, and whether records about one medium `share` its answer.

    `seconds` is how long `timed` replies took, all together; `most` is how many calls the whole input can take,
    unless the pilot took more for one row or medium.
    """

    stage: str
    model: str
    shares: bool = False
    seconds: float = 0.0
    timed: int = 0
    most: float = math.inf


@dataclass(frozen=True, slots=True)
class Speed:
    """What a model takes: requests at once, and requests and tokens a minute."""

    concurrency: int
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """The input: how many rows are about each medium. `filtered` says that filters stand before all stages."""

    sharing: Sequence[int]
    filtered: bool = False


@dataclass(frozen=True, slots=True)
class Projection:
    """What to expect. `stages` and `total` are {figure: range}, without what the pilot tells nothing of.

    Figures are those of FIGURES, "seconds", and for a stage "units" (the rows or media that come to it); `rows`
    come past the input, `kept` past all steps; `slowest` is the model that decides how long it takes.
    """

    records: int
    stages: Mapping[str, Mapping[str, Range]]
    total: Mapping[str, Range]
    rows: Range
    kept: Range | None
    slowest: str | None


def projected(
    seen: Sequence[Seen], asks: Sequence[Asking], speeds: Mapping[str, Speed], whole: Whole, draws: int = DRAWS
) -> Projection:
    """All rows, from those seen."""
    pilot = _Pilot(seen, asks, speeds, whole)
    expected, models = pilot.told(None)
    chance = random.Random(SEED)  # noqa: S311
    drawn = [pilot.told(chance)[0] for _ in range(draws)]
    ranges = {name: ranged(value, [d[name] for d in drawn]) for name, value in expected.items()}
    stages = {a.stage: {figure: r for (stage, figure), r in ranges.items() if stage == a.stage} for a in asks}
    total = {figure: r for (stage, figure), r in ranges.items() if not stage and figure in (*FIGURES, "seconds")}
    slowest = max(models, key=lambda name: models[name]) if models and "seconds" in total else None
    return Projection(len(seen), stages, total, ranges["", "rows"], ranges.get(("", "kept")), slowest)


def ranged(expected: float, drawn: Sequence[float]) -> Range:
    """The middle of these, around what is expected."""
    ordered = sorted(drawn)
    rest = (1 - INSIDE) / 2
    low, high = (ordered[round(part * (len(ordered) - 1))] for part in (rest, 1 - rest))
    return Range(min(low, expected), expected, max(high, expected))


Found = dict[tuple[str, str], float]  # by stage ("": all) and figure
Chance = random.Random | None  # None: what is expected


class _Sample:
    """Rows, or media, that tell of one gate: whether they passed, and what they used.

    `of` are their rows' places in the pilot, `weights` what each stands for, `unseen` the part of the input whose
    fate the pilot leaves open.
    """

    def __init__(
        self, of: Sequence[int], weights: Sequence[float], passed: Sequence[bool], used: Sequence[Used], unseen: float
    ) -> None:
        mean = sum(weights) / len(weights) if weights else 1.0
        self.of = of
        self._weights = [weight / mean for weight in weights]
        self._passed = passed
        self._figures = list(zip(*used, strict=True))
        self.largest = max((one.calls for one in used), default=0.0)
        self._open = math.sqrt(max(0.0, unseen))
        self._share = _part(self._weights, passed)
        self._means = [_part(self._weights, figure) for figure in self._figures]

    def share(self, weights: Sequence[float], chance: Chance) -> float:
        """The part that passes, as the rows weigh in this draw."""
        if chance is None:
            return self._share
        imagined = [chance.gammavariate(0.5, 1.0), chance.gammavariate(0.5, 1.0)]
        drawn = _part([*self._drawn(weights), *imagined], [*self._passed, True, False])
        return self._share + (drawn - self._share) * self._open

    def mean(self, weights: Sequence[float], chance: Chance) -> Used:
        """What one of them takes, as the rows weigh in this draw."""
        if chance is None:
            return Used(*self._means)
        drawn = [*self._drawn(weights), chance.expovariate(1.0)]
        fancied = chance.expovariate(1.0)
        wider = (1 + 4 / len(self.of)) * self._open  # few records know little of how much they vary
        used = [
            mean * (_part(drawn, (*figure, fancied * mean)) / mean) ** wider if mean else 0.0
            for figure, mean in zip(self._figures, self._means, strict=True)
        ]
        return Used(max(used[0], min(self._means[0], 1.0)), *used[1:])  # whoever is answered was asked

    def _drawn(self, weights: Sequence[float]) -> list[float]:
        return [weights[row] * weight for row, weight in zip(self.of, self._weights, strict=True)]


class _Pilot:
    """The records seen, ready to be weighed again and again."""

    def __init__(self, seen: Sequence[Seen], asks: Sequence[Asking], speeds: Mapping[str, Speed], whole: Whole) -> None:
        self._seen = seen
        self._asks = asks
        self._speeds = speeds
        self._whole = whole
        self._alike = Counter(whole.sharing)
        self._rows = _fine(seen, whole, shared=False)
        self._media = _fine(seen, whole, shared=True)
        self._passing = [_gate(seen, whole, at, shared=False) for at in range(len(asks) + 1)]
        self._using = [_gate(seen, whole, at, ask.shares) for at, ask in enumerate(asks, start=1)]

    def told(self, chance: Chance) -> tuple[Found, dict[str, float]]:
        """All figures, and the seconds of each model, of one draw."""
        weights = [chance.expovariate(1.0) if chance else 1.0 for _ in self._seen]
        rows = sum(self._whole.sharing) * self._rows.share(weights, chance)
        fine = self._media.share(weights, chance)
        reach = self._passing[0].share(weights, chance) if self._whole.filtered else 1.0
        found: Found = {("", "rows"): rows}
        for ask, using, passing in zip(self._asks, self._using, self._passing[1:], strict=True):
            if not using.of:
                break
            units = fine * self._media_of(reach) if ask.shares else rows * reach
            found[ask.stage, "units"] = units
            used = using.mean(weights, chance)
            part = min(1.0, max(ask.most, units * using.largest) / (units * used.calls)) if units * used.calls else 1.0
            for figure, mean in zip(FIGURES, used, strict=True):
                found[ask.stage, figure] = units * mean * part
                found["", figure] = found.get(("", figure), 0.0) + units * mean * part
            reach *= passing.share(weights, chance)
        else:
            found["", "kept"] = rows * reach
        return found, self._time(found, chance)

    def _media_of(self, reach: float) -> float:
        """The media about which at least one row is left where this part of the rows is."""
        left = max(0.0, 1 - reach)
        return sum(number * (1 - math.pow(left, rows)) for rows, number in self._alike.items())

    def _time(self, found: Found, chance: Chance) -> dict[str, float]:
        """Add the seconds of each stage and in all, where replies were timed; returns those of each model."""
        models: dict[str, float] = {}
        asks = [ask for ask in self._asks if (ask.stage, "calls") in found]
        slow = {ask.stage: _latency(ask, chance) for ask in asks if ask.timed}
        for ask in asks:
            if ask.timed:
                found[ask.stage, "seconds"] = self._seconds(found, [ask], slow)
        if all(ask.timed for ask in asks):
            for name in dict.fromkeys(ask.model for ask in asks):
                models[name] = self._seconds(found, [ask for ask in asks if ask.model == name], slow)
            found["", "seconds"] = max(models.values(), default=0.0)
        return models

    def _seconds(self, found: Found, asks: Sequence[Asking], slow: Mapping[str, float]) -> float:
        """How long the model of these stages takes for them."""
        speed = self._speeds[asks[0].model]
        calls = sum(found[ask.stage, "calls"] for ask in asks)
        tokens = sum(found[ask.stage, name] for ask in asks for name in ("prompt_tokens", "completion_tokens"))
        busy = sum(found[ask.stage, "calls"] * slow[ask.stage] for ask in asks) / speed.concurrency
        limits = ((calls, speed.requests_per_minute), (tokens, speed.tokens_per_minute))
        return max(busy, *(number * 60 / limit for number, limit in limits if limit), 0.0)


def _fine(seen: Sequence[Seen], whole: Whole, shared: bool) -> _Sample:
    """Whether a medium can be used: of all media, or with `shared` false, of all rows."""
    of = _firsts(seen, range(len(seen)))
    sizes = [1 if shared else seen[i].sharing for i in of]
    unseen = 1 - sum(sizes) / max(1, len(whole.sharing) if shared else sum(whole.sharing))
    weights = _weights(seen, of, whole, unseen, sizes)
    return _Sample(of, weights, [seen[i].usable for i in of], [Used() for _ in of], unseen)


def _gate(seen: Sequence[Seen], whole: Whole, at: int, shared: bool) -> _Sample:
    """What is known of the gate at this place: of rows, or of media where a stage's answer is `shared`."""
    of: Sequence[int] = [i for i, row in enumerate(seen) if len(row.gates) > at]
    fates = [row.medium for row in seen if len(row.gates) > at or row.settled]
    unseen = 1 - (len(set(fates)) / len(whole.sharing) if shared else len(fates) / sum(whole.sharing)) if fates else 1.0
    of = _firsts(seen, of) if shared else of
    weights = _weights(seen, of, whole, unseen, [1] * len(of)) if shared else [1.0] * len(of)
    used = [seen[i].used[at - 1] if at else Used() for i in of]
    return _Sample(of, weights, [seen[i].gates[at] for i in of], used, unseen)


def _firsts(seen: Sequence[Seen], rows: Iterable[int]) -> list[int]:
    """The first of these rows about each medium."""
    first: dict[bytes, int] = {}
    for row in rows:
        first.setdefault(seen[row].medium, row)
    return list(first.values())


def _weights(
    seen: Sequence[Seen], rows: Sequence[int], whole: Whole, unseen: float, sizes: Sequence[int]
) -> list[float]:
    """What each of these media stands for: itself, of this size, and its part of the `unseen` ones.

    A medium with many rows comes into a pilot the easier, so fewer like it are left.
    """
    missed = max(0.0, 1 - len(seen) / max(1, sum(whole.sharing)))  # the part of the rows that are not in the pilot
    odds = [(p := math.pow(missed, max(1, seen[row].sharing))) / (1 - p) for row in rows]
    like = sum(map(mul, odds, sizes))
    left = unseen * sum(sizes) / (1 - unseen) / like if like and unseen < 1 else 0.0
    return [size * (1 + left * odd) for size, odd in zip(sizes, odds, strict=True)]


def _latency(ask: Asking, chance: Chance) -> float:
    """Seconds of one reply; they vary about as much as they are long."""
    mean = ask.seconds / ask.timed
    return mean * chance.gammavariate(ask.timed, 1 / ask.timed) if chance else mean


def _part(weights: Sequence[float], values: Sequence[float]) -> float:
    """The weighted mean; 0 of none."""
    return sum(map(mul, weights, values)) / sum(weights) if weights else 0.0
