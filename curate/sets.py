"""The two sets of a publication, each in its splits."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial

from curate.embedding import EmbeddingWriter
from curate.record import Output
from curate.settings import Settings
from curate.shards import Publication, SetWriter
from curate.splits import SETS, SPLITS, TRAIN, VALIDATION, Held, split_of
from curate.verdict import Verdict


def form(settings: Settings, name: str) -> type[Output]:
    """The type of the rows in the set of this name. Settings whose layout has none do not load."""
    graded = any(stage.samples > 1 for stage in settings.stages.values())
    found = settings.layouts[name].form(name, graded)
    if found is None:
        raise TypeError(f"{settings.layouts[name].name()} has no form for {name}")
    return found


class Sets:
    """Writes each verdict's rows where they belong."""

    def __init__(self, publication: Publication, settings: Settings, copies: Mapping[bytes, bytes]) -> None:
        self._share, self._seed, self._copies = settings.validation, settings.seed, copies
        self._media: dict[str, set[bytes]] = {TRAIN: set(), VALIDATION: set()}
        splits = SPLITS if settings.validation else SPLITS[:1]
        self._writers: dict[tuple[str, str], SetWriter] = {}
        self._groups: dict[str, Counter[int]] = {name: Counter() for name in SETS}
        for name, split in itertools.product(SETS, splits):
            most = settings.embed[name]
            kind = partial(EmbeddingWriter, most=most) if most else SetWriter
            shape = form(settings, name), settings.rows_per_shard[name]
            self._writers[name, split] = publication.writer(name, *shape, split, kind)

    @property
    def validation(self) -> Held | None:
        """What came of the validation split, if one was asked for."""
        if not self._share:
            return None
        rows = {name: writer.rows for (name, split), writer in self._writers.items() if split == VALIDATION}
        train, held = (len(self._media[split]) for split in SPLITS)
        return Held(self._share, train + held, held, rows)

    def add(self, verdict: Verdict) -> None:
        """Add the row's place in each set that it belongs to."""
        medium = self._copies.get(verdict.standing.medium, verdict.standing.medium)
        split = split_of(medium, self._share, self._seed)
        if self._share and (verdict.sft or verdict.rl):
            self._media[split].add(medium)
        if verdict.sft is not None:
            self._put("sft", split, verdict.sft, verdict)
        if verdict.rl is not None:
            self._put("rl", split, verdict.rl, verdict)

    def _put(self, name: str, split: str, row: Output, verdict: Verdict) -> None:
        self._writers[name, split].add(row, verdict.medium)
        if verdict.group >= 0:
            self._groups[name][verdict.group] += 1

    def groups(self, number: int) -> dict[str, list[int]]:
        """How many rows each set has of each of so many groups of the mix."""
        return {name: [counts[group] for group in range(number)] for name, counts in self._groups.items()}

    def notices(self) -> Iterator[str]:
        """What a user should know of what was written."""
        for (name, split), writer in self._writers.items():
            if isinstance(writer, EmbeddingWriter) and writer.larger:
                told = f"{writer.larger:,} rows hold a path only: their media are above sets.{name}.embed"
                yield f"{name}, {split}: {told}"
