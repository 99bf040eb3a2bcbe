"""Before a pipeline is opened: the rows of the whole input beside each other, so that none is asked about twice.

What was found is kept beside the copy of the rows, so that commands after the first need not compare them again.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

import curate
from curate import sources, workfolder
from curate.copies import Copies, copies
from curate.intake import none
from curate.media.eyes import Eyes
from curate.media.library import Library
from curate.mix import Mixed
from curate.mixture import mixture
from curate.nearness import Duplicates, repeats
from curate.progress import Progress
from curate.rows import Rows
from curate.settings import Settings

MIB = 2**20
VERSION = 1  # of what is kept: it changes with what makes two rows nearly the same
MANY = 50_000  # rows that take some seconds to compare
QUIET = 15.0  # seconds between two lines on the media that were looked at


class Alike(NamedTuple):
    """Which rows ask nearly the same as one before them, {number: problem_id of the first}, and copies of clips."""

    repeats: Mapping[int, int] = {}
    copies: Mapping[bytes, bytes] = {}


class Kept(BaseModel):
    """Which rows were found to repeat another, {number: problem_id of the first}; `made` names all that it rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    made: str
    repeats: dict[int, int]


def eyes_of(settings: Settings, progress: Progress) -> Eyes:
    """The decoders that these settings ask for."""
    media = settings.media
    return Eyes(media.workers, media.timeout, media.memory * MIB, media.decoder, progress.tell)


def library_of(settings: Settings, eyes: Eyes, progress: Progress) -> Library:
    """The media of these settings, remembered in the work folder."""
    place = settings.work / workfolder.MEDIA
    return Library(place, settings.media_root, eyes, settings.media.most_lost, progress.tell)


def mixed_of(settings: Settings) -> Mixed | None:
    """The mix of the whole input, if one is asked for."""
    if settings.mix is None:
        return None
    workfolder.made(settings.work)
    return mixture(settings.mix, sources.found(settings.files, settings.base), settings.work, settings.measures)


async def compared(settings: Settings, wish: Duplicates, mixed: Mixed | None, progress: Progress, looks: bool) -> Alike:
    """What is alike in the whole input, as far as the mix takes it.

    Where it `looks`, clips are looked at that nobody has looked at before.
    """
    files, measures = sources.found(settings.files, settings.base), settings.measures
    workfolder.made(settings.work)
    left_out = mixed.left_out if mixed else none
    with closing(Rows(files, settings.work)) as rows:
        same = Copies()
        if wish.clips:
            with closing(eyes_of(settings, progress)) as eyes, closing(library_of(settings, eyes, progress)) as library:
                same = await copies(rows, left_out, library, looks, measures, settings.seed, telling(progress))
        name = made(settings, wish, mixed, same.paths)
        if (found := known(rows.near, name)) is None:
            if len(rows) > MANY:
                progress.tell(f"looking for near duplicates among {len(rows):,} rows")
            found = repeats(rows, wish.questions, rows.row, left_out, same.paths, measures)
            workfolder.remember(rows.near, Kept(made=name, repeats=found).model_dump_json())
        return Alike(found, same.media)


def made(settings: Settings, wish: Duplicates, mixed: Mixed | None, same: Mapping[str, str]) -> str:
    """What changes with anything that makes rows of these files repeat each other: 32 hex digits.

    The files themselves are in the name of what is kept.
    """
    mix = mixed and (mixed.mix.model_dump_json(), mixed.limits)
    said = repr((VERSION, curate.__version__, settings.measures, wish.questions, mix, sorted(same.items())))
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def known(path: Path, name: str) -> dict[int, int] | None:
    """What was found before; None where nothing was, or where it rests on something else."""
    try:
        kept = Kept.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    return kept.repeats if kept.made == name else None


def telling(progress: Progress) -> Callable[[int, int], None]:
    """Tells now and then how many of all media were looked at."""
    last = time.monotonic()

    def told(looked: int, total: int) -> None:
        nonlocal last
        if (now := time.monotonic()) - last > QUIET:
            last = now
            progress.say(f"looking for copies of clips: {looked:,} of {total:,} media")

    return told
