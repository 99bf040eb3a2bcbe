"""Which split a row stands in: all rows about one medium in the same one, whatever other rows there are.

Copies of a clip that are known (`[duplicates] clips`) go by one name, so that they stand in one split, too.
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

SETS = ("sft", "rl")
TRAIN, VALIDATION = SPLITS = ("train", "validation")
FAR = 0.25  # of the smaller side: how far the share of media may be from what was asked for without a word


def split_of(medium: bytes, share: float, seed: int) -> str:
    """The split of the rows about a medium, by its name among the standings, or that of all its copies.

    About `share` of all media, 0.0 to 1.0, fall to validation; a larger share adds to those of a smaller one.
    """
    if not share:
        return TRAIN
    return VALIDATION if draw(medium, seed) < share * 2**64 else TRAIN


def draw(medium: bytes, seed: int) -> int:
    """The number below 2**64 that a medium draws; the lowest are held back."""
    return int.from_bytes(hashlib.blake2b(medium, digest_size=8, key=str(seed).encode()).digest(), "big")


class Held(NamedTuple):
    """What came of a validation split: the share of media `asked` for, `held` of so many `media`, rows by set."""

    asked: float
    media: int
    held: int
    rows: Mapping[str, int]

    @property
    def far(self) -> bool:
        """Whether the share of media is far from what was asked for; of few media, chance alone makes it so."""
        off = abs(self.held - self.asked * self.media)
        return off > FAR * min(self.asked, 1 - self.asked) * self.media

    @property
    def told(self) -> str:
        """What was asked for and what came, in one line."""
        share = f" ({self.held / self.media:.1%})" if self.media else ""
        rows = ", ".join(f"{n:,} of {name}" for name, n in self.rows.items())
        line = f"{self.held:,} of {self.media:,} media{share} are in validation, {self.asked:.1%} was asked for"
        hint = ". Each medium is drawn by itself, so few fall unevenly: another sets.seed draws anew"
        return f"{line}; rows: {rows}{hint if self.far else ''}"

    @property
    def as_json(self) -> dict[str, float | int | bool]:
        """The same for machines."""
        return {**self.rows, "asked": self.asked, "media": self.media, "held": self.held, "far": self.far}
