"""A still image: opened with its size bounded, upright, its alpha on white."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from curate.errors import MediaError

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
_MOST_PIXELS = 100_000_000
_FAULTS = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error)

Image.MAX_IMAGE_PIXELS = None  # the bound is checked here, on the header, before any pixel is decoded


def picture(path: Path) -> tuple[Image.Image, str]:
    """The first frame as upright RGB, and the name of its coding. Raises MediaError."""
    if path.stat().st_size == 0:
        raise MediaError("empty file")
    with faults_named(path), Image.open(path, formats=_FORMATS) as image:
        bounded(image.size)
        return flattened(ImageOps.exif_transpose(image)), (image.format or "").lower()


@contextmanager
def faults_named(path: Path) -> Iterator[None]:
    """Whatever Pillow raises about this file becomes a MediaError."""
    try:
        yield
    except UnidentifiedImageError:
        raise MediaError(*_foreign(path)) from None
    except _FAULTS as error:
        raise MediaError("damaged", _said(error, path)) from None


def bounded(size: tuple[int, int]) -> None:
    """Raise MediaError where a picture of this size (width, height) would take too much memory."""
    if size[0] * size[1] > _MOST_PIXELS:
        raise MediaError("image too large", f"{size[0]}x{size[1]} pixels")


def flattened(image: Image.Image) -> Image.Image:
    """The picture as RGB, what is transparent in it on white."""
    if image.mode.startswith("I"):
        # 16 bits a pixel: keep the upper eight, plain conversion would clip all but the darkest
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")


def _foreign(path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        head = file.read(512).lower()
    if b"<html" in head or head.lstrip().startswith(b"<!doctype"):
        return "a web page, not an image", "starts with HTML"
    return "not an image", f"none of {', '.join(_FORMATS)}"


def _said(error: Exception, path: Path) -> str:
    return str(error).replace(str(path), path.name) or type(error).__name__
