"""The way to one model: how many requests are on it, how fast they follow, and what all of them wait for together."""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from curate.cause import CHANCE
from curate.errors import AwayError, BatchedError, CrampedError, GoneError, ThrottledError, TransientError
from curate.journal import quiet
from curate.rate import Rate
from curate.starts import MINUTE
from curate.words import duration

log = logging.getLogger(__name__)

# Failures without an answer between them, of so many requests, that mean: the server is down. They must be nearly all
# that went out from the first to the last of them: failures that come at once overtake slow answers.
STREAK, FROM, NEARLY_ALL = 8, 4, 0.8
REMEMBERED = 10 * MINUTE  # seconds that a request is known to fail by itself; it is asked again sooner than that
ALONE = 300.0  # seconds that a request is refused for alone: a large one has to wait for a bucket to be full
OTHERS = 10  # requests that are answered while one is refused, before that tells anything
SINGLED = 14.0  # logarithm of the odds at which chance is no reason that one request is refused and others are not
LONGEST_WINDOW = 2 * MINUTE  # that a limit may be used up, however little patience the settings have with an outage
PUT_OFF = 5  # times that a server may say later than before when it will take requests; it may mean never
CROWD = 2  # times `concurrency`: more waiting requests than that are better asked later


@dataclass(slots=True)
class Turn:
    """One request on its way: its number in the `Rate`, and the tokens it was thought to take."""

    number: int
    tokens: float


class Score(NamedTuple):
    """Requests that were answered and requests that were throttled, up to a time in seconds."""

    answered: int = 0
    throttled: int = 0
    at: float = 0.0


@dataclass(slots=True)
class _Waiting:
    go: asyncio.Future[Turn]
    tokens: float


class Pace:
    """At most `concurrency` requests at once, as fast as the model takes them; shared by all that ask it.

    `requests_per_minute` and `tokens_per_minute` bound it from the start. A server that is away is looked for
    by one request at a time: `retries` times where it never answered in this run, else for up to `patience`
    seconds, of which `say` hears. Then `gone` is the error that everyone meets; so it is for a server that
    takes nothing for as long, after the wait that it asked for first.
    """

    def __init__(
        self,
        concurrency: int,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        retries: int = 0,
        patience: float = 0.0,
        say: Callable[[str], None] = quiet,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rate = Rate(requests_per_minute / MINUTE if requests_per_minute else None)
        self.in_flight = 0
        self.gone: GoneError | None = None
        self.trouble: str | None = None  # why nothing goes out at the moment
        self._concurrency = concurrency
        self._tokens_a_second = tokens_per_minute / MINUTE if tokens_per_minute else None
        self._retries = retries
        self._patience = patience
        self._say = say
        self._clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._tokens_next = 0.0
        self._seen = 0.0  # tokens of an average request
        self._answered = False
        self._down_since: float | None = None
        self._told = False  # that it is waited for; once until it answers
        self._failing: list[tuple[int, int]] = []  # turns and their requests, since the last answer
        self._failed_alone: dict[int, float] = {}  # requests that failed while others were answered, and when
        self._throttled: list[int] = []  # turns of those that were refused since then, which tell nothing here
        self._put_off = 0  # times that it said later than before
        self._answers = self._throttles = 0
        self._due: float | None = None  # while it takes nothing: when it said, or seemed, to take requests again

    @property
    def waiting(self) -> int:
        """Requests that wait for their turn."""
        return len(self._waiting)

    @property
    def away_since(self) -> float | None:
        """When the server that is waited for was found to be away; None while it is there, or given up."""
        return None if self.gone else self._down_since

    @property
    def score(self) -> Score:
        """What became of all requests so far."""
        return Score(self._answers, self._throttles, self._clock())

    @property
    def crowded(self) -> bool:
        """Whether so many wait already that others should do something else first."""
        return len(self._waiting) >= CROWD * self._concurrency

    @property
    def busy(self) -> bool:
        """Whether those that wait are enough to keep it so."""
        return len(self._waiting) >= self._concurrency

    @property
    def room(self) -> int:
        """Requests on it and waiting before it is crowded."""
        return (1 + CROWD) * self._concurrency

    @property
    def counts_tokens(self) -> bool:
        """Whether `turn` wants to know how many tokens a request may take."""
        return self._tokens_a_second is not None and not self._seen

    def __str__(self) -> str:
        """For the log."""
        rate = self.rate
        return f"in flight {self.in_flight}, waiting {self.waiting}, a second at most {rate.allowed}; {rate.state}"

    async def turn(self, guess: float = 0.0) -> Turn:
        """Wait until a request may go out; `guess` is what it may take of tokens. Raises GoneError."""
        if self.gone:
            raise self.gone
        tokens = (self._seen or guess) if self._tokens_a_second else 0.0
        waiting = _Waiting(asyncio.get_running_loop().create_future(), tokens)
        self._waiting.append(waiting)
        self._pump()
        try:
            return await waiting.go
        except asyncio.CancelledError:
            if waiting.go.done() and not waiting.go.cancelled() and waiting.go.exception() is None:
                self.leave(waiting.go.result())
            raise

    def answered(self, turn: Turn, tokens: int, request: int = 0) -> None:
        """A reply came, or a refusal of this `request` alone; `tokens` is what it took in all."""
        now = self._clock()
        self._failed_alone |= {failed: now for _, failed in self._failing}
        self._failed_alone.pop(request, None)
        self.rate.answered(now, turn.number)
        if self.trouble:
            log.debug("goes on after: %s", self.trouble)
        self._answered, self._down_since, self.trouble, self._told = True, None, None, False
        self._failing.clear()
        self._throttled.clear()
        self._due = None
        self._answers += 1
        if self._tokens_a_second and tokens:
            self._tokens_next += (tokens - turn.tokens) / self._tokens_a_second
            self._seen += (tokens - self._seen) / 10 if self._seen else tokens

    def failed(self, turn: Turn, error: TransientError, request: int) -> bool:
        """No reply came of `request` (any number of its own). Whether that counts against the request itself."""
        if isinstance(error, CrampedError | BatchedError):
            return True
        now = self._clock()
        if isinstance(error, ThrottledError):
            found = self.rate.found
            self.rate.refused(now, turn.number, error.retry_after)
            if self.rate.found != found:
                log.debug("asked too much: from %s to %s requests a second", found, self.rate.found)
            self._answered, self._down_since = True, None  # whoever throttles is there
            self._throttled.append(turn.number)
            self.trouble = f"asked to wait: {error}"
            self._refused(now, error)
            return False
        self._failing.append((turn.number, request))
        counts = not (isinstance(error, AwayError) or self._down())
        if counts:
            self.rate.answered(now, turn.number)  # it does answer, if badly
            self._down_since = None
        else:
            self._lost(now, turn, error)
        return counts

    def singled(self, times: int, since: Score) -> bool:
        """Whether a request that was throttled so often, others meanwhile being answered, is refused for what it is."""
        answered, throttled, seconds = (now - then for now, then in zip(self.score, since, strict=True))
        others = max(throttled - times, 0)
        share = max(CHANCE, others / max(answered + others, 1))
        return seconds >= ALONE and answered >= OTHERS and times * -math.log(share) > SINGLED

    def leave(self, turn: Turn) -> None:
        """The request is off its way, whatever came of it; one that was given up tells nothing of the server."""
        self.rate.again(turn.number)
        self.in_flight -= 1
        self._pump()

    def _refused(self, now: float, error: ThrottledError) -> None:
        self._throttles += 1
        due = now + (error.retry_after or 0.0)
        if self._due is None or (due > self._due + LONGEST_WINDOW and self._put_off < PUT_OFF):
            self._put_off = 0 if self._due is None else self._put_off + 1
            self._due = due
        if now - self._due > (patience := max(self._patience, LONGEST_WINDOW)):
            self._end(f"{error}; it has taken nothing for {duration(patience)}, which is all the `patience`")

    def _down(self) -> bool:
        numbers, requests = [number for number, _ in self._failing], {request for _, request in self._failing}
        # The last rows of a run may be those that no server answers, which tells nothing of this one.
        telling = {request for request in requests if not self._known(request)}
        if len(numbers) < STREAK or len(telling) < FROM:
            return False
        first, last = min(numbers), max(numbers)
        throttled = sum(first < number < last for number in self._throttled)
        return len(numbers) >= NEARLY_ALL * (last - first + 1 - throttled)

    def _known(self, request: int) -> bool:
        """Whether this request failed lately while others were answered."""
        since = self._failed_alone.get(request)
        return since is not None and self._clock() - since < REMEMBERED

    def _lost(self, now: float, turn: Turn, error: TransientError) -> None:
        if self._down_since is None:
            self._down_since = now
            if self._answered and not self._told:
                self._told = True
                self._say(f"{error}; waiting for it, up to {duration(self._patience)}")
        self.rate.away(now, turn.number)
        self.trouble = str(error)
        if now - self._down_since > self._patience if self._answered else self.rate.streak >= self._retries:
            self._end(str(error))

    def _end(self, why: str) -> None:
        """Nobody is to wait for this model any more."""
        self.gone = GoneError(why)
        log.debug("given up: %s; %d that wait meet it, too", why, len(self._waiting))
        while self._waiting:
            go = self._waiting.popleft().go
            if not go.done():
                go.set_exception(self.gone)

    def _pump(self) -> None:
        """Let out whoever may go; come again when the next may."""
        while self._waiting and self.in_flight < self._concurrency:
            if self._waiting[0].go.done():
                self._waiting.popleft()
                continue
            now = self._clock()
            wait = self.rate.wait(now)
            if wait is not None and self._tokens_a_second:
                wait = max(wait, self._tokens_next - now)
            if wait != 0.0:
                self._later(wait)
                return
            head = self._waiting.popleft()
            number = self.rate.start(now)
            if self._tokens_a_second:
                self._tokens_next = max(self._tokens_next, now) + head.tokens / self._tokens_a_second
            self.in_flight += 1
            head.go.set_result(Turn(number, head.tokens))

    def _later(self, wait: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wait is not None:
            self._timer = asyncio.get_running_loop().call_later(wait, self._pump)
