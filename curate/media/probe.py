"""Looks at a medium once, in the decoder's process: its size as shown and the time of every frame."""

from collections.abc import Iterator
from pathlib import Path

from curate.errors import MediaError
from curate.media.clip import clocked, decoded, index, opened
from curate.media.facts import Facts
from curate.media.picture import picture
from curate.media.shape import squared, upright
from curate.medium import Kind

__all__ = ["Facts", "probe"]


def probe(path: Path, kind: Kind) -> Facts:
    """What is known of the file at this path. Raises MediaError with a countable reason."""
    return _image(path) if kind == "image" else _video(path)


def _image(path: Path) -> Facts:
    image, codec = picture(path)
    return Facts(image.width, image.height, (0.0,), 0.0, codec)


def _video(path: Path) -> Facts:
    with opened(path) as (container, stream):
        first = next(decoded(container, stream), None)
        if first is None:
            raise MediaError("no frames", f"{container.format.name}, {stream.codec_context.name}")
        aspect, base = stream.sample_aspect_ratio, float(stream.time_base or 1)
        guess = float(stream.average_rate or stream.guessed_rate or 0)
        codec = stream.codec_context.codec.canonical_name
    found = index(path)
    times = tuple(tick * base for tick in (found.ticks if found else _decoded_ticks(path)))
    width, height = upright(*squared(first.width, first.height, aspect), first.rotation)
    fps = round((len(times) - 1) / times[-1], 6) if len(times) > 1 else guess
    return Facts(width, height, times, fps, codec)


def _decoded_ticks(path: Path) -> Iterator[int]:
    with opened(path) as (container, stream):
        for tick, _ in clocked(decoded(container, stream), stream):
            yield tick
