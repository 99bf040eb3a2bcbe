"""Which media of the input are copies of others: the same content elsewhere, or the same clip in another encoding."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from curate.answers.score import PAPER, Measures
from curate.errors import MediaError
from curate.intake import LeftOut, usable_rows
from curate.media.library import Library
from curate.media.twins import twins
from curate.medium import Kind, short
from curate.sources import Row

AT_ONCE = 256  # media looked at side by side; the decoders' own number bounds what is decoded


class Copies(NamedTuple):
    """What are copies of others: {path: path of the first medium that this one is a copy of}, and by content.

    `media` names each clip that has a copy in another encoding, {name: name of all these}, 8 bytes each, as the
    standings name media. That name is the same in whatever order the rows come.
    """

    paths: Mapping[str, str] = {}
    media: Mapping[bytes, bytes] = {}


class Seen(NamedTuple):
    """A medium: its content's hash, its seconds, and how it looks, where that is known."""

    sha256: str
    seconds: float
    look: bytes | None


async def copies(
    rows: Iterable[Row],
    left_out: LeftOut,
    library: Library,
    looks: bool,
    measures: Measures = PAPER,
    told: Callable[[int, int], None] = lambda looked, total: None,
) -> Copies:
    """Which media of the input are copies. What cannot be read is nobody's copy.

    Where it `looks`, clips are decoded that nobody has looked at before; else what is known must do. `told` hears how
    many media were looked at, and of how many.
    """
    kinds = _media(rows, left_out, measures)
    seen: dict[str, Seen] = {}
    paths, looked = iter(kinds), 0
    while some := list(islice(paths, AT_ONCE)):
        found = await asyncio.gather(*(_seen(library, path, kinds[path], looks) for path in some))
        seen |= {path: medium for path, medium in zip(some, found, strict=True) if medium}
        looked += len(some)
        told(looked, len(kinds))
    return _copies(seen)


def _copies(seen: Mapping[str, Seen]) -> Copies:
    first: dict[str, str] = {}
    for path, medium in seen.items():
        first.setdefault(medium.sha256, path)
    clips = [(path, seen[path].seconds, look) for path in first.values() if (look := seen[path].look)]
    origins = twins([(seconds, look) for _, seconds, look in clips])
    same = {path: clips[origin][0] for (path, *_), origin in zip(clips, origins, strict=True)}
    found = {path: first[medium.sha256] for path, medium in seen.items()}
    paths = {path: origin for path, known in found.items() if (origin := same.get(known, known)) != path}
    return Copies(paths, _media_of(seen, same))


def _media_of(seen: Mapping[str, Seen], same: Mapping[str, str]) -> dict[bytes, bytes]:
    """One name for all encodings of a clip: the least of their own."""
    groups: dict[str, set[bytes]] = {}
    for path, origin in same.items():
        groups.setdefault(origin, set()).add(short(seen[path].sha256))
    return {name: min(names) for names in groups.values() if len(names) > 1 for name in names}


def _media(rows: Iterable[Row], left_out: LeftOut, measures: Measures) -> dict[str, Kind]:
    """The media of all rows that can be used, in order."""
    return {fields["path"]: fields["data_type"] for _, fields in usable_rows(rows, measures) if not left_out(fields)}


async def _seen(library: Library, path: str, kind: Kind, looks: bool) -> Seen | None:
    try:
        medium = await library.identify(path, kind)
    except MediaError:
        return None  # the intake will say why
    try:
        look = (await library.looked(medium) if looks else library.look(medium)) if kind == "video" else None
    except MediaError:
        look = None
    return Seen(medium.sha256, medium.duration, look)
