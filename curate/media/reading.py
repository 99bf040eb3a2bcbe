"""Text in a picture, read by RapidOCR where that is installed."""

import logging
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from typing import cast

import numpy as np
from numpy.typing import NDArray

_SURE = 0.6
Box = Sequence[tuple[float, float]]
Engine = Callable[[NDArray[np.uint8]], tuple[list[tuple[Box, str, float]] | None, object]]


def readable() -> bool:
    """Whether text can be read on this machine at all."""
    return find_spec("rapidocr_onnxruntime") is not None and find_spec("cv2") is not None


def text(pixels: NDArray[np.uint8]) -> tuple[str, ...]:
    """The pieces of text read with confidence, in reading order; `pixels` is (height, width, 3) RGB."""
    found, _ = _engine()(np.ascontiguousarray(pixels[:, :, ::-1]))
    return ordered([(box, words) for box, words, score in found or () if float(score) >= _SURE])


def ordered(pieces: list[tuple[Box, str]]) -> tuple[str, ...]:
    """Line by line from the top, each from the left; a piece is four (x, y) corners and its words.

    Pieces without a letter or a digit are taken for misreadings and left out.
    """
    boxes = sorted(((*_span(box), words) for box, words in pieces), key=lambda piece: piece[1])
    lines: list[list[tuple[float, float, float, str]]] = []
    for piece in boxes:
        if lines and piece[1] - lines[-1][0][1] < lines[-1][0][2] / 2:
            lines[-1].append(piece)
        else:
            lines.append([piece])
    plain = (_plain(piece[3]) for line in lines for piece in sorted(line))
    return tuple(words for words in plain if any(c.isalnum() for c in words))


def _span(box: Box) -> tuple[float, float, float]:
    """Left edge, middle from the top, and height of four corners."""
    xs, ys = [float(x) for x, _ in box], [float(y) for _, y in box]
    return min(xs), sum(ys) / len(ys), max(ys) - min(ys)


def _plain(words: str) -> str:
    """The words on one line, without control characters and without the quotes that will enclose them."""
    kept = "".join(c if c.isprintable() else " " for c in words).replace('"', "'")
    return " ".join(kept.split())


@cache
def _engine() -> Engine:

    import cv2
    from rapidocr_onnxruntime import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    cv2.setNumThreads(1)
    return cast(Engine, RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1))
