"""Which media of the input are copies of others: the same content elsewhere, or the same clip in another encoding."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from curate.answers.score import PAPER, Measures
from curate.errors import MediaError
from curate.intake import LeftOut, usable_rows
from curate.media.library import Library
from curate.media.twins import kin, twins
from curate.medium import Kind, short
from curate.sources import Row
from curate.splits import draw

AT_ONCE = 256  # media looked at side by side; the decoders' own number bounds what is decoded


class Copies(NamedTuple):
    """What are copies of others: {path: path of the first medium that this one is a copy of}, and by content.

    `media` names each clip that has a copy in another encoding, {name: name of all these}, 8 bytes each, as the
    standings name media. That name is the same in whatever order the rows come: the name among them that is drawn first
    for a split, so that a copy which comes later takes none of them back to training.
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
    seed: int = 0,
    told: Callable[[int, int], None] = lambda looked, total: None,
) -> Copies:
    """Which media of the input are copies. What cannot be read is nobody's copy.

    Where it `looks`, clips are decoded that nobody has looked at before; else what is known must do. `told` hears how
    many media were looked at, and of how many; `seed` is that of the split.
    """
    kinds = _media(rows, left_out, measures)
    seen: dict[str, Seen] = {}
    paths, looked = iter(kinds), 0
    while some := list(islice(paths, AT_ONCE)):
        found = await asyncio.gather(*(_seen(library, path, kinds[path], looks) for path in some))
        seen |= {path: medium for path, medium in zip(some, found, strict=True) if medium}
        looked += len(some)
        told(looked, len(kinds))
    return Copies(paths_of(seen), names_of(seen, seed))


def paths_of(seen: Mapping[str, Seen]) -> dict[str, str]:
    """{path: path of the first medium that this one is a copy of}."""
    first: dict[str, str] = {}
    for path, medium in seen.items():
        first.setdefault(medium.sha256, path)
    clips = [(path, seen[path].seconds, look) for path in first.values() if (look := seen[path].look)]
    origins = twins([(seconds, look) for _, seconds, look in clips])
    same = {path: clips[origin][0] for (path, *_), origin in zip(clips, origins, strict=True)}
    found = {path: first[medium.sha256] for path, medium in seen.items()}
    return {path: origin for path, known in found.items() if (origin := same.get(known, known)) != path}


def names_of(seen: Mapping[str, Seen], seed: int) -> dict[bytes, bytes]:
    """One name for all encodings of a clip, copies of copies among them."""
    looks = {medium.sha256: (medium.seconds, medium.look) for medium in seen.values() if medium.look}
    clips = [(sha256, (seconds, look)) for sha256, (seconds, look) in sorted(looks.items()) if look]
    groups: dict[int, list[bytes]] = defaultdict(list)
    for (sha256, _), head in zip(clips, kin([clip for _, clip in clips]), strict=True):
        groups[head].append(short(sha256))
    together = [(min(names, key=lambda name: draw(name, seed)), names) for names in groups.values() if len(names) > 1]
    return {name: first for first, names in together for name in names}


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
