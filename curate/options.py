"""Options of the command line that say more than one value: read, or refused in one line."""

from typing import Literal, cast, get_args

from curate import workfolder
from curate.checks import nearest
from curate.errors import SettingsError
from curate.processor import Name as ProcessorName
from curate.sampling import Sampling
from curate.settings import MediaSettings, decoder


def chosen(
    count: int | None,
    fps: float | None,
    max_frames: int,
    max_pixels: int,
    processor: str | None,
    name: str,
    damaged: str,
) -> tuple[Sampling, float]:
    """What options on the command line say of frames, and the share that may be lost. Raises SettingsError."""
    if count is not None and fps is not None:
        raise SettingsError("--count and --fps: choose one of them")
    if fps is not None and not 0 < fps <= 240:
        raise SettingsError("--fps: expected a number above 0, 240 at most")
    if processor is not None and processor not in get_args(ProcessorName):
        raise SettingsError(f"--processor: unknown {processor!r}{nearest(processor, get_args(ProcessorName))}")
    if damaged not in ("refuse", "keep"):
        raise SettingsError(f"--damaged: unknown {damaged!r}; known: keep, refuse")
    decoder(name)
    family = cast(ProcessorName | None, processor)
    media = MediaSettings(damaged=cast(Literal["refuse", "keep"], damaged))
    return Sampling(fps or 1.0, max_frames, max_pixels, family, None, count), media.most_lost


def shard(text: str | None) -> tuple[int, int] | None:
    """(i, n) of "i/n"; None where nothing was said. Raises SettingsError."""
    if text is None:
        return None
    part = workfolder.part_in(text)
    if part is None:
        raise SettingsError(f"--shard: expected i/n with i from 1 to n, such as 1/4, found {text!r}")
    return part
