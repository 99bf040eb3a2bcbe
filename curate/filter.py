"""The contract of a filter: a pure rule about one record."""

from abc import ABC, abstractmethod
from typing import ClassVar

from curate.answers.score import Measures
from curate.plugin import Plugin
from curate.record import Output, Record, Thought


class Filter(Plugin, ABC):
    """A reason to drop a record, or None. It reads nothing but the record."""

    folder: ClassVar[str] = "filters"
    needs: ClassVar[tuple[type[Output], ...]] = (Thought,)
    grades: ClassVar[bool] = False  # its verdict is whether the answer is right
    unfit: ClassVar[bool] = False  # its verdict is about the question itself: what it drops is in neither set

    def wants(self) -> tuple[type[Output], ...]:
        """What this filter needs, as it is set."""
        return self.needs

    def measured(self) -> Measures | None:
        """How this filter judges answers; None where it does not."""
        return None

    def graded(self, record: Record) -> float | None:
        """How right the record's answer is, in [0, 1]; None where this filter does not tell."""
        return None

    @abstractmethod
    def reason(self, record: Record) -> str | None:
        """None to keep the record, else "reason" or "reason: detail".

        What stands before the first ": " is counted in the report, so it holds no values of the record.
        """
