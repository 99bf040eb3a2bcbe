"""When every frame of a film is shown, and where decoding may begin: packed, for a library of long films."""

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import overload


@dataclass(frozen=True, slots=True)
class Spot:
    """One frame to find: its index, its time in seconds, and its own pts and its key frame's, in ticks.

    `key` is None where only decoding from the start and counting can be trusted.
    """

    index: int
    time: float
    pts: int
    key: int | None


def pack(values: Iterable[int]) -> bytes:
    """Whole numbers as compressed differences: a regular sequence of any length takes a few bytes."""
    deltas, before = array("q"), 0
    for value in values:
        deltas.append(value - before)
        before = value
    return zlib.compress(deltas.tobytes())


@lru_cache(maxsize=64)
def unpack(packed: bytes) -> Sequence[int]:
    """The whole numbers again. Raises ValueError where these bytes are not a packed sequence."""
    values = array("q")
    try:
        values.frombytes(zlib.decompress(packed))
    except zlib.error as error:
        raise ValueError(str(error)) from None
    total = 0
    try:
        for i, delta in enumerate(values):
            total += delta
            values[i] = total
    except OverflowError as error:
        raise ValueError(str(error)) from None
    return values


@dataclass(frozen=True, slots=True)
class Timeline(Sequence[float]):
    """The time in seconds of every frame in the order shown, strictly increasing from 0.0.

    `base` is the length of a tick in seconds, `origin` the first frame's own pts in ticks. `ticks`,
    `keys` and `lost` are packed: ticks after the origin, one for each frame; the indices of the frames
    that decoding may begin from (none: only the start); the indices of frames that do not decode.
    """

    base: Fraction
    origin: int
    ticks: bytes
    keys: bytes = pack(())
    lost: bytes = pack(())

    @classmethod
    def of(cls, base: Fraction, ticks: Sequence[int], keys: Iterable[int] = (), lost: Iterable[int] = ()) -> "Timeline":
        """From the pts of every frame, and the indices of key frames and of lost ones."""
        origin = ticks[0]
        return cls(base, origin, pack(t - origin for t in ticks), pack(keys), pack(lost))

    def __len__(self) -> int:
        return len(unpack(self.ticks))

    @overload
    def __getitem__(self, at: int) -> float: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[float]: ...
    def __getitem__(self, at: int | slice) -> float | Sequence[float]:
        found = unpack(self.ticks)[at]
        tick = float(self.base)
        return found * tick if isinstance(found, int) else tuple(t * tick for t in found)

    def __iter__(self) -> Iterator[float]:
        tick = float(self.base)
        return (t * tick for t in unpack(self.ticks))

    @property
    def lost_frames(self) -> Sequence[int]:
        """Indices of the frames that do not decode, in order."""
        return unpack(self.lost)

    @property
    def constant(self) -> bool:
        """Whether all frames are equally far apart, to a tick of rounding."""
        ticks = unpack(self.ticks)
        steps = [b - a for a, b in pairwise(ticks)]
        return not steps or max(steps) - min(steps) <= 1

    def readable(self, indices: Iterable[int]) -> tuple[int, ...]:
        """These frames, each that does not decode replaced by the nearest that does; each once, in order."""
        lost = frozenset(self.lost_frames)
        return tuple(sorted({self._near(i, lost) for i in indices}))

    def _near(self, index: int, lost: frozenset[int]) -> int:
        for away in range(len(self)):
            for near in (index - away, index + away):
                if 0 <= near < len(self) and near not in lost:
                    return near
        raise ValueError("no frame decodes")

    def spots(self, indices: Iterable[int]) -> tuple[Spot, ...]:
        """Where to find these frames."""
        ticks, keys, tick = unpack(self.ticks), unpack(self.keys), float(self.base)
        found = []
        for i in indices:
            before = bisect_right(keys, i) - 1
            key = self.origin + ticks[keys[before]] if before >= 0 else None
            found.append(Spot(i, ticks[i] * tick, self.origin + ticks[i], key))
        return tuple(found)

    def at(self, time: float) -> int:
        """The frame on show at this time in seconds, 1 µs of grace; the first before its time."""
        return max(0, bisect_right(unpack(self.ticks), (time + 1e-6) / float(self.base)) - 1)

    def nearest(self, time: float) -> int:
        """The frame that begins nearest to this time in seconds, the earlier of two."""
        ticks, wanted = unpack(self.ticks), time / float(self.base)
        after = min(bisect_left(ticks, wanted), len(ticks) - 1)
        before = max(after - 1, 0)
        return before if wanted - ticks[before] <= ticks[after] - wanted else after


STILL = Timeline.of(Fraction(1), [0])
"""The timeline of an image: one frame, at 0.0."""
