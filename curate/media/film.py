"""Frames as a short film again, for servers that take nothing else."""

import io
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
from PIL import Image

from curate.errors import MediaError
from curate.provider import Frame

_MILLISECOND = Fraction(1, 1000)
_QUALITY = "16"  # of x264: hardly to be told from the frames themselves
_ALONE = 1000  # ms that a frame with none behind it is shown


def mp4(frames: Sequence[Frame]) -> bytes:
    """The frames (PNG) as H.264 in mp4, without sound, each shown from its own time to the next one's.

    Odd sides lose a pixel, which this coding needs. Raises MediaError where x264 is missing.
    """
    body = io.BytesIO()
    ticks = [round((frame.time - frames[0].time) * 1000) for frame in frames]
    steps = [max(1, b - a) for a, b in pairwise(ticks)]
    steps.append(steps[-1] if steps else _ALONE)
    size = [max(2, side // 2 * 2) for side in (frames[0].width, frames[0].height)]
    try:
        with av.open(body, "w", format="mp4", options={"movflags": "faststart"}) as out:
            stream = out.add_stream("libx264", rate=1000, options={"crf": _QUALITY, "preset": "veryfast", "bf": "0"})
            stream.width, stream.height = size
            stream.pix_fmt, stream.time_base = "yuv420p", _MILLISECOND
            stream.codec_context.time_base = _MILLISECOND
            stream.codec_context.thread_count = 1
            for frame, tick, step in zip(frames, ticks, steps, strict=True):
                for packet in stream.encode(_picture(frame, tick, step)):
                    out.mux(packet)
            out.mux(stream.encode())
    except av.error.FFmpegError as error:
        raise MediaError("cannot encode mp4", error.strerror or type(error).__name__, lasting=False) from None
    return body.getvalue()


def _picture(frame: Frame, tick: int, step: int) -> av.VideoFrame:
    pixels = np.asarray(Image.open(io.BytesIO(frame.image)).convert("RGB"))
    picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    picture.pts, picture.time_base, picture.duration = tick, _MILLISECOND, step
    return picture
