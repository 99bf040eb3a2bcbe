"""What went wrong on the way to a model, counted by cause: numbers and ids in a message make no cause of their own."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

MOST = 50  # causes of one stage that are told apart
LONGEST = 200  # characters of a cause
OTHERS = "other causes"
# Searched for only where a word may begin: from each of its letters, a long word would cost its length squared.
_WORD = r"[^\s,;:()]"
_AFTER_STATUS = r"(?<=HTTP \d{3})"
_KEPT = rf"(?:(?<!\S)|{_AFTER_STATUS})\S*://\S*|HTTP \d{{3}}\b"
_VARIES = re.compile(rf"({_KEPT})|(?:(?<!{_WORD})|{_AFTER_STATUS}){_WORD}*\d{_WORD}*")


@dataclass(slots=True)
class Trouble:
    """One cause: how often it came, when last (seconds on the clock of its `Troubles`), and in which words."""

    count: int
    last: float
    said: str


class Troubles:
    """The causes of one stage, at most `MOST` and the others together."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._causes: dict[str, Trouble] = {}

    def note(self, message: str) -> None:
        """This went wrong just now."""
        name = cause(message)
        if name not in self._causes and len(self._causes) >= MOST:
            name = message = OTHERS
        found = self._causes.setdefault(name, Trouble(0, 0.0, ""))
        found.count += 1
        found.last = self._clock()
        found.said = message[:LONGEST]

    def latest(self) -> list[Trouble]:
        """The causes, what came last first."""
        return sorted(self._causes.values(), key=lambda trouble: -trouble.last)

    def total(self) -> int:
        """How often something went wrong."""
        return sum(trouble.count for trouble in list(self._causes.values()))


def cause(message: str) -> str:
    """What messages have in common that differ in numbers and ids only; addresses and HTTP statuses stay."""
    return _VARIES.sub(lambda found: found[1] or "#", message[: 2 * LONGEST])[:LONGEST]
