"""Literal lines about frames for a model with no eyes: only what can be measured, nothing guessed."""

import io
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from curate.media.colours import shares
from curate.media.motion import Change, change
from curate.media.reading import readable, text
from curate.medium import clocks
from curate.provider import Frame

_SMALL = (128, 72)
_ROWS = ("top", "middle", "bottom")
_COLUMNS = ("left", "centre", "right")
Pixels = NDArray[np.uint8]


def lines(frames: Sequence[Frame]) -> tuple[str, ...]:
    """One line for each frame: its time and size, colours, brightness, detail, motion, cuts and text.

    Text is read only where an OCR engine is installed. Raises nothing for frames that `frames` made.
    """
    times = clocks(tuple(frame.time for frame in frames))
    return tuple(
        f"{time}: {frame.width}x{frame.height}; {'; '.join(facts)}"
        for time, frame, facts in zip(times, frames, _facts(frames), strict=True)
    )


def _facts(frames: Sequence[Frame]) -> Iterator[list[str]]:
    before: Pixels | None = None
    words: tuple[str, ...] = ()
    for frame in frames:
        image = Image.open(io.BytesIO(frame.jpeg)).convert("RGB")
        small = np.asarray(image.resize(_SMALL, Image.Resampling.BOX))
        facts = [_colours(small), _brightness(small), *_detail(small)]
        moved = None if before is None else change(before, small)
        if moved is not None:
            facts.append(_motion(moved))
        if readable() and (moved is None or moved.amount != "none"):
            words = text(np.asarray(image))
        if words:
            facts.append("text: " + ", ".join(f'"{piece}"' for piece in words))
        before = small
        yield facts


def _colours(small: Pixels) -> str:
    return "colours: " + ", ".join(f"{name} {share} %" for name, share in shares(small))


def _brightness(small: Pixels) -> str:
    value = round(float(small.mean()))
    word = "dark" if value < 70 else "medium" if value < 170 else "bright"
    return f"brightness: {word} ({value} of 255)"


def _detail(small: Pixels) -> list[str]:
    """Where the most edges lie, in thirds of the picture; nothing for a plain one."""
    grey = small.mean(-1)
    edges = np.abs(np.diff(grey, axis=1))[:-1] + np.abs(np.diff(grey, axis=0))[:, :-1]
    thirds = [[cell.mean() for cell in np.array_split(row, 3, axis=1)] for row in np.array_split(edges, 3)]
    row, column = divmod(int(np.argmax(thirds)), 3)
    return [f"most detail: {_ROWS[row]} {_COLUMNS[column]}"] if np.max(thirds) >= 1 else []


def _motion(moved: Change) -> str:
    if moved.cut:
        return "a cut: another picture than the frame before"
    towards = {"": "", "left": ", to the left", "right": ", to the right"}.get(moved.way, f", {moved.way}")
    return f"motion since the frame before: {moved.amount}{towards}"
