"""What a damaged film has lost: frames that are not there, stand at a time not theirs, or build on such ones."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from curate.media.boxes import unreached
from curate.media.clip import MOST_FRAMES, Reel
from curate.timeline import Timeline, pack, unpack

_SLACK = 3  # frames by which a film may end before its file says so, or does
_REGULAR, _UNEVEN = 0.8, 0.02  # the share of steps that are even, and how even, where a film has one rate
_COUNTING = ("mxf", "ivf")  # containers whose head or foot counts their frames
_CHUNK = 8  # bytes of an AVI's chunk before its packet
_TAIL = 40  # bytes of an AVI's index for each frame, with its sound
_MINUTE = 60
_HELD_BACK = 2  # frames shown before a gap that may have been coded behind it, where frames are reordered
_TO_THE_END = frozenset({"gif", "apng", "ivf", "obu"})  # containers that hold nothing behind their last frame


def reckoned(times: Timeline, reel: Reel, keys: Sequence[int]) -> tuple[Timeline, int]:
    """The timeline, and how many frames are not in it: gone from between others, cut off, or out of reach.

    Those next to a gap, up to the next of `keys`, build on frames that are gone: they are lost too.
    """
    gone = _holes(times) if reel.torn else {}
    before = 1 + (_HELD_BACK if reel.stream.codec_context.has_b_frames else 0)  # the last one may be cut into
    lost = set(times.lost_frames)
    for behind in gone:
        key = bisect_left(keys, behind)
        lost.update(range(max(0, behind - before), keys[key] if key < len(keys) else len(times)))
    cut = _cut_off(reel, times)
    if cut and reel.torn:
        lost.add(len(times) - 1)
    missing = sum(gone.values()) + cut + _unreached(reel, len(times))
    return replace(times, lost=pack(sorted(lost))), missing


def astray(reel: Reel) -> set[int | None]:
    """The pts of packets that do not stand where the index of an AVI puts them, if not all its frames are there.

    AVI counts its frames: behind a hole the picture of a later moment passes for the next one. The last one
    before a hole may be cut into.
    """
    found, index = {pos: (dts, pts) for pos, dts, pts in reel.places}, _index(reel)
    if len(index) > len(found):
        behind = dict(pairwise([*sorted(index), 0]))
        good = {pos for pos, at in index.items() if not behind[pos] or behind[pos] in found}
        return {pts for pos, (dts, pts) in found.items() if pos is None or pos not in good or index[pos] != dts}
    if reel.listed < len(found) < reel.stream.frames and _indexed(reel):
        return {pts for _, pts in found.values()}
    return set()


def _index(reel: Reel) -> dict[int, int]:
    """Which place in time an AVI's index gives to the packet at each byte of the file; empty for other files."""
    return {entry.pos + _CHUNK: entry.timestamp for entry in reel.stream.index_entries} if reel.places else {}


def _indexed(reel: Reel) -> bool:
    """Whether an AVI ends in an index, though its reader found none where the file's head puts it."""
    with reel.path.open("rb") as file:
        file.seek(max(0, reel.container.size - _TAIL * max(reel.stream.frames, 1 << 12)))
        return b"idx1" in file.read()


def _unreached(reel: Reel, found: int) -> int:
    """About how many frames stand in a part of the file that its reader has given up on, by that part's length."""
    form = reel.container.format.name
    if form.startswith("mov,"):
        return round(found * unreached(reel.path))
    if form not in _TO_THE_END or not reel.end:
        return 0
    left = round(found * (reel.container.size - reel.end) / reel.end)
    return left if left > _SLACK else 0


def _cut_off(reel: Reel, times: Timeline) -> int:
    """How many frames are missing at the end, by what the file itself says of the film's length."""
    container, stream = reel.container, reel.stream
    rate = stream.average_rate or stream.guessed_rate
    if not rate:
        return 0
    last = float((times.origin + unpack(times.ticks)[-1]) * times.base)
    said = _seconds(stream.metadata.get("DURATION", ""))
    if container.format.name == "avi":
        if reel.listed >= len(reel.places):
            return reel.listed - len(reel.places)
        said = float(stream.frames / rate) if stream.frames < MOST_FRAMES else 0.0  # a pipe's head names no number
    elif container.format.name == "ogg" and stream.duration:
        said = float(stream.duration * times.base)
    elif container.format.name in _COUNTING and 0 < (stream.duration or 0) < MOST_FRAMES:
        said = float((times.origin + (stream.duration or 0)) * times.base)
    last = max(last, float(reel.held * (stream.time_base or 0)))
    short = round((said - last) * float(rate)) - 1
    return short if short > _SLACK else 0


def _holes(times: Timeline) -> dict[int, int]:
    """Gaps in a film of one rate that is known to be torn: the frame behind each, and how many are gone.

    A gap longer than the film, and than a minute, is a clock that was set anew.
    """
    steps = np.diff(np.array(unpack(times.ticks)))
    if len(steps) < 2:
        return {}
    step = float(np.median(steps))
    regular = np.abs(steps - step) <= max(1.0, _UNEVEN * step)
    if regular.mean() < _REGULAR:
        return {}
    gaps = np.rint(steps / step).astype(int) - 1
    most = max(len(times), round(_MINUTE / (step * times.base)))
    torn = np.flatnonzero((gaps > 0) & (gaps < most))
    return dict(zip((torn + 1).tolist(), gaps[torn].tolist(), strict=True))


def _seconds(clock: str) -> float:
    """The tag "00:00:10.500000000" in seconds; 0.0 where it is none."""
    found = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", clock)
    return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]) if found else 0.0
