"""A set in another trainer's format: the journal replayed into one file."""

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from curate import workfolder
from curate.checks import nearest
from curate.errors import SettingsError
from curate.files import RowFile, checked_place, merged
from curate.layout import Layout
from curate.medium import Kind
from curate.pipeline import Pipeline
from curate.plugin import find, names
from curate.publishing import begin, verdicts
from curate.sets import form
from curate.settings import Settings
from curate.splits import SETS, SPLITS, split_of
from curate.verdict import Verdict

ALL = "all"


@dataclass(frozen=True, slots=True)
class Export:
    """What is asked for: the rows of one set in a `split` ("all" for both), about media of one `kind` if it is given.

    `prefix` re-roots the media.
    """

    layout: str
    path: Path
    name: str = "sft"
    split: str = SPLITS[0]
    prefix: str | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        """Raise SettingsError where this cannot be meant."""
        _known("--set", self.name, SETS)
        _known("--split", self.split, (*SPLITS, ALL))
        if self.kind is not None:
            _known("--data-type", self.kind, get_args(Kind))
        checked_place(self.path)
        if self.layout not in names(Layout):
            raise SettingsError(f"unknown layout {self.layout!r}{nearest(self.layout, names(Layout))}")

    def settings(self, settings: Settings) -> Settings:
        """The settings with this layout for the set; what they say of it already holds. Raises SettingsError."""
        before = settings.layouts[self.name]
        layout = before if before.name() == self.layout else find(Layout, self.layout)()
        if layout.form(self.name) is None:
            other = next(name for name in SETS if name != self.name)
            raise SettingsError(f"{self.layout!r} has no {self.name} set: its trainer reads --set {other} only")
        if layout.apart and self.kind is None:
            wanted = " or ".join(f"--data-type {kind}" for kind in layout.apart)
            raise SettingsError(f"{self.layout!r} is read from files about one kind of media: add {wanted}")
        if self.prefix is not None:
            layout = layout.model_copy(update={"path_prefix": self.prefix})
        if self.split == SPLITS[1] and not settings.validation:
            raise SettingsError("--split validation: sets.validation is 0, so there is no such split")
        if not (settings.work / workfolder.JOURNAL).is_file():
            raise SettingsError(f"{settings.work} holds no journal, so there is nothing to export: `curate run` first")
        return settings.model_copy(update={"layouts": settings.layouts | {self.name: layout}})

    def has(self, verdict: Verdict, pipeline: Pipeline) -> bool:
        """Whether this row, which is in the set, is asked for."""
        medium, settings = verdict.standing.medium, pipeline.settings
        if self.split not in (ALL, split_of(pipeline.copies.get(medium, medium), settings.validation, settings.seed)):
            return False
        return self.kind is None or (verdict.origin is not None and verdict.origin[1] == self.kind)


async def export(pipeline: Pipeline, asked: Export) -> int:
    """Write the file, and what its trainer needs beside it; returns how many rows it has."""
    begin(pipeline)
    progress, settings = pipeline.progress, pipeline.settings
    elsewhere = 0
    layout = settings.layouts[asked.name]
    row_type = layout.apart[asked.kind] if layout.apart and asked.kind else form(settings, asked.name)
    with RowFile(asked.path, row_type) as file:
        async for verdict in verdicts(pipeline):
            stood = verdict.standing
            progress.tally.stood(stood.kind, stood.step, stood.reason, settings.steps)
            row = verdict.sft if asked.name == "sft" else verdict.rl
            if row is not None and asked.has(verdict, pipeline):
                file.add(row)
            elsewhere += row is not None  # where none is asked for, that tells why
        if not file.rows:
            raise SettingsError(_nothing(asked, elsewhere))
        for name, entries in layout.beside(asked.path.name).items():
            merged(asked.path.with_name(name), entries)
    return file.rows


def _nothing(asked: Export, elsewhere: int) -> str:
    """Why a file would have no rows, where the set has so many that were not asked for."""
    if not elsewhere:
        return f"no row of {asked.name} is there to export: `curate status` says where they all are"
    kind = f" about a medium of --data-type {asked.kind}" if asked.kind else ""
    return f"none of the {elsewhere:,} rows of {asked.name} is in --split {asked.split}{kind}"


def _known(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise SettingsError(f"{option}: unknown {value!r}{nearest(value, known)}")
