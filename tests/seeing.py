"""A server with eyes: it decodes the pictures and films of a request, as vLLM does, and reads what is printed there."""

import base64
import io
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from curate.readback import WORDS
from tests.server import Answer, completion, failure, sensible

Ink = NDArray[np.bool_]
PRINTED = tuple(word.upper() for word in WORDS)
DIGITS = tuple("0123456789")
TOKENS = 20  # of a frame
TEXT = 100  # of everything else
REFUSED = (
    "Per-request media_io_kwargs are disabled by default because they can change multimodal media loading resource "
    "usage. Start the server with --trust-request-mm-kwargs only when clients are trusted."
)
OUTSIDE = "The file path {path} must be a subpath of `--allowed-local-media-path` {root}."


class Seeing:
    """Answers a canary with what `says` makes of the words of each frame, and all else sensibly.

    `shows` stands between the frames that arrived and the eyes. `trusts` is `--trust-request-mm-kwargs`, `most` how
    many frames of a video it takes whatever it is told, `images` how many pictures a request may have, `root` whence
    it may read files, `reads` what is on a frame. Without `counts` it tells no tokens.
    """

    def __init__(
        self,
        says: Callable[[list[str]], str] = "\n".join,
        shows: Callable[[list[Image.Image]], list[Image.Image]] = list,
        *,
        trusts: bool = True,
        most: int | None = None,
        images: int = 1000,
        root: Path | None = None,
        counts: bool = True,
        reads: Callable[[Image.Image], str] | None = None,
        fails: Callable[[int], Answer | None] = lambda _: None,
    ) -> None:
        self.says, self.shows, self.fails, self.reads = says, shows, fails, reads or read
        self.trusts, self.most, self.images, self.root, self.counts = trusts, most, images, root, counts
        self.canaries: list[dict[str, Any]] = []
        self.frames: list[int] = []  # that arrived with each of them
        self.words: list[list[str]] = []  # that were read in them
        self.ways: list[set[str]] = []  # in which media came, by request

    def __call__(self, body: dict[str, Any]) -> Answer:
        parts = [part for m in body["messages"] if isinstance(m["content"], list) for part in m["content"]]
        media = [part for part in parts if part["type"] != "text"]
        self.ways.append({way(part) for part in media})
        if refusal := self._refusal(body, media):
            return refusal
        if not body["messages"][0]["content"].startswith("You read aloud"):
            return sensible(body)
        self.canaries.append(body)
        if failed := self.fails(len(self.canaries)):
            return failed
        frames = [frame for part in media for frame in self._taken(part, body)]
        self.frames.append(len(frames))
        self.words.append([text for frame in self.shows(frames) if (text := self.reads(frame))])
        text = self.says(self.words[-1]) if body["max_tokens"] > 1 else ""
        answer = completion(text)
        assert isinstance(answer.body, dict)
        answer.body["usage"] = {"prompt_tokens": TEXT + TOKENS * len(frames), "completion_tokens": 5}
        if not self.counts:
            del answer.body["usage"]
        return answer

    def _refusal(self, body: dict[str, Any], media: list[dict[str, Any]]) -> Answer | None:
        if not self.trusts and body.keys() & {"media_io_kwargs", "mm_processor_kwargs"}:
            return failure(400, REFUSED)
        if (count := sum(part["type"] == "image_url" for part in media)) > self.images:
            return failure(400, f"At most {self.images} image(s) may be provided in one prompt, not {count}.")
        for part in media:
            url = urlsplit(part[part["type"]]["url"])
            path = Path(unquote(url.path))
            if url.scheme == "file" and (self.root is None or not path.is_relative_to(self.root)):
                return failure(400, OUTSIDE.format(path=path, root=self.root))
        return None

    def _taken(self, part: dict[str, Any], body: dict[str, Any]) -> list[Image.Image]:
        frames = decoded(part[part["type"]]["url"])
        if part["type"] == "image_url":
            return frames
        wanted = body["media_io_kwargs"]["video"]["num_frames"]
        if 0 < wanted < len(frames):
            frames = [frames[round(i)] for i in np.linspace(0, len(frames) - 1, wanted)]
        return frames[: self.most]


def way(part: dict[str, Any]) -> str:
    """How this medium has come, in the settings' words."""
    url = part[part["type"]]["url"]
    if url.startswith("file:"):
        return "file"
    return {"data:image/jpeg": "images", "data:video/jpeg": "jpeg_sequence", "data:video/mp4": "mp4"}[
        url[:15].rstrip(";")
    ]


def decoded(url: str) -> list[Image.Image]:
    """The frames behind this address."""
    kind, _, data = url.partition(";base64,")
    if kind in ("data:image/jpeg", "data:video/jpeg"):
        return [Image.open(io.BytesIO(base64.b64decode(each))) for each in data.split(",")]
    body = base64.b64decode(data) if data else Path(unquote(urlsplit(url).path)).read_bytes()
    if body[:4] == b"\x89PNG":
        return [Image.open(io.BytesIO(body))]
    with av.open(io.BytesIO(body)) as film:
        return [frame.to_image() for frame in film.decode(video=0)]


def read(frame: Image.Image) -> str:
    """The words and numbers on this frame, line by line; "" where it is plain."""
    ink: Ink = np.asarray(frame.convert("L")) < 128
    return "\n".join(map(_row, pieces(ink, 0)))


def pieces(ink: Ink, axis: int) -> list[Ink]:
    """What blank rows (axis 0) or columns (axis 1) part."""
    marks = np.flatnonzero(ink.any(axis=1 - axis))
    found = np.split(marks, np.flatnonzero(np.diff(marks) > 1) + 1) if marks.size else []
    return [ink.take(range(piece[0], piece[-1] + 1), axis=axis) for piece in found]


def _row(ink: Ink) -> str:
    """A number of three digits, a word, or a word with a number behind it."""
    glyphs = pieces(ink, 1)
    number = "".join(_nearest(glyph, DIGITS)[1] for glyph in glyphs[-3:])
    if len(glyphs) == 3:
        return number
    alone, beside = _nearest(ink, PRINTED), _nearest(ink[:, : _starts(ink)[-3]], PRINTED)
    return alone[1] if alone <= beside else f"{beside[1]} {number}"


def _starts(ink: Ink) -> list[int]:
    """The first column of each glyph."""
    marks = np.flatnonzero(ink.any(axis=0))
    return [int(marks[0]), *map(int, marks[1:][np.diff(marks) > 1])]


def _nearest(ink: Ink, texts: Sequence[str]) -> tuple[float, str]:
    """How far this is from the nearest of these texts, and which it is."""
    seen = _scaled(ink)
    return min((float(np.abs(_print(text) - seen).sum()), text) for text in texts)


@cache
def _print(text: str) -> NDArray[np.float64]:
    image = Image.new("L", (900, 200), 255)
    ImageDraw.Draw(image).text((10, 10), text, 0, ImageFont.load_default(100))
    return _scaled(np.asarray(image) < 128)


def _scaled(ink: Ink) -> NDArray[np.float64]:
    """Without what is blank around it, at one size; beside it its shape, which tells "1" from "0"."""
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    pixels = np.asarray(Image.fromarray(ink.astype(np.uint8) * 255).resize((96, 24)), float) / 255
    return np.append(pixels.ravel(), 100 * ink.shape[1] / ink.shape[0])
