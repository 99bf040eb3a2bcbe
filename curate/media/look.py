"""How a clip looks, in so few bytes that thousands of clips can be compared: some frames, small and grey.

The library ImageHash would do with fewer bytes what this is for, but its hash of 64 bits cannot tell two clips of one
scene apart in which a small thing moves differently, and it needs SciPy.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from curate.media.decoder import EXACT
from curate.media.frames import read
from curate.media.twins import FRAMES, SIDE
from curate.medium import Medium

_OVER = 4  # times as large decoded, and averaged

Pixels = NDArray[np.uint8]


def look(medium: Medium, decoder: str = EXACT) -> bytes:
    """The grey of SIDE x SIDE parts of each frame in the middle of a quarter, one byte each. Raises MediaError."""
    indices, side = at(medium), SIDE * _OVER
    found: dict[int, bytes] = {}
    read(medium, indices, (side, side), decoder, lambda index, pixels: found.update({index: grey(pixels)}))
    return b"".join(found[index] for index in indices)


def at(medium: Medium) -> Sequence[int]:
    """The frames in the middle of each quarter; the same one twice where there are so few."""
    times = medium.times
    middles = (times.at(medium.duration * (2 * k + 1) / (2 * FRAMES)) for k in range(FRAMES))
    return [times.readable([index])[0] for index in middles]


def grey(pixels: Pixels) -> bytes:
    """The mean of each part of a square picture (height, width, 3)."""
    parts = pixels.mean(axis=2).reshape(SIDE, _OVER, SIDE, _OVER).mean(axis=(1, 3))
    rounded: Pixels = np.rint(parts).astype(np.uint8)
    return rounded.tobytes()
