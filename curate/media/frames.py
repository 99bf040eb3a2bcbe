"""Brings exactly the frames asked for, in the decoder's process, and makes them ready to send."""

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from curate.errors import MediaError
from curate.folders import whole
from curate.frame import Frame
from curate.media import animation, checked
from curate.media.decoder import EXACT
from curate.media.decoders import pyav
from curate.media.facts import Form, Shown
from curate.media.picture import picture
from curate.medium import Medium
from curate.timeline import Spot

Pixels = NDArray[np.uint8]
_QUALITY = 85


def frames(
    medium: Medium, indices: Sequence[int], size: tuple[int, int], form: Form = "jpeg", decoder: str = EXACT
) -> Shown:
    """The frames with these indices, in this order, upright and of this size (width, height).

    Another decoder than PyAV is checked against the index; where it reads the film differently, PyAV
    reads it. Raises MediaError, reason "damaged", where a frame of the index cannot be decoded.
    """
    found: dict[int, bytes] = {}
    note = read(medium, indices, size, decoder, lambda at, pixels: found.update({at: encoded(pixels, form)}))
    times = medium.times
    return Shown(tuple(Frame(i, times[i], *size, found[i]) for i in indices), note)


def saved(medium: Medium, indices: Sequence[int], size: tuple[int, int], folder: Path, decoder: str = EXACT) -> str:
    """The same frames written as PNG below `folder`, under `named(index)`; returns what must be told."""
    return read(medium, indices, size, decoder, lambda at, pixels: whole(folder / named(at), encoded(pixels, "png")))


def named(index: int) -> str:
    """The file of one frame."""
    return f"{index:06d}.png"


def read(
    medium: Medium, indices: Sequence[int], size: tuple[int, int], decoder: str, take: Callable[[int, Pixels], object]
) -> str:
    """Hand over the pixels (height, width, 3) of each frame, in any order; the last counts where one comes twice.

    Returns what must be told. Raises MediaError where a frame cannot be read.
    """
    spots = medium.times.spots(sorted(set(indices)))
    note = ""
    if decoder != EXACT and medium.kind == "video" and not animation.known(medium.path):
        try:
            for spot, pixels in checked.read(decoder, medium, spots, size):
                take(spot.index, pixels)
            return note
        except checked.DisagreementError as error:
            note = f"{decoder} reads {medium.path.name} differently ({error}): PyAV reads it"
    owed = {spot.index for spot in spots}
    for spot, found in _read(medium, spots, size):
        if found is None:
            owed.add(spot.index)
        else:
            take(spot.index, found)
            owed.discard(spot.index)
    if owed:
        raise MediaError("damaged", f"{len(owed)} of {len(spots)} frames do not decode, first frame {min(owed)}")
    return note


def encoded(pixels: Pixels, form: Form) -> bytes:
    """The pixels (height, width, 3) as JPEG, quality 85, or without loss as PNG."""
    body = io.BytesIO()
    image = Image.fromarray(pixels)
    if form == "png":
        image.save(body, "PNG", compress_level=1)
    else:
        image.save(body, "JPEG", quality=_QUALITY)
    return body.getvalue()


def _read(medium: Medium, spots: Sequence[Spot], size: tuple[int, int]) -> Iterator[tuple[Spot, Pixels | None]]:
    if medium.kind == "image":
        image, _ = picture(medium.path)
        yield spots[0], np.asarray(image.resize(size, Image.Resampling.BICUBIC))
    elif animation.known(medium.path):
        yield from animation.read(medium.path, spots, size)
    else:
        yield from pyav.read(medium.path, spots, size)


def ready() -> None:
    """Nothing more: this process has imported what frames need."""
