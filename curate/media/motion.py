"""What changed from one frame to the next: how much, which way, and whether the shot was cut."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK = 8
_REACH = 10
_CHANGED = 8.0  # mean difference of a block's pixels, of 255
_CUT = 0.5
Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Change:
    """`amount` is "none", "slight" or "strong"; `way` is "left", "right", "up", "down" or ""."""

    amount: str
    way: str
    cut: bool


def change(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Change:
    """Compare two small RGB pictures of the same size, (height, width, 3)."""
    old, new = _whole(before), _whole(after)
    moved = _blocks(np.abs(new - old).max(-1)) > _CHANGED
    share = float(moved.mean())
    cut = share > 0.5 and _distance(before, after) > _CUT
    amount = "none" if share < 0.02 else "slight" if share < 0.25 else "strong"
    return Change(amount, "" if cut or amount == "none" else _way(old.mean(-1), new.mean(-1), moved), cut)


def _whole(pixels: NDArray[np.uint8]) -> Plane:
    """The picture without what is left over beside the last whole block, in floats."""
    height, width = (side // _BLOCK * _BLOCK for side in pixels.shape[:2])
    return pixels[:height, :width].astype(np.float32)


def _blocks(values: Plane) -> Plane:
    """The mean of each block."""
    rows, columns = (side // _BLOCK for side in values.shape)
    means: Plane = values.reshape(rows, _BLOCK, columns, _BLOCK).mean((1, 3))
    return means


def _way(old: Plane, new: Plane, moved: NDArray[np.bool_]) -> str:
    """The main direction in which the changed blocks came, found by matching them with the frame before."""
    padded = np.pad(old, _REACH, mode="edge")
    steps = [(y, x) for y in range(-_REACH, _REACH + 1) for x in range(-_REACH, _REACH + 1)]
    steps.sort(key=lambda step: step[0] ** 2 + step[1] ** 2)  # of equal matches the nearest wins
    height, width = new.shape
    costs = np.stack(
        [
            _blocks(np.abs(new - padded[_REACH - y : _REACH - y + height, _REACH - x : _REACH - x + width]))
            for y, x in steps
        ]
    )
    sure = moved & (costs.min(0) < 0.6 * costs[0])
    if not sure.any():
        return ""
    shifts = np.array(steps, dtype=np.float64)[costs.argmin(0)[sure]]
    down, right = shifts.mean(0)
    if np.hypot(down, right) < 0.4 * np.hypot(shifts[:, 0], shifts[:, 1]).mean():
        return ""
    if abs(right) >= abs(down):
        return "right" if right > 0 else "left"
    return "down" if down > 0 else "up"


def _distance(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """How far two colour histograms lie apart: 0 the same, 1 nothing in common."""
    one, two = (_histogram(pixels) for pixels in (before, after))
    return float(np.abs(one - two).sum() / 2)


def _histogram(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    bins = (pixels // 64).astype(np.int64) @ np.array([16, 4, 1])
    shares: NDArray[np.float64] = np.bincount(bins.ravel(), minlength=64) / bins.size
    return shares
