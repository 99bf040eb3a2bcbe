"""Reads a film by another decoder than PyAV, and believes it only where the index agrees with what it says."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from curate.media.decoder import Film, module
from curate.media.decoders import pyav
from curate.medium import Medium
from curate.timeline import Spot

Pixels = NDArray[np.uint8]
_NEAR = 0.002  # seconds: containers and decoders round
_AT_ONCE = 16  # frames of PyAV that are held to be compared
_ALIKE = 30.0  # dB between the same frame from two decoders, each with a scaler of its own


class DisagreementError(Exception):
    """The other decoder reads this film differently from the index. The text says how."""


def read(decoder: str, medium: Medium, spots: Sequence[Spot], size: tuple[int, int]) -> Iterator[tuple[Spot, Pixels]]:
    """RGB pixels of each spot, in order. Raises DisagreementError, at the latest behind the last one.

    Compared are the number of frames, and of every frame wanted the time and, with PyAV's, the pixels: a seek
    that went wrong shows in nothing else.
    """
    try:
        with module(decoder).opened(medium.path) as film:
            for first in range(0, len(spots), _AT_ONCE):
                some = spots[first : first + _AT_ONCE]
                truth = {spot.index: pixels for spot, pixels in pyav.read(medium.path, some, size)}
                for spot, pixels in _frames(film, medium, some, size):
                    true = truth.get(spot.index)
                    if true is not None and psnr(pixels, true) < _ALIKE:
                        raise DisagreementError(f"frame {spot.index} is another picture")
                    yield spot, pixels
    except (DisagreementError, MemoryError):
        raise
    except Exception as error:  # whatever a foreign decoder raises, it is not what the index says
        raise DisagreementError(" ".join(str(error).split())[:200] or type(error).__name__) from None


def _frames(film: Film, medium: Medium, spots: Sequence[Spot], size: tuple[int, int]) -> Iterator[tuple[Spot, Pixels]]:
    if film.count != len(medium.times):
        raise DisagreementError(f"{film.count} frames where the index has {len(medium.times)}")
    for spot in spots:
        time, pixels = film.frame(spot.index)
        if abs(time - spot.time) > _NEAR:
            raise DisagreementError(f"frame {spot.index} at {time:.3f} s where the index has {spot.time:.3f} s")
        yield spot, np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def psnr(one: Pixels, other: Pixels) -> float:
    """How alike two pictures of one size are, in dB; infinite where they are the same."""
    error = float(np.square(one.astype(np.float32) - other.astype(np.float32)).mean())
    return float("inf") if error == 0 else 10 * float(np.log10(255**2 / error))
