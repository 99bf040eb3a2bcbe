"""decord (or decord2, its maintained fork): fast on plain mp4, wrong on some files, and silent about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.media.decoder import Film


def why_not() -> str | None:
    """Whether the package is missing."""
    return None if find_spec("decord") else "not installed: `pip install 'curate[decord]'` brings decord2"


@contextmanager
def opened(path: Path) -> Iterator[Film]:
    """The film as decord sees it, on one thread."""
    import decord

    reader = decord.VideoReader(str(path), num_threads=1)
    first = float(reader.get_frame_timestamp(0)[0])

    def frame(index: int) -> tuple[float, NDArray[np.uint8]]:
        pixels: NDArray[np.uint8] = reader[index].asnumpy()
        if pixels.shape[2] != 3:  # decord2 3.4 takes the padding of narrow rows for a channel
            raise ValueError(f"{pixels.shape[2]} channels in a frame")
        return float(reader.get_frame_timestamp(index)[0]) - first, pixels

    yield Film(len(reader), frame)
