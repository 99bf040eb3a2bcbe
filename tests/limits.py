"""Rate limits as servers have them: a rule that answers 429 to what is beyond."""

import math
import time
from abc import ABC, abstractmethod
from collections import deque
from typing import Any

from tests.faults import Asked, Wire, wired
from tests.server import failure


class Limit(ABC):
    """So many requests in so many seconds; what is refused does not count. `says` sends Retry-After."""

    def __init__(self, requests: int, seconds: float, says: bool = False) -> None:
        self.requests, self.seconds, self._says = requests, seconds, says
        self.burst = requests  # that are taken at once after a rest
        self.refused = self.taken = 0

    @property
    def pace(self) -> float:
        """Requests a second in the long run."""
        return self.requests / self.seconds

    @abstractmethod
    def missing(self, now: float) -> float:
        """Seconds until one more request is taken; 0 where it is taken now, which counts it."""

    def __call__(self, asked: Asked, _: dict[str, Any]) -> Wire | None:
        missing = self.missing(time.monotonic())
        if not missing:
            self.taken += 1
            return None
        self.refused += 1
        told = {"Retry_After": str(math.ceil(missing))} if self._says else {}
        return wired(failure(429, f"Rate limit reached: {self.requests} in {self.seconds:g} s", **told), asked, "limit")


class FixedWindow(Limit):
    """A count that begins anew with every window; the first one begins with the first request."""

    _ends = 0.0
    _count = 0

    def missing(self, now: float) -> float:
        """Until the next window, where this one is full."""
        if now >= self._ends:
            windows = (now - self._ends) // self.seconds + 1 if self._ends else 1
            self._ends, self._count = (self._ends or now) + windows * self.seconds, 0
        if self._count < self.requests:
            self._count += 1
            return 0.0
        return self._ends - now


class SlidingWindow(Limit):
    """At most so many in any stretch of that length."""

    def __init__(self, requests: int, seconds: float, says: bool = False) -> None:
        super().__init__(requests, seconds, says)
        self._times: deque[float] = deque()

    def missing(self, now: float) -> float:
        """Until the oldest one falls out."""
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        if len(self._times) < self.requests:
            self._times.append(now)
            return 0.0
        return self._times[0] + self.seconds - now


class Bucket(Limit):
    """Tokens come evenly, at most `capacity` lie ready."""

    def __init__(self, requests: int, seconds: float, says: bool = False, capacity: int = 1) -> None:
        super().__init__(requests, seconds, says)
        self.burst = capacity
        self._tokens, self._at = float(capacity), time.monotonic()

    def missing(self, now: float) -> float:
        """Until there is a whole token."""
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.pace)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self.pace
