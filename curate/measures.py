"""What the report measures in one row beside how it ended: few plain values, so that they travel between processes."""

from collections.abc import Mapping
from typing import NamedTuple

from curate.prose import similarity, words
from curate.record import Kept, Outcome, Output, Owed, Thought

SAMPLED = 20_000  # rows whose thinking is measured, of many: a distribution needs no more
SOURCE = 60  # characters of a data source's name that count
UNKNOWN = "unknown"
STEP = 1000  # parts of the whole that a similarity is told in


class Measures(NamedTuple):
    """A row's data source; and, in a sampled row, the words of each stage's thinking and what was kept of the first.

    `kept` is the similarity of the first thinking to the last, in thousandths; None where there are not two.
    """

    source: str = UNKNOWN
    words: tuple[tuple[str, int], ...] = ()
    kept: int | None = None

    @classmethod
    def of(cls, outcome: Outcome, stages: Mapping[type[Output], str], sampled: bool) -> "Measures":
        """The measures of a row that ended so; `stages` names the stage behind each kind of thought."""
        source = data_source(outcome)
        if not sampled or outcome.record is None:
            return cls(source)
        thoughts = [output for output in outcome.record.outputs if isinstance(output, Thought)]
        counts = {stages[type(t)]: len(words(t.thinking)) for t in thoughts if type(t) in stages}
        alike = similarity(thoughts[0].thinking, thoughts[-1].thinking) if len(thoughts) > 1 else None
        same = len(thoughts) > 1 and thoughts[0].thinking == thoughts[-1].thinking
        # (what differs, if only in a letter of many, is not the same)
        kept = None if alike is None else STEP if same else min(int(alike * STEP), STEP - 1)
        return cls(source, tuple(counts.items()), kept)


def data_source(outcome: Outcome) -> str:
    """The beginning of the data source's name; "unknown" where the row has no usable one."""
    if outcome.record is not None:
        return outcome.record.data_source[:SOURCE] or UNKNOWN
    row = None if isinstance(outcome, Kept | Owed) else outcome.row
    value = row.get("data_source") if isinstance(row, dict) else None
    return value[:SOURCE] or UNKNOWN if isinstance(value, str) else UNKNOWN


def sampled(number: int, total: int) -> bool:
    """Whether the row of this number is among those measured: every one, or of many rows a share, evenly spread."""
    return scattered(number) % every(total) == 0


def every(total: int) -> int:
    """Of how many rows one is measured."""
    return max(-(-total // SAMPLED), 1)


def scattered(number: int) -> int:
    """A number that looks drawn by lot and is always the same (the finisher of splitmix64, 64 bits)."""
    mask = 2**64 - 1
    n = (number + 0x9E3779B97F4A7C15) & mask
    n = ((n ^ (n >> 30)) * 0xBF58476D1CE4E5B9) & mask
    n = ((n ^ (n >> 27)) * 0x94D049BB133111EB) & mask
    return n ^ (n >> 31)
