"""Before a pipeline is opened: the rows of the whole input beside each other, so that none is asked about twice."""

from collections.abc import Mapping
from contextlib import closing

from curate import sources, workfolder
from curate.copies import copies
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


def eyes_of(settings: Settings, progress: Progress) -> Eyes:
    """The decoders that these settings ask for."""
    media = settings.media
    return Eyes(media.workers, media.timeout, media.memory * MIB, media.decoder, progress.tell)


def library_of(settings: Settings, eyes: Eyes, progress: Progress) -> Library:
    """The media of these settings, remembered in the work folder."""
    place = settings.work / workfolder.MEDIA
    return Library(place, settings.media_root, eyes, settings.media.most_lost, progress.tell)


async def compared(settings: Settings, progress: Progress, looks: bool) -> tuple[Mixed | None, Mapping[int, int]]:
    """The mix, and which rows it takes of the whole input ask nearly the same as one before them.

    Where it `looks`, clips are looked at that nobody has looked at before.
    """
    files, wish = sources.found(settings.files, settings.base), settings.duplicates or Duplicates()
    workfolder.made(settings.work)
    mix = mixture(settings.mix, files, settings.work) if settings.mix else None
    left_out = mix.left_out if mix else none
    with closing(Rows(files, settings.work)) as rows:
        same: dict[str, str] = {}
        if wish.clips:
            with closing(eyes_of(settings, progress)) as eyes, closing(library_of(settings, eyes, progress)) as library:
                same = await copies(rows, left_out, library, looks)
        return mix, repeats(rows, wish.questions, rows.row, left_out, same)
