"""What can be seen of a run at this moment, as plain values."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from curate.meter import Meter
from curate.outlook import Bought, Look, Looks, Passed, busy, left, speed, to_spend, whole
from curate.pace import Pace
from curate.progress import Progress

BLIP = 2.0  # seconds that a server may be away before anybody need know
CAUSES = 8  # causes of trouble that are told


class Watch:
    """Looks at a progress now and then; `facts` tells what the last minute says."""

    def __init__(self, progress: Progress, clock: Callable[[], float] = time.monotonic) -> None:
        self.progress = progress
        self._clock = clock
        self._looks = Looks()

    def look(self) -> None:
        """Take a look; every second is often enough."""
        self._looks.note(look(self.progress, self._clock()))

    def facts(self) -> dict[str, Any]:
        """Rows, cost, seconds left (None: cannot be told), and the same by stage, filter and model; troubles."""
        progress, now = self.progress, self._clock()
        looks = [*self._looks.kept, look(progress, now)]
        tally, budget = progress.tally, progress.budget
        models = by_model(progress)
        meters = list(progress.meters.values())  # that of the canary, too
        return {
            "rows": progress.total,
            "rows_done": tally.seen,
            "rejected": tally.rejected.total(),
            "failed": tally.failed.total(),
            "seconds_left": _rounded(whole(looks, models) if models else None),
            "cost": round(sum(meter.cost for meter in meters), 6),
            "cost_left": round(to_spend(looks, progress.asking), 6),
            "spent": round(budget.spent.cost, 6) if budget and budget.limited else None,
            "max_cost": budget.max_cost if budget else None,
            "max_tokens": budget.max_tokens if budget else None,
            "spent_tokens": round(budget.spent.tokens) if budget and budget.limited else None,
            "stages": {name: _stage(progress, name, looks) for name in progress.asking},
            "others": {
                name: _other(progress, name, looks[-1]) for name in progress.steps if name not in progress.asking
            },
            "models": {name: _model(progress, name, now) for name in list(progress.paces)},
            "troubles": troubles(progress, now),
        }


def look(progress: Progress, at: float) -> Look:
    """The counts at this time."""
    tally = progress.tally
    steps, stages = {}, {}
    for name in progress.steps:
        meter = progress.meters.get(name, Meter())
        dropped = total(tally.rejected, name) + total(tally.failed, name) + tally.owed[name]
        steps[name] = Passed(tally.passed[name], dropped, tally.parked[name])
        if name in progress.asking:
            begun = bool(meter.sent or meter.in_flight)
            bought = (meter.sent, meter.prompt_tokens, meter.tokens, meter.cost, meter.seconds, meter.in_flight)
            stages[name] = Bought(begun, *bought)
    unusable = total(tally.rejected, "input") + total(tally.failed, "input")
    waiting = {name: pace.waiting for name, pace in list(progress.paces.items())}
    paces = list(progress.paces.items())
    away = {name for name, pace in paces if _away(pace, at) is not None}
    full = {name for name, pace in paces if pace.rate.state != "open"}
    closed = (frozenset(stage for stage in stages if progress.models.get(stage) in names) for names in (away, full))
    return Look(at, progress.total, unusable, steps, stages, waiting, *closed)


def by_model(progress: Progress) -> dict[str, list[str]]:
    """{model: the stages that ask it}; a stage of which that is not known stands for itself."""
    found: dict[str, list[str]] = {}
    for stage in progress.asking:
        found.setdefault(progress.models.get(stage, stage), []).append(stage)
    return found


def owed(progress: Progress, at: Look) -> dict[str, int]:
    """Records that each step may yet have to do with, if no filter before it drops more."""
    coming, found = at.total - at.unusable, {}
    for name, step in at.steps.items():
        found[name] = max(0, coming - at.through(name) + progress.tally.owed[name])
        coming -= step.dropped
    return found


def done(at: Look, step: str) -> int:
    """Records that got past this step, those that were put off behind it with them."""
    return at.through(step) - at.steps[step].dropped


def troubles(progress: Progress, now: float) -> list[dict[str, Any]]:
    """The latest causes of trouble of all stages, what came last first."""
    found = [(trouble, stage) for stage, meter in list(progress.meters.items()) for trouble in meter.troubles.latest()]
    found.sort(key=lambda each: -each[0].last)
    return [
        {"stage": stage, "cause": trouble.said, "count": trouble.count, "seconds_ago": round(now - trouble.last, 1)}
        for trouble, stage in found[:CAUSES]
    ]


def total(counts: Counter[tuple[str, str]], step: str) -> int:
    """The sum over all reasons of one step."""
    return sum(number for (at, _), number in list(counts.items()) if at == step)


def passed(progress: Progress, step: str) -> int:
    """How many records got past this step; "input" is the first."""
    tally = progress.tally
    return tally.seen - total(tally.rejected, step) if step == "input" else tally.passed[step]


def _stage(progress: Progress, name: str, looks: list[Look]) -> dict[str, Any]:
    tally, meter = progress.tally, progress.meters.get(name, Meter())
    fast = speed(looks, name)
    return {
        "done": done(looks[-1], name),
        "owed": owed(progress, looks[-1])[name],
        "in_flight": meter.in_flight,
        "parked": tally.parked[name],
        "retried": meter.retried,
        "rejected": total(tally.rejected, name),
        "failed": total(tally.failed, name),
        "sent": meter.sent,
        "replayed": meter.replayed,
        "shared": meter.shared,
        "per_second": round(fast.replies, 3),
        "prompt_tokens_per_second": round(fast.prompt_tokens, 1),
        "tokens_per_second": round(fast.tokens, 1),
        "prompt_tokens": meter.prompt_tokens,
        "cached_tokens": meter.cached_tokens,
        "tokens": meter.tokens,
        "cost": round(meter.cost, 6),
        "seconds_left": _rounded(_left(progress, name, looks)),
    }


def _left(progress: Progress, stage: str, looks: list[Look]) -> float | None:
    """Of a stage whose model waits for records: as long as the whole run, which brings them."""
    models = by_model(progress)
    model, stages = next((model, stages) for model, stages in models.items() if stage in stages)
    own = left(looks, stages if len(stages) > 1 else [stage])
    if not owed(progress, looks[-1])[stage]:
        return 0.0
    return own if busy(looks, model) or not any(busy(looks, other) for other in models) else whole(looks, models)


def _other(progress: Progress, name: str, at: Look) -> dict[str, Any]:
    tally = progress.tally
    found = {"passed": done(at, name), "rejected": total(tally.rejected, name), "failed": total(tally.failed, name)}
    return found | {"owed": tally.owed[name]}


def _model(progress: Progress, name: str, now: float) -> dict[str, Any]:
    pace = progress.paces[name]
    rate = pace.rate
    stages = [stage for stage in progress.asking if progress.models.get(stage) == name]
    shut = rate.opens - now if rate.state == "shut" and pace.trouble else None
    return {
        "in_flight": pace.in_flight,
        "waiting": pace.waiting,
        "parked": sum(progress.tally.parked[stage] for stage in stages),
        "at_most_per_second": rate.allowed,
        "away_for": _rounded(_away(pace, now)),
        "trouble": pace.trouble,
        "again_in": _rounded(max(0.0, shut)) if shut is not None else None,
        "gone": str(pace.gone) if pace.gone else None,
    }


def _away(pace: Pace, now: float) -> float | None:
    """Seconds that this model has been away for; None where it is not, or hardly."""
    since = pace.away_since
    return None if since is None or now - since < BLIP else now - since


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
