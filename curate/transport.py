"""How media travel to an OpenAI-compatible server: as parts of a message, bounded in size.

`images` sends each frame as a JPEG behind its time, which every server takes. The others are vLLM's, for
a server run with `--trust-request-mm-kwargs`: `jpeg_sequence` a video made of exactly these JPEGs, with
their true times; `mp4` the same frames as a short film, which the server takes as evenly spaced from
0 s; `file` the address of the clip itself for a server on the same disk, which then picks the frames by
itself. A video of one frame is an image in all of them: Qwen's processors refuse such a film.
"""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec, TypeVar

from curate.chat import Media
from curate.errors import MediaError
from curate.frame import Frame
from curate.medium import clocks
from curate.provider import IMAGES, Eyes

Way = Literal["images", "jpeg_sequence", "file", "mp4"]
_ALL = -1  # frames; unless it is told a number, vLLM takes 32 of JPEGs, and of a film those that the model's rate gives
_MILLISECONDS = 1000.0
_MIB = 2**20
_HEAVY = 2 * _MIB  # bytes; handling more holds up everything else in the loop for milliseconds

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Load:
    """One medium on its way: parts of a message, what else the request must say, and bytes of payload."""

    parts: list[dict[str, Any]]
    size: int
    options: dict[str, Any] = field(default_factory=dict)


async def load(media: Media, eyes: Eyes, way: str, most: float) -> Load:
    """This medium, made ready to travel this way. Raises MediaError, also where it is larger than `most` MiB."""
    loaded = await _loaded(media, eyes, way)
    if loaded.size > most * _MIB:
        told = f"{loaded.size / _MIB:.1f} MiB for {len(media.frames)} frames, max_payload is {most:g}"
        raise MediaError("payload too large", f"{told}: lower window, max_frames or max_pixels", lasting=False)
    return loaded


async def _loaded(media: Media, eyes: Eyes, way: str) -> Load:
    if way == "file" and media.kind == "image":
        return _load([_part("image_url", media.medium.path.resolve().as_uri())], {})
    if way == IMAGES or len(media.frames) == 1:
        return await _eased(_pictures, media, await eyes.frames(media))
    if way == "file":
        return _load([_part("video_url", media.medium.path.resolve().as_uri())], _taken(len(media.frames)))
    if way == "mp4":
        film = await eyes.film(media)
        return await eased(len(film), _film, film)
    return await _eased(_sequence, media, await eyes.frames(media))


async def eased(weight: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` gives; done in a thread where it handles so many bytes that the loop would stand still."""
    return work(*args, **kwargs) if weight < _HEAVY else await asyncio.to_thread(work, *args, **kwargs)


async def _eased(work: Callable[[Media, tuple[Frame, ...]], Load], media: Media, frames: tuple[Frame, ...]) -> Load:
    return await eased(sum(len(frame.image) for frame in frames), work, media, frames)


def _film(film: bytes) -> Load:
    return _load([_part("video_url", f"data:video/mp4;base64,{base64.b64encode(film).decode()}")], _taken(_ALL))


def _sequence(media: Media, frames: tuple[Frame, ...]) -> Load:
    pictures = ",".join(map(_text, frames))
    return _load([_part("video_url", f"data:video/jpeg;base64,{pictures}")], _timed(media))


def _pictures(media: Media, frames: tuple[Frame, ...]) -> Load:
    """The frames as parts, a video's each behind its time."""
    parts: list[dict[str, Any]] = []
    for frame, time in zip(frames, clocks(media.times), strict=True):
        if media.kind == "video":
            parts.append({"type": "text", "text": stamped(time)})
        parts.append(_part("image_url", f"data:image/jpeg;base64,{_text(frame)}"))
    return _load(parts, {})


def stamped(time: str) -> str:
    """What stands before a frame of a video that is shown at this time."""
    return f"Frame at {time}:"


def _part(kind: str, url: str) -> dict[str, Any]:
    return {"type": kind, kind: {"url": url}}


def _text(frame: Frame) -> str:
    return base64.b64encode(frame.image).decode()


def _load(parts: list[dict[str, Any]], options: dict[str, Any]) -> Load:
    urls = (part[part["type"]]["url"] for part in parts if part["type"] != "text")
    return Load(parts, sum(map(len, urls)), options)


def _taken(frames: int) -> dict[str, Any]:
    """So many frames of a film are to be taken, evenly spaced.

    Qwen's own loaders know no number, only a rate, and its processor would thin out once more.
    """
    return {
        "media_io_kwargs": {"video": {"num_frames": frames, "video_backend": "opencv"}},
        "mm_processor_kwargs": {"do_sample_frames": False},
    }


def _timed(media: Media) -> dict[str, Any]:
    """All frames are to be taken, and when they are shown: a frame's time is its index over `fps`.

    The server reckons the time between two frames from their number, `total_num_frames` and `fps`: that
    total is of the stretch that these frames cover, which of a long clip is a part.
    """
    medium, count = media.medium, len(media.frames)
    rate = _rate(media)
    indices = [round(time * rate) for time in media.times]
    covered = (indices[-1] - indices[0]) * count / (count - 1)
    said = {
        "num_frames": _ALL,
        "fps": rate,
        "frames_indices": indices,
        "total_num_frames": max(count, round(covered)),
        "duration": medium.duration,
    }
    return {"media_io_kwargs": {"video": said}}


def _rate(media: Media) -> float:
    """The clip's own frames a second where they give each frame its time to a millisecond, else milliseconds."""
    rate, times = media.medium.fps, media.times
    indices = [round(time * rate) for time in times]
    distinct = len(set(indices)) == len(indices)
    if distinct and all(abs(i / rate - time) * _MILLISECONDS < 1 for i, time in zip(indices, times, strict=True)):
        return rate
    return _MILLISECONDS
