"""Frames to RGB by ffmpeg's own filters: its scale filter knows where chroma lies, a bare scaler does not."""

from itertools import pairwise
from typing import cast

import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
# Mirrors along the diagonal; flips behind it make any quarter turn of that.
_OPTIONS = {"transpose": "cclock_flip"}


class Scaler:
    """Turns and scales frames of one kind to one size (width, height); making it costs more than using it."""

    def __init__(self, frame: VideoFrame, turns: tuple[str, ...], size: tuple[int, int]) -> None:
        self._kind = _kind(frame, turns)
        self._graph = Graph()
        self._graph.threads = 1
        shape = f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/1000"
        chain = [
            self._graph.add("buffer", shape),
            *(self._graph.add(turn, _OPTIONS.get(turn)) for turn in turns),
            self._graph.add("scale", f"{size[0]}:{size[1]}:flags=bicubic"),
            self._graph.add("format", "pix_fmts=rgb24"),
            self._graph.add("buffersink"),
        ]
        for one, other in pairwise(chain):
            one.link_to(other)
        self._graph.configure()

    def fits(self, frame: VideoFrame, turns: tuple[str, ...]) -> bool:
        """Whether this frame is of the kind that it was made for."""
        return self._kind == _kind(frame, turns)

    def __call__(self, frame: VideoFrame) -> Pixels:
        """RGB pixels (height, width, 3)."""
        self._graph.push(frame)
        return cast(Pixels, cast(VideoFrame, self._graph.pull()).to_ndarray())


def _kind(frame: VideoFrame, turns: tuple[str, ...]) -> tuple[object, ...]:
    return frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range, turns
