"""How Qwen's processors count and size frames, so that a server resizes and drops nothing of what it is sent.

Source: qwen-vl-utils 0.0.14, `vision_process.py` (`smart_nframes`, `smart_resize`, `fetch_video`). What
ends in an error there works here: a film of one frame gives that frame, more frames asked for than there
are give all pairs, a side never shrinks below one factor, and a least size over the greatest gives way.
An image is never larger than the 16,384 tokens that the models' own processors allow.
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
_FILM_TOKENS = 128_000  # of the context; nine tenths of it are for all frames of a film together


@dataclass(frozen=True, slots=True)
class Processor:
    """The rules of one family of models; `factor` is what both sides of a frame are multiples of."""

    factor: int

    @classmethod
    def of(cls, name: Name) -> "Processor":
        """The rules of this family."""
        return cls(_FACTORS[name])

    def count(self, total: int, seconds: float, fps: float, max_frames: int) -> int:
        """How many of `total` frames that last so long are shown: even, at least 4 where there are as many; 1 of 1."""
        if total < _PAIR:
            return total
        most = min(max_frames, total)
        wanted = min(max(seconds * fps, _FEWEST_FRAMES), most // _PAIR * _PAIR)
        return max(_PAIR, math.floor(wanted / _PAIR) * _PAIR)

    def pairs(self, total: int, wanted: int) -> int:
        """How many of `total` frames are shown where so many are wanted: the nearest even number (of 3: 4, of 5: 4)."""
        if total < _PAIR:
            return total
        return min(max(_PAIR, round(wanted / _PAIR) * _PAIR), total // _PAIR * _PAIR)

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
        shared = _FILM_TOKENS * self.factor**2 * 0.9 / count * _PAIR
        return self._sized(size, least, min(max_pixels, max(min(most, shared), int(least * 1.05))))

    def _sized(self, size: tuple[int, int], least: float, most: float) -> tuple[int, int]:
        width, height = size
        if max(size) / min(size) > _WIDEST:
            raise MediaError("aspect over 200 to 1", f"{width}x{height} pixels")
        least = min(least, most)
        wide, high = (max(self.factor, round(side / self.factor) * self.factor) for side in size)
        if wide * high > most:
            shrink = math.sqrt(width * height / most)
            wide, high = (max(self.factor, math.floor(s / shrink / self.factor) * self.factor) for s in size)
            if wide * high > most:  # the short side is one factor already
                longest = max(self.factor, math.floor(most / self.factor**2) * self.factor)
                wide, high = min(wide, longest), min(high, longest)
        elif wide * high < least:
            grow = math.sqrt(least / (width * height))
            wide, high = (math.ceil(s * grow / self.factor) * self.factor for s in size)
        return wide, high
