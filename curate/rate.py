"""How many requests a minute a model takes, found out by asking it: pure arithmetic over time.

A server that has enough answers "too many" (HTTP 429). Between two such answers it has taken as many
requests as it takes in that time, whether it counts in windows or fills a bucket, so that number is the
next pace; just below it the pace rests, and then tries a little more.
"""

import random
from collections import deque
from collections.abc import Callable
from typing import Literal

MINUTE = 60.0  # seconds: what most servers count by
BELOW = 0.98  # share of what the server takes, so that the pace can rest there
REST = 30.0  # seconds without a refusal before more is tried, where many requests have told the pace
SURE = 100  # requests between two refusals that tell it for sure
CREEP, STRIDE = 0.005, 0.25  # least and most growth a second from then on
LATE = 1 / 32  # weight of the latest request in the share of refusals
ODD = 0.06  # share of refusals up to which only those wait that were refused
SURELY = 0.4  # share of refusals that chance does not explain
VAIN = 2  # times in a row that a lower pace was refused as often: the server refuses by chance
AS_OFTEN = 0.7  # times the share before
FORGET = 0.999  # of what is held for chance, at each request
AMPLE = 2.0  # times what was taken of late: a pace that holds nothing back is not to grow beyond any measure
LONG = 3.0  # seconds shut, from which on a server counts in windows
SHORTEST, LONGEST = 0.5, 8.0  # seconds shut after a refusal that names no time
GRACE = 1.0  # seconds after which a request that was not refused has been taken: refusals come at once
AWAY = 30.0  # seconds at most between two looks whether a server is back
FURTHEST = 600.0  # seconds; a server that asks for more is asked again after this
CATCH_UP = 0.05  # seconds of pace that may be caught up on, so that a coarse clock costs nothing

State = Literal["open", "shut", "probing"]


class Rate:
    """The pace of one model; every time is in seconds on one clock.

    `limit` is what the settings allow, in starts a second. `start` is told of every request that goes out,
    `answered`, `refused` and `away` of what came of it. While "shut" nothing goes out; then one request probes.
    """

    def __init__(self, limit: float | None = None, chance: Callable[[], float] = random.random) -> None:
        self.found: float | None = None  # starts a second; None: nothing has held us back yet
        self.state: State = "open"
        self.opens = 0.0
        self.streak = 0  # probes in a row that came to nothing
        self._limit = limit
        self._chance = chance
        self._next = 0.0
        self._probed = 0.0
        self._lost = False  # shut because the server is away, not because it is asked too much
        self._rest: float | None = None  # None: only one refusal so far, so little is known
        self._began: float | None = None
        self._refused_at: float | None = None
        self._shut_for = 0.0
        self._since = 0
        self._grown = 0.0
        self._minute: deque[list[int]] = deque()
        self._share = ODD  # of the latest requests: refused; the first refusal is to count
        self._chances = 0.0  # the share that no pace has helped against
        self._before: tuple[float, float | None] = (0.0, None)  # share and pace when it was first lowered
        self._vain = 0

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

    def start(self, now: float) -> None:
        """A request goes out."""
        self._began = now if self._began is None else self._began
        self._share -= self._share * LATE
        self._chances *= FORGET
        if self.state == "shut":
            self.state, self._probed = "probing", now
        if allowed := self.allowed:
            self._next = max(self._next, now - CATCH_UP) + 1 / allowed
        self._count(now, 1)
        self._grow(now)

    def answered(self, now: float, started: float) -> None:
        """The server took a request, whatever it made of it."""
        if self.state == "probing" and started >= self._probed:
            self._open(now)

    def refused(self, now: float, started: float, wish: float | None) -> None:
        """The server took no more; `wish` is when it asks to be asked again, seconds from now."""
        self._count(started, -1)
        self._share += LATE
        probe = self.state == "probing" and started >= self._probed
        if self.state != "open" and not probe:
            if wish is not None:
                self.opens = max(self.opens, now + min(wish, FURTHEST))
            return
        if probe:
            self.streak += 1
        elif self._share <= ODD + 1.5 * self._chances:
            return  # so few that the pace is no cause of it
        elif self._rest is not None and self._since < 1 / LATE and self._share < SURELY:
            return  # the last step down has had no time to show
        elif self._refused_at is not None and started < self._refused_at:
            return  # it went out before the pace was lowered
        elif self._in_vain():
            return
        else:
            self._slow_down(now)
        self._shut(now, self._grown_wait(SHORTEST, LONGEST) if wish is None else self._soon_after(wish), False)

    def away(self, now: float, started: float) -> None:
        """The server could not be reached, or fails whatever it is asked."""
        if self.state == "shut" or (self.state == "probing" and started < self._probed):
            return
        self.streak += self.state == "probing"
        self._shut(now, self._grown_wait(1.0, AWAY), True)

    def again(self, started: float) -> None:
        """A probe came to nothing that tells about the server: another one may go out."""
        if self.state == "probing" and started >= self._probed:
            self.state = "shut"

    def _open(self, now: float) -> None:
        if not self._lost and self._refused_at is not None:
            self._shut_for = now - self._refused_at
        self.state, self.streak = "open", 0
        self._next = self._probed + 1 / self.allowed if self.allowed else now

    def _shut(self, now: float, seconds: float, lost: bool) -> None:
        self.state, self.opens, self._lost = "shut", now + seconds, lost

    def _grown_wait(self, first: float, longest: float) -> float:
        return float(min(first * 2 ** min(self.streak, 30), longest) * (0.75 + self._chance() / 2))

    def _soon_after(self, wish: float) -> float:
        return min(wish, FURTHEST) * (1 + 0.02 * self._chance()) + 0.05 * self._chance()

    def _slow_down(self, now: float) -> None:
        """The new pace, from what was taken since the last refusal."""
        taken = max(self._since, 1)
        if self._refused_at is None:
            began = self._began if self._began is not None else now
            self.found = taken / max(now - began, 1.0) / 2
        else:
            before, sure = self.found or taken, taken / (taken + 5)
            measured = min(before, self._measured(now, taken))
            self.found = (sure * measured + (1 - sure) * before * 0.7) * BELOW
            self._rest = REST * min(taken / SURE, 1.0)
        self._refused_at, self._grown, self._since = now, now, 0

    def _in_vain(self) -> bool:
        """Whether the last steps down have helped nothing: then the pace is again what it was before them."""
        share, found = self._before
        if self._rest is None or self._since < 1 / LATE or self._share > SURELY:
            self._before = (self._share, self.found)
            return False
        if self._share < share * AS_OFTEN:
            self._before, self._vain = (self._share, self.found), 0
            return False
        self._vain += 1
        if self._vain <= VAIN:
            return False
        self._chances, self.found, self._vain = self._share, found, 0
        return True

    def _measured(self, now: float, taken: int) -> float:
        """Requests a second that the server has taken."""
        refused = self._refused_at if self._refused_at is not None else now
        if self._shut_for < LONG:
            # Rather a little too much: that is put right by the next refusal, too little only by a rest.
            return taken / max(now - refused - self._shut_for, 1e-3)
        between = taken / (now - refused)
        if self._began is None or now - self._began < MINUTE:
            return between
        return max(between, self._lately(now))

    def _lately(self, now: float) -> float:
        """Requests a second that were taken within the last minute."""
        seconds = min(now - (self._began if self._began is not None else now), MINUTE)
        return sum(n for second, n in self._minute if second > now - MINUTE) / max(seconds, 1.0)

    def _count(self, started: float, number: int) -> None:
        """So many more were taken; a refusal takes its request back."""
        if self._refused_at is None or started >= self._refused_at:
            self._since += number
        second = int(started)
        if number > 0 and (not self._minute or self._minute[-1][0] < second):
            self._minute.append([second, 0])
        for entry in reversed(self._minute):
            if entry[0] <= second:
                entry[1] += number
                break
        while self._minute and self._minute[0][0] < started - MINUTE - 1:
            self._minute.popleft()

    def _grow(self, now: float) -> None:
        if self.found is None or self._refused_at is None or self.state != "open":
            return
        quiet, seconds = now - self._refused_at - self._shut_for, now - self._grown
        self._grown = now
        growth = STRIDE
        if self._rest is not None:
            if quiet < self._rest:
                return
            growth = min(CREEP * 2 ** min((quiet - self._rest) / self._rest, 20), STRIDE)
        grown = self.found * (1 + growth) ** min(seconds, 1.0)
        self.found = max(self.found, min(grown, AMPLE * self._lately(now)))
