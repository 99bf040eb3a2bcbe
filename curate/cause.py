"""Why a server refuses: because it is asked too much, or by chance, whatever the pace. Pure arithmetic over counts.

Chance refuses here and there, and as much at a lower pace. A limit refuses all in a row until it takes requests
again (a window that is used up), or that part which is too much (a bucket); at a lower pace it refuses nothing.
"""

import math
from dataclasses import dataclass
from typing import Literal

from curate.starts import Starts, Stretch, surprise

LEAST = 0.02  # share of refusals that is let be
CHANCE = 0.25  # share that chance is thought to refuse before anything is known
SPARE = 1.25  # times the share that chance refuses: what it may still explain
NEARLY_ALL = 0.8  # share of refusals from which on the server takes nothing more for now
ODDS, LOOKS = 0.05, 256  # odds at which chance is no explanation, once among so many requests at most
ENOUGH = 3  # requests taken among those refused, from which a pace can be told
SURELY = 4.0  # logarithm of the odds at which a trial ends
AS_OFTEN = 0.4  # times the share before, at least: a lower pace has changed nothing (a limit would refuse none now)

Verdict = Literal["helped", "too little", "in vain"]


@dataclass(frozen=True, slots=True)
class Trial:
    """A pace that was lowered to see whether that helps: the share refused, and the pace, before.

    `vain`: it is lowered again though one time has changed nothing; a second is no accident.
    """

    share: float
    before: float | None
    vain: bool = False


class Cause:
    """What refusals come from; `since` is the first request that tells of the present pace."""

    def __init__(self, starts: Starts) -> None:
        self.usual = 0.0  # the share refused that no pace helps against
        self.trial: Trial | None = None
        self.known = False  # the trial is of a pace that was taken before: if that is refused now, it is no chance yet
        self.since = 0
        self._starts = starts

    @property
    def _explained(self) -> float:
        return max(LEAST, SPARE * self.usual)

    @property
    def _sure(self) -> float:
        return math.log(min(self._starts.asked, LOOKS) / ODDS)

    def correct(self, until: float) -> None:
        """Less is usual where clearly less was refused at this pace, of what went out up to then."""
        asked, share = self._starts.settled(self.since, until)
        if share < self.usual and surprise(asked, share, self.usual) > 2 * SURELY:
            self.usual = share

    def full(self) -> bool:
        """Whether so many of the latest were refused one after another that the server takes nothing more for now."""
        likely = SPARE * max(self._starts.likely(CHANCE), self.usual)
        found = self._starts.strangest(likely, self.since)
        if not found or found.share < NEARLY_ALL:
            return False
        return found.surprise >= self._sure or found.asked == self._starts.asked  # or it has never taken any

    def many(self) -> Stretch | None:
        """The latest requests, if more of them were refused than chance explains."""
        found = self._starts.strangest(self._explained, self.since)
        return found if found and found.surprise >= self._sure and found.taken >= ENOUGH else None

    def suspect(self, found: Stretch, before: float | None) -> None:
        """A trial begins, of a pace lower than the one before."""
        # The whole is what chance would refuse; a limit has hidden in it while it was not reached.
        self.trial = Trial(max(self._starts.share(self.since), found.share / 4), before)

    def weigh(self) -> Verdict | None:
        """How the trial stands: None where there is none, or nothing is sure yet.

        Half the share before, at least, speaks for chance; the usual one for a limit that is no more reached.
        """
        trial, asked = self.trial, self._starts.asked - self.since
        if not trial or not asked:
            return None
        share, usual = self._starts.share(self.since), self._explained
        half = max(trial.share / 2, 1.5 * usual)
        odds = asked * (share * math.log(half / usual) + (1 - share) * math.log((1 - half) / (1 - usual)))
        if odds < -SURELY:
            self.trial = None
            return "helped"
        if odds < SURELY or asked * half < 2:
            return None
        return self._not_helped(trial, share)

    def _not_helped(self, trial: Trial, share: float) -> Verdict:
        vain = not self.known and share >= AS_OFTEN * trial.share
        if vain and trial.vain:
            self.usual, self.trial = (share + trial.share) / 2, None
            return "in vain"
        self.trial = Trial(share, trial.before, vain or trial.vain)
        return "too little"
