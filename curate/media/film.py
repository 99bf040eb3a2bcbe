"""Frames as a short film again, for servers that take nothing else."""

import io
from collections.abc import Sequence
from fractions import Fraction
from itertools import chain, pairwise

import av
import numpy as np
from PIL import Image

from curate.errors import MediaError
from curate.frame import Frame

_TICK = Fraction(1, 10_000)
_QUALITY = "16"  # of x264: hardly to be told from the frames themselves
_ALONE = 10_000  # ticks that a frame with none behind it is shown


def mp4(frames: Sequence[Frame]) -> bytes:
    """The frames (PNG) as H.264 in mp4, without sound, each shown from its own time to the next one's.

    The last is shown as long as the others on average. Odd sides lose a pixel, which this coding needs.
    Raises MediaError where x264 is missing.
    """
    body = io.BytesIO()
    ticks = _ticks(frames)
    lengths = [b - a for a, b in pairwise(ticks)]
    lengths.append(max(1, round(ticks[-1] / len(lengths))) if lengths else _ALONE)
    shown = dict(zip(ticks, lengths, strict=True))
    try:
        with av.open(body, "w", format="mp4") as out:
            stream = out.add_stream("libx264", rate=1000, options={"crf": _QUALITY, "preset": "veryfast", "bf": "0"})
            stream.width, stream.height = (max(2, side // 2 * 2) for side in (frames[0].width, frames[0].height))
            stream.pix_fmt, stream.time_base = "yuv420p", _TICK
            stream.codec_context.time_base = _TICK
            stream.codec_context.thread_count = 1
            for picture in chain(map(_picture, frames, ticks), (None,)):
                for packet in stream.encode(picture):
                    packet.duration = shown[packet.pts or 0]  # the encoder knows none, and the last one's counts
                    out.mux(packet)
    except av.error.FFmpegError as error:
        raise MediaError("cannot encode mp4", error.strerror or type(error).__name__, lasting=False) from None
    return body.getvalue()


def _ticks(frames: Sequence[Frame]) -> list[int]:
    """When each frame begins, counted from the first, no two at once."""
    ticks: list[int] = []
    for frame in frames:
        tick = round((frame.time - frames[0].time) / _TICK)
        ticks.append(max(tick, ticks[-1] + 1) if ticks else tick)
    return ticks


def _picture(frame: Frame, tick: int) -> av.VideoFrame:
    pixels = np.asarray(Image.open(io.BytesIO(frame.image)).convert("RGB"))
    picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    picture.pts, picture.time_base = tick, _TICK
    return picture
