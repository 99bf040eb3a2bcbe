"""Brings exactly the frames asked for, in the decoder's process, and makes them ready to send."""

import io
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from curate.errors import MediaError
from curate.media import animation, checked
from curate.media.decoder import EXACT
from curate.media.decoders import pyav
from curate.media.facts import Form, Shown
from curate.media.picture import picture
from curate.medium import Medium
from curate.provider import Frame
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
    spots = medium.times.spots(sorted(set(indices)))
    found, note = _found(medium, spots, size, form, decoder)
    lost = [spot.index for spot in spots if spot.index not in found]
    if lost:
        raise MediaError("damaged", f"{len(lost)} of {len(spots)} frames do not decode, first frame {lost[0]}")
    times = {spot.index: spot.time for spot in spots}
    return Shown(tuple(Frame(i, times[i], *size, found[i]) for i in indices), note)


def _found(
    medium: Medium, spots: Sequence[Spot], size: tuple[int, int], form: Form, decoder: str
) -> tuple[dict[int, bytes], str]:
    """The frames that can be read, encoded, and what must be told."""
    note = ""
    if decoder != EXACT and medium.kind == "video" and not animation.known(medium.path):
        try:
            return {s.index: encoded(p, form) for s, p in checked.read(decoder, medium, spots, size)}, ""
        except checked.DisagreementError as error:
            note = f"{decoder} reads {medium.path.name} differently ({error}): PyAV reads it"
    found: dict[int, bytes] = {}
    for spot, pixels in _read(medium, spots, size):
        found.pop(spot.index, None)
        if pixels is not None:
            found[spot.index] = encoded(pixels, form)
    return found, note


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
