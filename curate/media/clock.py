"""When frames are shown in a file that does not say it of each, or says what cannot be."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

Stamps = Sequence[int | None]
_NEAR = 16  # frames within which times that are out of order come right again; else the clock was set back
_SOME = 0.1  # the share of pts that fall or are missing in a file that stamps its frames as they are decoded
FINER = 1000  # parts of a tick, where more frames than ticks must find room


def clocked(pts: Stamps, dts: Stamps, step: int) -> tuple[list[int], int]:
    """When each frame is shown, rising, in the order shown; and how many of its units are one tick.

    Some files stamp their frames in the order of decoding; there the dts rises where the pts does not. A frame
    whose time does not rise stands between its neighbours, at most `step` ticks behind the one before it.
    Where the clock was set back, it goes on from there.
    """
    own = dts if _falls(dts) < _falls(pts) and _falls(pts, least=0) > _SOME * len(pts) else pts
    step = _usual(own) or step
    ticks = list(_placed(own, step))
    if all(a < b for a, b in pairwise(ticks)):
        return ticks, 1
    finer = [None if stamp is None else stamp * FINER for stamp in own]
    known = [stamp for stamp in finer if stamp is not None]
    step = min(step * FINER, max(1, (max(known) - min(known)) // (len(own) - 1)))
    return list(_placed(finer, step)), FINER


def _placed(own: Stamps, step: int) -> Iterator[int]:
    start = origin = own[0] or 0
    last = 0
    yield start
    for i, stamp in enumerate(own[1:], 1):
        if stamp is None or stamp - origin <= last:
            ahead = ((away, s - origin) for away, s in enumerate(own[i + 1 : i + 1 + _NEAR], 2) if s is not None)
            away, behind = next(((away, at) for away, at in ahead if at > last), (0, 0))
            if stamp is not None and not away:
                origin = stamp - last - step
            last += min(step, (behind - last) // away) if away else step
        else:
            last = stamp - origin
        yield start + last


def _usual(own: Stamps) -> int:
    """The middle one of all steps that lead ahead; 0 where there is none."""
    steps = sorted(b - a for a, b in pairwise(own) if a is not None and b is not None and b > a)
    return steps[len(steps) // 2] if steps else 0


def _falls(stamps: Stamps, least: int = 1) -> int:
    """How often a time is missing, or is not at least so much above the one before it."""
    return sum(b is None or (a is not None and b - a < least) for a, b in pairwise(stamps)) + (stamps[0] is None)
