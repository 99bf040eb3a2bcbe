"""Which valid rows the RL set leaves out: unfit questions, and those outside the difficulty band."""

from typing import NamedTuple

from curate.record import Outcome, Rejected


class Fitness(NamedTuple):
    """`unfit` are the filters whose verdict is about the question itself.

    `least` and `most` bound the share of right answers among several drafts, both included (LongVILA-R1 drops what is
    always right or always wrong); a row without that share is in no band and stays.
    """

    unfit: frozenset[str] = frozenset()
    least: float = 0.0
    most: float = 1.0

    def objection(self, outcome: Outcome) -> str:
        """Why a row that ended so is left out of the RL set; "" where it is not."""
        if isinstance(outcome, Rejected) and outcome.step in self.unfit:
            return outcome.reason
        rate = outcome.record.pass_rate if outcome.record else None
        if rate is None or self.least <= rate <= self.most:
            return ""
        return "too hard" if rate < self.least else "too easy"
