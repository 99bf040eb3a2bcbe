"""Literal lines about frames for a model with no eyes: only what can be measured, nothing guessed."""

import io
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from curate.frame import Frame
from curate.media.colours import shares
from curate.media.motion import Change, change
from curate.media.reading import readable, text
from curate.medium import clocks

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
        " ".join([f"At {time} the picture of {frame.width}x{frame.height} pixels is {facts[0]}", *facts[1:]])
        for time, frame, facts in zip(times, frames, _facts(frames), strict=True)
    )


def _facts(frames: Sequence[Frame]) -> Iterator[list[str]]:
    before: Pixels | None = None
    words: tuple[str, ...] = ()
    for frame in frames:
        image = Image.open(io.BytesIO(frame.image)).convert("RGB")
        small = np.asarray(image.resize(_SMALL, Image.Resampling.BOX))
        facts = [_colours(small), _brightness(small), *_detail(small)]
        moved = None if before is None else change(before, small)
        if moved is not None:
            facts.append(_motion(moved))
        if readable() and (moved is None or moved.amount != "none"):
            words = text(np.asarray(image))
        if words:
            quoted = [f'"{piece}"' for piece in words]
            facts.append(f"It shows the text {listed(quoted)}.")
        before = small
        yield facts


def _colours(small: Pixels) -> str:
    return listed([f"{name} ({share} %)" for name, share in shares(small)]) + "."


def listed(names: Sequence[str]) -> str:
    """Names as a person lists them: "a", "a and b", "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _brightness(small: Pixels) -> str:
    value = round(float(small.mean()))
    word = "dark" if value < 70 else "neither dark nor bright" if value < 170 else "bright"
    return f"It is {word} ({value} of 255)."


def _detail(small: Pixels) -> list[str]:
    """Where the most edges lie, in thirds of the picture; nothing for a plain one."""
    grey = small.mean(-1)
    edges = np.abs(np.diff(grey, axis=1))[:-1] + np.abs(np.diff(grey, axis=0))[:, :-1]
    thirds = [[cell.mean() for cell in np.array_split(row, 3, axis=1)] for row in np.array_split(edges, 3)]
    row, column = divmod(int(np.argmax(thirds)), 3)
    return [f"Most detail is at the {_ROWS[row]} {_COLUMNS[column]}."] if np.max(thirds) >= 1 else []


def _motion(moved: Change) -> str:
    if moved.cut:
        return "There is a cut: it is another picture than the frame before."
    towards = {"": "", "left": " to the left", "right": " to the right"}.get(moved.way, f" {moved.way}")
    amount = {"none": "nothing", "slight": "a little", "strong": "much"}[moved.amount]
    return f"Since the frame before, {amount} has moved{towards}."
