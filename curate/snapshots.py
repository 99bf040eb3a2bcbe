"""The frames of one file as a model will see them, written down as pictures."""

import asyncio
import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from curate.chat import Media
from curate.errors import MediaError, SettingsError, StoreError
from curate.folders import whole
from curate.media.eyes import Eyes
from curate.media.library import Library
from curate.medium import Medium
from curate.sampling import Sampling
from curate.workfolder import MEDIA

LIST = "frames.json"
_OURS = re.compile(r"\d{6,}\.png")


async def written(
    path: Path, out: Path, sampling: Sampling, decoder: str, max_lost: float, say: Callable[[str], None]
) -> dict[str, Any]:
    """Write the frames as PNG and their list as `frames.json`; returns what is known of the file.

    Raises SettingsError where there is no such file, StoreError where the folder cannot be written,
    MediaError where the file cannot be shown.
    """
    file = await asyncio.to_thread(_found, path)
    await asyncio.to_thread(_cleared, out)
    eyes = Eyes(workers=1, decoder=decoder, say=say)
    with tempfile.TemporaryDirectory(prefix="curate-") as scratch:
        library = Library(Path(scratch) / MEDIA, file.parent, eyes, max_lost, say)
        try:
            medium = await _identified(library, file.name)
            media = sampling.media(medium)
            try:
                await eyes.saved(media, out)
            except MediaError as error:
                await asyncio.to_thread(_removed, media, out)
                again = await library.surveyed(medium) if error.reason == "damaged" else None
                if again is None:
                    raise
                media = sampling.media(again)
                await eyes.saved(media, out)
        finally:
            library.close()
            eyes.close()
    return await asyncio.to_thread(_listed, media, out)


async def _identified(library: Library, name: str) -> Medium:
    """The file as a film, or where it is a picture as that."""
    try:
        return await library.identify(name, "video")
    except MediaError as error:
        if error.reason != "an image, not a video":
            raise
    return await library.identify(name, "image")


def _found(path: Path) -> Path:
    try:
        file = path.resolve()
        found = file.exists()
    except (OSError, RuntimeError):  # links in a circle
        found = False
    if not found:
        raise SettingsError(f"there is no file {path}")
    if not file.is_file():
        raise SettingsError(f"{path} is no regular file")
    return file


def _cleared(out: Path) -> None:
    """The folder, without the frames that an earlier list in it names."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        if (out / LIST).is_file():
            for name in _named(out / LIST):
                (out / name).unlink(missing_ok=True)
            (out / LIST).unlink()
    except OSError as error:
        raise StoreError(f"cannot write to {out}: {error.strerror}") from error


def _removed(media: Media, out: Path) -> None:
    """Leave none of these frames behind."""
    for i in media.frames:
        (out / f"{i:06d}.png").unlink(missing_ok=True)


def _named(file: Path) -> list[str]:
    """The files in this list that can only be ours."""
    try:
        names = [str(entry["file"]) for entry in json.loads(file.read_text())]
    except (ValueError, TypeError, KeyError):
        return []
    return [name for name in names if _OURS.fullmatch(name)]


def _listed(media: Media, out: Path) -> dict[str, Any]:
    medium = media.medium
    shown = [
        {"index": i, "timestamp": round(t, 6), "size": _size(out / name), "file": name}
        for i, t, name in ((i, t, f"{i:06d}.png") for i, t in zip(media.frames, media.times, strict=True))
    ]
    try:
        whole(out / LIST, (json.dumps(shown, indent=1) + "\n").encode())
    except OSError as error:
        raise StoreError(f"cannot write {out / LIST}: {error.strerror}") from error
    return {
        "path": str(medium.path),
        "sha256": medium.sha256,
        "kind": medium.kind,
        "codec": medium.codec,
        "size": [medium.width, medium.height],
        "frames": len(medium.times),
        "fps": medium.fps,
        "duration": round(medium.duration, 6),
        "constant_rate": medium.times.constant,
        "rotation": medium.rotation,
        "start": round(float(medium.times.origin * medium.times.base), 6),
        "lost": medium.lost,
        "written": len(shown),
        "out": str(out.resolve()),
    }


def _size(png: Path) -> list[int]:
    """Width and height, from the header that every PNG begins with."""
    with png.open("rb") as file:
        head = file.read(24)
    return [int.from_bytes(head[16:20]), int.from_bytes(head[20:24])]
