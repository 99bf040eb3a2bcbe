"""How many requests a minute a model takes, found out by asking it: pure arithmetic over time.

A server that has enough answers "too many" (HTTP 429); some also do so by chance. Refusals are let be as long as
chance explains them (`Cause`). Then:

- The latest were refused one after another: the server takes nothing more for now. Nobody asks until one request
  that probes is taken. From one such opening to the next the server has taken as many requests as it takes in
  that time, whether it counts in windows or fills a bucket, so that number is the next pace. (Where these are
  few it may have been one small request in a window of tokens that is full; the opening before counts, too.)
- A part of them was refused: a trial. The pace falls to where it was before the first of them, because a server
  without a burst takes one request each so many seconds, and half of all that follow each other a little faster.
  If that is still too much (it was taken from a stock, or the server takes less by now), it falls to what was
  taken of late. If the refusals end, it was too high. If as many are refused as before, twice, they come by
  chance: the pace is again what it was before, grows quickly, and that share is usual from then on.

A new pace rests, for as long as tells it well, and then tries ever more.
"""

import random
from collections.abc import Callable
from typing import Literal

from curate.cause import LEAST, Cause
from curate.starts import MINUTE, Starts

BELOW = 0.98  # share of what the server takes, so that a pace can rest there
NEARER = 0.25  # of the way from what was taken, mostly below the limit, to the pace at which the limit was reached
UNSURE, LESS = 15, 0.9  # so many taken requests tell as much as the guess that a pace of this share is right
REST, RESTING = 30.0, 150  # seconds, or requests where these take longer, that a new pace rests at most
QUICK = 0.1  # seconds that a pace rests which was lowered in vain
CREEP, STRIDE = 0.005, 1.0  # least and most growth a second from then on; it doubles with every two such rests
STEP = 0.2  # of the time that it grows for between two slow requests: a limit is not to be passed before it tells
AMPLE = 2.0  # times what is asked: a pace that holds nothing back is not to grow beyond any measure
SOON = 1.0  # seconds, the least that a pace is measured over
LATELY = 10.0  # seconds that requests are counted over where no pace has spread them yet
SHORTEST, LONGEST = 0.5, 4.0  # seconds shut after a refusal that names no time
GRACE = 1.0  # seconds after which a request that was not refused has been taken: refusals come at once
AWAY = 30.0  # seconds at most between two looks whether a server is back
FURTHEST = 600.0  # seconds; a server that asks for more is asked again after this
# Seconds of pace that may be caught up on, so that a coarse clock costs nothing. Where that is less than one request
# it would cost little anyhow, and one sent early to catch up is refused by a server that takes no two at once.
CATCH_UP = 0.05

State = Literal["open", "shut", "probing"]


class Rate:
    """The pace of one model; every time is in seconds on one clock.

    `limit` is what the settings allow, in starts a second. `start` is told of every request that goes out and
    numbers it; `answered`, `refused`, `away` and `again` are told what came of that number. While "shut" nothing
    goes out; then one request probes.
    """

    def __init__(self, limit: float | None = None, chance: Callable[[], float] = random.random) -> None:
        self.found: float | None = None  # starts a second; None: nothing has held us back yet
        self.state: State = "open"
        self.opens = 0.0
        self.streak = 0  # probes in a row that came to nothing
        self._limit = limit
        self._chance = chance
        self._starts = Starts()
        self._cause = Cause(self._starts)
        self._next = 0.0
        self._probe = 0  # the number of the latest probe
        self._probed = 0.0  # when it went out
        self._lost = False  # shut because the server is away, not because it is asked too much
        self._closed = 0.0  # while it takes nothing: when it surely did not
        self._opened: float | None = None  # since when it takes requests
        self._first = 0  # the number of the first of them
        self._taken = 0  # how many of them it took
        self._earlier: tuple[float, float] | None = None  # since when, and how many, of the time before
        self._whole = True  # it was never away since, so that these tell all that it takes
        self._rest = 0.0
        self._lowered = 0.0
        self._grown = 0.0

    @property
    def allowed(self) -> float | None:
        """Starts a second; None where nothing bounds them."""
        bounds = [bound for bound in (self.found, self._limit) if bound is not None]
        return min(bounds, default=None)

    def wait(self, now: float) -> float | None:
        """Seconds until the next request may go out, 0.0 for at once, None where only a reply can tell."""
        if self.state == "probing" and not self._lost and now >= self._probed + GRACE:
            self._open(now)
        if self.state == "probing":
            return None if self._lost else self._probed + GRACE - now
        return max(0.0, (self.opens if self.state == "shut" else self._next) - now)

    def start(self, now: float) -> int:
        """A request goes out; its number."""
        number = self._starts.start(now)
        self._taken += 1
        if self._opened is None:
            self._opened = now
        if self.state == "shut":
            self.state, self._probe, self._probed = "probing", number, now
        if self._cause.trial:
            self._weigh(now)
        if allowed := self.allowed:
            late = CATCH_UP if allowed * CATCH_UP > 1 else 0.0
            self._next = max(self._next or now, now - late) + 1 / allowed
        self._grow(now)
        return number

    def answered(self, now: float, number: int) -> None:
        """The server took a request, whatever it made of it."""
        if self._probing(number):
            self._open(now)

    def refused(self, now: float, number: int, wish: float | None) -> None:
        """The server did not take a request; `wish` is when it asks to be asked again, seconds from now."""
        wish = None if wish is None else min(wish, FURTHEST)
        self._starts.refuse(number)
        self._taken -= number >= self._first
        if self._probing(number):
            self.streak += 1
            self._shut_full(now, wish)
        elif self.state == "open":
            self._judge(now, wish)
        elif wish is not None:
            self.opens = max(self.opens, now + wish)

    def away(self, now: float, number: int) -> None:
        """The server could not be reached, or fails whatever it is asked."""
        if self.state == "shut" or (self.state == "probing" and number < self._probe):
            return
        self.streak += self.state == "probing"
        self._shut(now, self._grown_wait(1.0, AWAY), True)
        self._opened, self._first, self._taken, self._whole = None, self._starts.asked, 0, False
        self._earlier = None

    def again(self, number: int) -> None:
        """A probe came to nothing that tells about the server: another one may go out."""
        if self._probing(number):
            self.state = "shut"

    def _probing(self, number: int) -> bool:
        return self.state == "probing" and number >= self._probe

    def _open(self, now: float) -> None:
        self._taken -= 1  # the probe is the first of those to come
        if not self._lost and self._taken > 0:  # else the server took none, which tells no pace
            self._lower(now, self._measured((self._closed + self._probed) / 2))
            self._whole = True
        self.state, self.streak, self._opened = "open", 0, self._probed
        self._first, self._taken, self._cause.since = self._probe, 1, self._probe
        self._next = self._probed + 1 / self.allowed if self.allowed else now

    def _shut_full(self, now: float, wish: float | None) -> None:
        """Nothing goes out until a probe; a Retry-After in whole seconds may be too long by one."""
        self._closed = now if wish is None else max(now, now + wish - 1.0)
        self._shut(now, self._grown_wait(SHORTEST, LONGEST) if wish is None else self._soon_after(wish), False)

    def _shut(self, now: float, seconds: float, lost: bool) -> None:
        self.state, self.opens, self._lost = "shut", now + seconds, lost

    def _grown_wait(self, first: float, longest: float) -> float:
        return float(min(first * 2 ** min(self.streak, 30), longest) * (0.75 + self._chance() / 2))

    def _soon_after(self, wish: float) -> float:
        return wish * (1 + 0.02 * self._chance()) + 0.05 * self._chance()

    def _judge(self, now: float, wish: float | None) -> None:
        """Whether the latest refusals have a cause, and what follows."""
        cause = self._cause
        cause.correct(now - GRACE)
        self._weigh(now)
        if cause.full():
            if cause.trial:
                self.found, cause.trial = cause.trial.before, None
            self._shut_full(now, wish)
        elif not cause.trial and now - self._starts.began >= SOON and (some := cause.many()):
            cause.suspect(some, self.found)
            self._try_less(now, some.first, self._known(some.first))

    def _weigh(self, now: float) -> None:
        """What follows from a trial."""
        trial, verdict = self._cause.trial, self._cause.weigh()
        if verdict == "too little":
            self._try_less(now, self._cause.since)
        elif trial and verdict == "in vain":
            self.found, self._rest = trial.before, QUICK
            self._lowered, self._cause.since = now, self._starts.asked

    def _known(self, first: int) -> float:
        """The pace up to that request, at which none was refused; 0.0 where there was none, or chance refuses some."""
        if not self.allowed or self._cause.usual > LEAST:
            return 0.0
        return self._starts.before(first, self._cause.since) or (0.0 if self.found else self.allowed)

    def _try_less(self, now: float, first: int, known: float = 0.0) -> None:
        """Lower the pace to what was taken since that request, or to the `known` one where that is more."""
        taken = self._asking(self._starts.taken(now, first, self._cause.since, LATELY if self.found is None else 0.0))
        self._cause.known, pace = known > taken, max(known, taken) * BELOW
        self._lower(now, pace)
        self._rest = max(REST, RESTING / pace)
        self._cause.since = self._starts.asked

    def _asking(self, taken: float) -> float:
        """The pace at which so many are taken; by halves, so that it shows if chance refuses less than is thought."""
        return taken / (1 - self._cause.usual / 2)

    def _lower(self, now: float, pace: float) -> None:
        self.found = min(pace, self.found or pace)
        self._lowered = self._grown = now

    def _resting(self, now: float) -> bool:
        return now < self._lowered + self._rest

    def _measured(self, until: float) -> float:
        """The pace that the server takes, from the last opening to this one; and how long it is to rest."""
        since, number = self._counted(until)
        seconds = max(until - since, SOON)
        taken, rested = number / seconds, not self._resting(until)
        rest = min(seconds, max(REST, RESTING / taken))
        if seconds > MINUTE or not self._whole:
            taken = max(taken, self._starts.lately(until))
        if self.found is None:
            self._rest = rest
            return taken * BELOW
        sure = self._taken / (self._taken + UNSURE)
        self._rest = sure * rest + (1 - sure) * self._rest
        if rested and not self._cause.usual:
            return taken + max(min(self.found, AMPLE * taken) - taken, 0.0) * NEARER
        return sure * self._asking(taken) * BELOW + (1 - sure) * self.found * LESS

    def _counted(self, until: float) -> tuple[float, float]:
        """Since when how many were taken. With those before, if these are few: a full server may take a small one."""
        since, number = self._opened or until, float(self._taken)
        if number < UNSURE and self._earlier:
            since, number = self._earlier[0], number + self._earlier[1]
        begin = max(since, until - 2 * MINUTE)
        self._earlier = begin, number * (until - begin) / max(until - since, SOON)
        return since, number

    def _grow(self, now: float) -> None:
        """After its rest the pace grows, ever faster while nothing comes of it."""
        if self.found is None or self._cause.trial or self.state != "open":
            return
        over, seconds = now - self._lowered - self._rest, now - self._grown
        self._grown = now
        if over > 0:
            growth = min(CREEP * 2 ** min(over / self._rest / 2, 20), STRIDE)
            grown = self.found * (1 + growth) ** min(seconds, STEP * max(seconds, 1.0), 1.0)
            self.found = max(self.found, min(grown, AMPLE * self._starts.pace(now)))
