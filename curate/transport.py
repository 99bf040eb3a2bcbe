"""How media travel to an OpenAI-compatible server: as parts of a message, bounded in size.

`images` sends each frame as a JPEG behind its time, which every server takes. The others are vLLM's:
`jpeg_sequence` a video made of exactly these JPEGs, with their true times; `mp4` the same frames as a
short film; `file` the address of the clip itself for a server on the same disk, which then picks the
frames by itself.
"""

import base64
from dataclasses import dataclass, field
from typing import Any, Literal

from curate.chat import Media
from curate.errors import MediaError
from curate.medium import clocks
from curate.provider import Eyes, Frame

Way = Literal["images", "jpeg_sequence", "file", "mp4"]
_TAKEN = 32  # frames that vLLM takes of a video unless it is told otherwise
_MILLISECONDS = 1000.0
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Load:
    """One medium on its way: parts of a message, what else the request must say, and bytes of payload."""

    parts: list[dict[str, Any]]
    size: int
    options: dict[str, Any] = field(default_factory=dict)


async def load(media: Media, eyes: Eyes, way: Way, most: float) -> Load:
    """This medium, made ready. Raises MediaError, also where it is larger than `most` MiB."""
    loaded = await _loaded(media, eyes, way)
    if loaded.size > most * _MIB:
        told = f"{loaded.size / _MIB:.1f} MiB for {len(media.frames)} frames, max_payload is {most:g}"
        raise MediaError("payload too large", f"{told}: lower window, max_frames or max_pixels", lasting=False)
    return loaded


async def _loaded(media: Media, eyes: Eyes, way: Way) -> Load:
    if way == "file":
        kind = "image_url" if media.kind == "image" else "video_url"
        options = {} if media.kind == "image" else _taken(len(media.frames))
        return _load([_part(kind, media.medium.path.resolve().as_uri())], options)
    if way == "mp4" and media.kind == "video":
        film = base64.b64encode(await eyes.film(media)).decode()
        options = _taken(len(media.frames)) if len(media.frames) > _TAKEN else {}
        return _load([_part("video_url", f"data:video/mp4;base64,{film}")], options)
    frames = await eyes.frames(media)
    if way == "jpeg_sequence" and media.kind == "video":
        return _load([_part("video_url", f"data:video/jpeg;base64,{','.join(map(_text, frames))}")], _timed(media))
    return _load(_pictures(media, frames), {})


def _pictures(media: Media, frames: tuple[Frame, ...]) -> list[dict[str, Any]]:
    """The frames as parts, a video's each behind its time."""
    parts: list[dict[str, Any]] = []
    for frame, time in zip(frames, clocks(media.times), strict=True):
        if media.kind == "video":
            parts.append({"type": "text", "text": f"Frame at {time}:"})
        parts.append(_part("image_url", f"data:image/jpeg;base64,{_text(frame)}"))
    return parts


def _part(kind: str, url: str) -> dict[str, Any]:
    return {"type": kind, kind: {"url": url}}


def _text(frame: Frame) -> str:
    return base64.b64encode(frame.image).decode()


def _load(parts: list[dict[str, Any]], options: dict[str, Any]) -> Load:
    urls = (part[part["type"]]["url"] for part in parts if part["type"] != "text")
    return Load(parts, sum(map(len, urls)), options)


def _taken(frames: int) -> dict[str, Any]:
    return {"media_io_kwargs": {"video": {"num_frames": frames}}}


def _timed(media: Media) -> dict[str, Any]:
    """All frames are to be taken, and when they are shown: a frame's time is its index over `fps`."""
    medium = media.medium
    rate = medium.fps if medium.times.constant and medium.fps > 0 else _MILLISECONDS
    said = {
        "num_frames": -1,
        "fps": rate,
        "frames_indices": [round(time * rate) for time in media.times],
        "total_num_frames": max(1, round(medium.duration * rate)),
        "duration": medium.duration,
    }
    return {"media_io_kwargs": {"video": said}}
