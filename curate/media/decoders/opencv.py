"""OpenCV, read frame by frame: its seeks are not exact, its frame counts are the container's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.media.decoder import Film


def why_not() -> str | None:
    """Whether the package is missing."""
    return None if find_spec("cv2") else "not installed: `pip install 'curate[opencv]'` brings opencv-python"


@contextmanager
def opened(path: Path) -> Iterator[Film]:
    """The film as OpenCV sees it, on one thread, with no protocol but files."""
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "protocol_whitelist;file|threads;1"
    os.environ["OPENCV_LOG_LEVEL"] = "OFF"
    import cv2

    capture = cv2.VideoCapture(f"file:{path}", cv2.CAP_FFMPEG)
    at = -1
    first = 0.0

    def frame(index: int) -> tuple[float, NDArray[np.uint8]]:
        nonlocal at, first
        while at < index:
            if not capture.grab():
                raise ValueError(f"it ends before frame {index}")
            at += 1
            if at == 0:
                first = capture.get(cv2.CAP_PROP_POS_MSEC)
        time = (capture.get(cv2.CAP_PROP_POS_MSEC) - first) / 1000
        good, pixels = capture.retrieve()
        if not good:
            raise ValueError(f"frame {index} does not decode")
        return time, np.ascontiguousarray(pixels[:, :, ::-1])

    try:
        yield Film(int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), frame)
    finally:
        capture.release()
