"""Before a pipeline is opened: the rows of the whole input beside each other, so that none is asked about twice."""

from collections.abc import Mapping
from contextlib import closing

from curate import sources, workfolder
from curate.copies import copies
from curate.intake import none
from curate.media.eyes import Eyes
from curate.media.library import Library
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


async def compared(settings: Settings, wish: Duplicates, progress: Progress, looks: bool) -> Mapping[int, int]:
    """Which rows of the whole input, as far as the mix takes them, ask nearly the same as one before them.

    Where it `looks`, clips are looked at that nobody has looked at before.
    """
    files = sources.found(settings.files, settings.base)
    workfolder.made(settings.work)
    measures = settings.measures
    left_out = mixture(settings.mix, files, settings.work, measures).left_out if settings.mix else none
    with closing(Rows(files, settings.work)) as rows:
        same: dict[str, str] = {}
        if wish.clips:
            with closing(eyes_of(settings, progress)) as eyes, closing(library_of(settings, eyes, progress)) as library:
                same = await copies(rows, left_out, library, looks, measures)
        return repeats(rows, wish.questions, rows.row, left_out, same, measures)
