"""Decodes exactly the frames asked for, in the decoder's process, and makes them ready to send."""

import io
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from curate.errors import MediaError
from curate.media.clip import Index, clocked, decoded, index, opened
from curate.media.picture import picture
from curate.media.shape import fitted, squared
from curate.medium import Kind
from curate.provider import Frame

_QUALITY = 85
Shot = tuple[int, int, bytes]  # width, height, JPEG


def frames(
    path: Path, kind: Kind, indices: Sequence[int], times: Sequence[float], max_pixels: int
) -> tuple[Frame, ...]:
    """The frames with these indices and these times in seconds, in this order, as JPEG.

    Each is upright, with square pixels, and at most `max_pixels` in size. Raises MediaError, reason
    "damaged", where a frame that probing counted cannot be decoded.
    """
    if kind == "image":
        image, _ = picture(path)
        shot = _shot(image.resize(fitted(*image.size, max_pixels), Image.Resampling.BICUBIC))
        return tuple(Frame(i, t, *shot) for i, t in zip(indices, times, strict=True))
    ticks, found = _film(path, times, max_pixels)
    lost = [i for i, tick in zip(indices, ticks, strict=True) if tick not in found]
    if lost:
        raise MediaError("damaged", f"{len(lost)} of {len(ticks)} frames do not decode, first frame {lost[0]}")
    return tuple(Frame(i, t, *found[tick]) for i, t, tick in zip(indices, times, ticks, strict=True))


def _film(path: Path, times: Sequence[float], max_pixels: int) -> tuple[list[int], dict[int, Shot]]:
    """The times in ticks, and a shot for every tick that was found. Seeks first, then reads through."""
    with opened(path) as (_, stream):
        base = float(stream.time_base or 1)
    ticks = [round(time / base) for time in times]
    plan = index(path)
    found: dict[int, Shot] = {}
    if plan is not None:
        with opened(path) as (container, stream):
            for tick, frame in _sought(container, stream, plan, set(ticks)):
                found[tick] = _still(frame, stream.sample_aspect_ratio, max_pixels)
    owed = set(ticks) - found.keys()
    if owed:
        with opened(path) as (container, stream):
            for tick, frame in _read(container, stream, owed):
                found[tick] = _still(frame, stream.sample_aspect_ratio, max_pixels)
    return ticks, found


def _sought(
    container: InputContainer, stream: VideoStream, plan: Index, wanted: set[int]
) -> Iterator[tuple[int, VideoFrame]]:
    """Decodes from the key frame before each wanted tick; what a seek does not show stays owed."""
    ahead = sorted(tick for tick in wanted if plan.keys and tick >= plan.keys[0])
    for key, group in groupby(ahead, lambda tick: plan.keys[bisect_right(plan.keys, tick) - 1]):
        near = set(group)
        container.seek(plan.origin + key, stream=stream)
        for frame in decoded(container, stream):
            tick = -1 if frame.pts is None else frame.pts - plan.origin
            if tick in near and not frame.is_corrupt:
                yield tick, frame
            if tick >= max(near):
                break


def _read(container: InputContainer, stream: VideoStream, wanted: set[int]) -> Iterator[tuple[int, VideoFrame]]:
    """Decodes from the start to the last wanted tick."""
    last = max(wanted)
    for tick, frame in clocked(decoded(container, stream), stream):
        if tick in wanted:
            yield tick, frame
        if tick >= last:
            return


def _still(frame: VideoFrame, aspect: Fraction | None, max_pixels: int) -> Shot:
    width, height = fitted(*squared(frame.width, frame.height, aspect), max_pixels)
    pixels = frame.reformat(width, height, "rgb24", interpolation="BICUBIC").to_ndarray()
    return _shot(Image.fromarray(np.rot90(pixels, round(frame.rotation / 90) % 4)))


def _shot(image: Image.Image) -> Shot:
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=_QUALITY)
    return image.width, image.height, jpeg.getvalue()
