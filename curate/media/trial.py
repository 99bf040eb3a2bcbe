"""Tries a decoder on clips made on the spot, whose frames carry their own number."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from curate.errors import MediaError
from curate.media.decoder import EXACT
from curate.media.facts import Facts, Trial
from curate.media.frames import read
from curate.media.probe import probe

_CODECS = (
    ("h264", "H.264"),
    ("hevc", "HEVC"),
    ("vp8", "VP8"),
    ("vp9", "VP9"),
    ("av1", "AV1"),
    ("mpeg2video", "MPEG-2"),
    ("mpeg4", "MPEG-4"),
    ("wmv2", "WMV"),
    ("theora", "Theora"),
    ("mjpeg", "MJPEG"),
    ("prores", "ProRes"),
)
_BITS, _CELL, _COUNT = 8, 16, 50
_EVEN = tuple(range(_COUNT))
_UNEVEN = tuple(i + i * i // 9 for i in range(_COUNT))


@dataclass(frozen=True, slots=True)
class _Clip:
    name: str
    file: str
    codec: str
    ticks: Sequence[int] = _EVEN


_CLIPS = (
    _Clip("mp4", "a.mp4", "libx264"),
    _Clip("uneven frame rate", "b.mkv", "libx264", _UNEVEN),
    _Clip("transport stream", "c.ts", "libx264", tuple(i + 250 for i in _EVEN)),
    _Clip("program stream", "d.mpg", "mpeg2video"),
    _Clip("MPEG-4 in AVI", "e.avi", "mpeg4"),
)


def tried(decoder: str) -> Trial:
    """Which of the clips this decoder reads right, and what it does with the others."""
    right, wrong = [], []
    with tempfile.TemporaryDirectory(prefix="curate-") as folder:
        for clip in _CLIPS:
            try:
                fault = _fault(_made(clip, Path(folder)), decoder)
            except (av.error.FFmpegError, MediaError) as error:
                fault = str(error)
            if fault:
                wrong.append(f"{clip.name}: {fault}")
            else:
                right.append(clip.name)
    return Trial(tuple(right), tuple(wrong))


def codings() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The codings that can be decoded here, and those that cannot."""
    known = {name: name in av.codecs_available for name, _ in _CODECS}
    return (
        tuple(title for name, title in _CODECS if known[name]),
        tuple(title for name, title in _CODECS if not known[name]),
    )


def sample(path: Path, count: int) -> Facts:
    """Write a small clip of so many frames, no two alike near each other, to this file (mp4). Raises MediaError."""
    try:
        _made(_Clip("sample", path.name, "libx264", range(count)), path.parent)
    except av.error.FFmpegError as error:
        raise MediaError("cannot encode mp4", error.strerror or type(error).__name__, lasting=False) from None
    return probe(path, "video")


def _fault(path: Path, decoder: str) -> str:
    """What is wrong with the frames that this decoder reads, or nothing."""
    medium = probe(path, "video").medium("0" * 64, "video", path)
    if len(medium.times) != _COUNT:
        return f"{len(medium.times)} of {_COUNT} frames"
    wrong: list[int] = []

    def compare(index: int, pixels: NDArray[np.uint8]) -> None:
        if _number(pixels) != index:
            wrong.append(index)

    note = read(medium, range(_COUNT), (medium.width, medium.height), decoder, compare)
    if note and decoder != EXACT:
        return note.partition("(")[2].partition(")")[0]
    return f"{len(set(wrong))} wrong frames" if wrong else ""


def _made(clip: _Clip, folder: Path) -> Path:
    path = folder / clip.file
    with av.open(str(path), "w") as out:
        options = {"preset": "ultrafast"} if clip.codec == "libx264" else {}
        stream = cast(VideoStream, out.add_stream(clip.codec, rate=25, options=options))
        stream.width, stream.height, stream.pix_fmt = _BITS * _CELL, 64, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 25)
        stream.codec_context.max_b_frames = 2
        stream.gop_size = 12
        for i, tick in enumerate(clip.ticks):
            frame = av.VideoFrame.from_ndarray(_numbered(i % 2**_BITS), format="rgb24")
            frame.pts, frame.time_base = tick, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def _numbered(number: int) -> NDArray[np.uint8]:
    """A grey picture whose top row of cells spells the number in black and white."""
    pixels = np.full((64, _BITS * _CELL, 3), 128, np.uint8)
    for bit in range(_BITS):
        pixels[:_CELL, bit * _CELL : (bit + 1) * _CELL] = 255 if number >> bit & 1 else 0
    return pixels


def _number(pixels: NDArray[np.uint8]) -> int:
    middle = _CELL // 2
    return sum(int(pixels[middle, bit * _CELL + middle].mean() > 128) << bit for bit in range(_BITS))
