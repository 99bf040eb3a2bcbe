"""Pictures of text, drawn in the decoder's process: what a canary shows."""

import hashlib
import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from curate.folders import whole
from curate.frame import Frame
from curate.media.facts import Facts
from curate.media.film import mp4
from curate.media.probe import probe
from curate.medium import Kind

_TRIAL = 100  # the size of letters that a text is measured with
_FILLED = 0.85  # of the picture's width or height


def drawn(path: Path, kind: Kind, texts: Sequence[str], size: tuple[int, int], fps: float) -> tuple[str, Facts]:
    """Write a film (mp4) with a frame for each text, or of one text an image (PNG); "" is a plain white frame.

    Returns the sha256 of the file and what is known of it. Raises MediaError where there is no encoder.
    """
    if kind == "image":
        body = picture(texts[0], size)
    else:
        body = mp4([Frame(i, i / fps, *size, picture(text, size)) for i, text in enumerate(texts)])
    path.parent.mkdir(parents=True, exist_ok=True)
    whole(path, body)
    return hashlib.sha256(body).hexdigest(), probe(path, kind)


@lru_cache(maxsize=8)  # most frames are plain
def picture(text: str, size: tuple[int, int]) -> bytes:
    """This text in black on white, as large as fits, as PNG of this size (width, height)."""
    image = Image.new("RGB", size, "white")
    if text:
        pen = ImageDraw.Draw(image)
        _, _, wide, high = pen.multiline_textbbox((0, 0), text, font=ImageFont.load_default(_TRIAL), align="center")
        letters = _TRIAL * _FILLED * min(size[0] / wide, size[1] / high)
        middle = (size[0] / 2, size[1] / 2)
        pen.multiline_text(middle, text, "black", ImageFont.load_default(letters), "mm", align="center")
    body = io.BytesIO()
    image.save(body, "PNG", compress_level=1)
    return body.getvalue()
