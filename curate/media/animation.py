"""Animated WebP as a film, by Pillow: the one animation that the film decoder does not read."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from curate.errors import MediaError
from curate.media.facts import Facts
from curate.media.picture import bounded, faults_named, flattened
from curate.timeline import Spot, Timeline

_MILLISECOND = Fraction(1, 1000)
_LEAST = 1  # ms that a frame is shown, whatever the file says
_ANIMATED = 0x02  # of the flags in the extended header


def known(path: Path) -> bool:
    """Whether the file is an animated WebP."""
    with path.open("rb") as file:
        head = file.read(21)
    return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and len(head) == 21 and bool(head[20] & _ANIMATED)


def facts(path: Path) -> Facts:
    """What is known of it. Raises MediaError."""
    with faults_named(path), Image.open(path, formats=("WEBP",)) as image:
        bounded(image.size)
        lengths = [max(_LEAST, int(image.info.get("duration") or 0)) for _ in _frames(image)]
        size = image.size
    if not lengths:
        raise MediaError("no frames", "webp")
    ticks = [0, *accumulate(lengths)]
    fps = round(len(lengths) * 1000 / ticks[-1], 6)
    return Facts(*size, Timeline.of(_MILLISECOND, ticks[:-1]), fps, "webp", surveyed=True)


def read(path: Path, spots: Sequence[Spot], size: tuple[int, int]) -> Iterator[tuple[Spot, NDArray[np.uint8]]]:
    """RGB pixels (height, width, 3) of each spot, in this size. Raises MediaError."""
    wanted = {spot.index: spot for spot in spots}
    with faults_named(path), Image.open(path, formats=("WEBP",)) as image:
        bounded(image.size)
        for index, frame in enumerate(_frames(image)):
            if index in wanted:
                yield wanted[index], np.asarray(flattened(frame).resize(size, Image.Resampling.BICUBIC))


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    for index in range(getattr(image, "n_frames", 1)):
        image.seek(index)
        image.load()
        yield image
