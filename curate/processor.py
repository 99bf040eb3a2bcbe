"""How Qwen's processors count and size frames, so that a server resizes and drops nothing of what it is sent.

Source: qwen-vl-utils 0.0.14, `vision_process.py` (`smart_nframes`, `smart_resize`, `fetch_video`). Two
cases that end in an error there work here: a film of one frame gives that frame, and a side never
shrinks below one factor.
"""

import math
from dataclasses import dataclass
from typing import Literal

from curate.errors import MediaError

Name = Literal["qwen2-vl", "qwen2.5-vl", "qwen3-vl"]
_FACTORS: dict[Name, int] = {"qwen2-vl": 28, "qwen2.5-vl": 28, "qwen3-vl": 32}  # two patches a side
_PAIR = 2  # frames that become one token in time
_FEWEST_FRAMES = 4
_WIDEST = 200
_IMAGE_TOKENS = (4, 16_384)
_VIDEO_TOKENS = (128, 768)
_FILM_TOKENS = 128_000 * 0.9  # all frames of a film together


@dataclass(frozen=True, slots=True)
class Processor:
    """The rules of one family of models; `factor` is what both sides of a frame are multiples of."""

    factor: int

    @classmethod
    def of(cls, name: Name) -> "Processor":
        """The rules of this family."""
        return cls(_FACTORS[name])

    def count(self, total: int, seconds: float, fps: float, max_frames: int) -> int:
        """How many of `total` frames are shown: even, at least 4 where there are as many; 1 of 1."""
        if total < _PAIR:
            return total
        most = min(max_frames, total)
        wanted = min(max(seconds * fps, _FEWEST_FRAMES), most // _PAIR * _PAIR)
        return max(_PAIR, math.floor(wanted / _PAIR) * _PAIR)

    def indices(self, total: int, count: int) -> tuple[int, ...]:
        """Which frames: evenly spaced indices from the first to the last."""
        if count == 1:
            return (0,)
        return tuple(round(k * (total - 1) / (count - 1)) for k in range(count))

    def image_size(self, size: tuple[int, int], min_pixels: int | None, max_pixels: int) -> tuple[int, int]:
        """An image's width and height as sent. Raises MediaError for an aspect over 200 to 1."""
        least, most = (tokens * self.factor**2 for tokens in _IMAGE_TOKENS)
        return self._sized(size, min_pixels or least, min(max_pixels, most))

    def frame_size(self, size: tuple[int, int], count: int, min_pixels: int | None, max_pixels: int) -> tuple[int, int]:
        """The same of each of `count` frames of a film."""
        least, most = (tokens * self.factor**2 for tokens in _VIDEO_TOKENS)
        least = min_pixels or least
        shared = _FILM_TOKENS * self.factor**2 / count * _PAIR
        return self._sized(size, least, min(max_pixels, int(max(min(most, shared), least * 1.05))))

    def _sized(self, size: tuple[int, int], least: int, most: int) -> tuple[int, int]:
        width, height = size
        if max(size) / min(size) > _WIDEST:
            raise MediaError("aspect over 200 to 1", f"{width}x{height} pixels")
        least = min(least, most)
        wide, high = (max(self.factor, round(side / self.factor) * self.factor) for side in size)
        if wide * high > most:
            shrink = math.sqrt(width * height / most)
            wide, high = (max(self.factor, math.floor(s / shrink / self.factor) * self.factor) for s in size)
        elif wide * high < least:
            grow = math.sqrt(least / (width * height))
            wide, high = (math.ceil(s * grow / self.factor) * self.factor for s in size)
        return wide, high
