"""What was asked of a model and what of it was refused, counted: pure arithmetic over numbers and times."""

import math
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass

MINUTE = 60.0  # seconds: what most servers count by
SEEN = 64  # refusals that are looked at: so many tell a share well
KEPT = 8192  # requests whose starts are known, at least: among so many are `SEEN` refusals worth a look
SOME = 8  # requests that tell which pace went out, where it is an even one
FEW = 30  # requests that tell a pace well
MANY, DOUBT = 256, 40  # requests that tell what chance refuses; and so many that stand for what is thought before


@dataclass(frozen=True, slots=True)
class Stretch:
    """Requests one after another, the first and the last of them refused.

    `first` is the number of the first; `surprise` is the logarithm of the odds against so many refusals.
    """

    first: int
    asked: int
    refused: int
    surprise: float

    @property
    def share(self) -> float:
        """Refused of those asked, 0.0 to 1.0."""
        return self.refused / self.asked

    @property
    def taken(self) -> int:
        """Those that were not refused."""
        return self.asked - self.refused


class Starts:
    """Requests by their numbers, in the order in which they went out; times are seconds on one clock.

    A request has been taken until it is refused, because refusals come at once and answers do not.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.began = 0.0  # when the first one went out
        self._starts: list[float] = []  # of the latest
        self._refused: list[int] = []  # the latest, in order
        self._minute: deque[list[int]] = deque()  # of each second: which one, and how many were taken

    @property
    def _gone(self) -> int:
        """How many are so old that nothing is known of them."""
        return self.asked - len(self._starts)

    def start(self, now: float) -> int:
        """A request goes out; its number, from 0."""
        self.began = self.began if self.asked else now
        self._starts.append(now)
        if len(self._starts) > 2 * KEPT:
            del self._starts[:KEPT]
        self.asked += 1
        self._count(now)
        return self.asked - 1

    def _count(self, now: float) -> None:
        second = int(now)
        if not self._minute or self._minute[-1][0] < second:
            self._minute.append([second, 0])
            while self._minute[0][0] < now - MINUTE - 1:
                self._minute.popleft()
        self._minute[-1][1] += 1

    def refuse(self, number: int) -> None:
        """That request was not taken."""
        insort(self._refused, number)
        del self._refused[:-SEEN]
        second = int(self._starts[number - self._gone]) if number >= self._gone else None
        for entry in reversed(self._minute):
            if entry[0] == second:
                entry[1] -= 1
                break

    def lately(self, now: float) -> float:
        """Requests a second that were taken within the last minute."""
        seconds = max(min(now - self.began, MINUTE), 1.0)
        return sum(taken for second, taken in self._minute if second > now - MINUTE) / seconds

    def pace(self, now: float) -> float:
        """Requests a second that went out of late, the refused ones too."""
        some = max(FEW, len(self._starts) - bisect_left(self._starts, now - 1.0))
        return min(some, len(self._starts)) / max(now - self._starts[-some:][0], 1.0)

    def taken(self, now: float, first: int, since: int, seconds: float) -> float:
        """Requests a second taken since the `first`; or, from `since` on, for as long as tells more.

        That is `FEW` requests, or so many `seconds`.
        """
        long = min(first, self.asked - FEW, self._gone + bisect_left(self._starts, now - seconds))
        begin = max(long if long >= since else first, self._gone, self._known_from(0))
        refused = sum(number >= begin for number in self._refused)
        return max(self.asked - begin - refused, 1) / max(now - self._starts[begin - self._gone], 1e-3)

    def before(self, first: int, since: int) -> float:
        """Requests a second taken of the `SOME` before the `first`; 0.0 where fewer went out from `since` on."""
        begin = first - SOME
        if begin < max(since, self._gone, self._known_from(0)):
            return 0.0
        refused = sum(begin <= number < first for number in self._refused)
        return (SOME - refused) / max(self._starts[first - self._gone] - self._starts[begin - self._gone], 1e-3)

    def share(self, since: int) -> float:
        """The share refused of the requests from that number on."""
        return self._share(since, self.asked)[1]

    def settled(self, since: int, until: float) -> tuple[int, float]:
        """How many of those went out up to that time, and the share of them refused."""
        return self._share(since, self._gone + bisect_left(self._starts, until))

    def _share(self, since: int, end: int) -> tuple[int, float]:
        asked = max(end - self._known_from(since), 0)
        refused = sum(since <= number < end for number in self._refused)
        return asked, refused / max(asked, 1)

    def _known_from(self, since: int) -> int:
        """The first number from there on of which it is known whether it was refused."""
        return max(since, self._refused[0]) if len(self._refused) == SEEN else since

    def likely(self, thought: float) -> float:
        """The share that chance refuses, going by the latest `MANY`; until there are many, what is `thought`.

        Those at the end that were refused one after another do not count.
        """
        at = len(self._refused) - 1
        while at > 0 and self._refused[at - 1] == self._refused[at] - 1:
            at -= 1
        end = self._refused[at] if self._refused else self.asked
        begin = max(end - MANY, 0)
        refused = sum(begin <= number < end for number in self._refused)
        return (refused + thought * DOUBT) / (end - begin + DOUBT)

    def strangest(self, usual: float, since: int) -> Stretch | None:
        """Of all stretches up to the latest refusal, from `since` on: the one that the `usual` share explains least.

        None where none was refused.
        """
        some = [number for number in self._refused if number >= max(since, self._gone)]
        stretches = (_stretch(first, some[-1], len(some) - at, usual) for at, first in enumerate(some))
        return max(stretches, key=lambda stretch: stretch.surprise, default=None)


def _stretch(first: int, last: int, refused: int, usual: float) -> Stretch:
    asked = last - first + 1
    share = refused / asked
    return Stretch(first, asked, refused, surprise(asked, share, usual) if share > usual else 0.0)


def surprise(asked: int, share: float, usual: float) -> float:
    """The logarithm of the odds against this share refused of so many, be it more or less than the `usual` one."""
    refused = share * math.log(share / usual) if share > 0 else 0.0
    taken = (1 - share) * math.log((1 - share) / (1 - usual)) if share < 1 else 0.0
    return asked * (refused + taken)
