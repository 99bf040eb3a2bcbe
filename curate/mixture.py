"""The mix of all rows, counted once: from then on its counts come from a file beside the copy of the rows."""

import hashlib
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

import curate
from curate.answers.score import PAPER, Measures
from curate.mix import Mix, Mixed, mixed
from curate.rows import Rows
from curate.workfolder import remember

VERSION = 2  # of the counts: it changes with what makes a row usable, and with a row's place in the mix


class Counts(BaseModel):
    """What is kept of a mix that was counted; `made` names the mix and the code that counted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    made: str
    there: tuple[int, ...]
    taken: tuple[int, ...]
    limits: tuple[int, ...]


def mixture(mix: Mix, files: Sequence[Path], work: Path, measures: Measures = PAPER) -> Mixed:
    """The mix of the whole input: every shard, and every limit, takes the same rows.

    Raises SettingsError where a file cannot be read, StoreError where the copy of the rows cannot be kept.
    """
    name = made(mix, measures)
    with closing(Rows(files, work)) as rows:
        if (kept := _kept(rows.counts, mix, name)) is not None:
            return kept
        found = mixed(mix, rows, measures)
        counts = Counts(made=name, there=found.there, taken=found.taken, limits=found.limits)
        remember(rows.counts, counts.model_dump_json())
        return found


def _kept(path: Path, mix: Mix, wanted: str) -> Mixed | None:
    """What was counted before; None where nothing, another mix, or what no longer can be read was."""
    try:
        counts = Counts.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    sizes = {len(counts.there), len(counts.taken), len(counts.limits)}
    if counts.made != wanted or sizes != {len(mix.groups) + 1}:
        return None
    return Mixed(mix, counts.there, counts.taken, counts.limits)


def made(mix: Mix, measures: Measures) -> str:
    """What changes with the mix and with how it is counted: 32 hex digits."""
    said = f"{VERSION} {curate.__version__} {measures} {mix.model_dump_json()}"
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
