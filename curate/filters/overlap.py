"""Overlap: what a model will be tested on must not be what it was trained on."""

from typing import Self

from pydantic import Field, computed_field, model_validator

from curate.evaluations import evaluated, question
from curate.filter import Filter
from curate.plugin import SettingsPath
from curate.record import Record


class OverlapFilter(Filter):
    """Drops questions that an evaluation set asks, and questions about a medium that it shows.

    `files` are evaluation sets: JSON arrays, JSON lines or Parquet with the columns of the question files
    (`problem` and `options` suffice; `sha256` and `path`, where there are any, are the medium's), or lists of media as
    `sha256sum` writes them (`*.sha256`). Questions are compared by their words, without case, marks and the
    order of the options; where these fit many media ("What is in the picture?") and the files say which ones they
    are about, it must be one of those. `questions` and `media` say which of the two count.
    """

    needs = ()
    unfit = True
    files: tuple[SettingsPath, ...] = Field(min_length=1)
    questions: bool = True
    media: bool = True

    @model_validator(mode="after")
    def _there(self) -> Self:
        for file in self.files:
            if not file.is_file():
                raise ValueError(f"there is no file {file}")
        evaluated(self.files)  # so that one that cannot be read stops nothing halfway
        return self

    @computed_field  # type: ignore[prop-decorator]
    @property
    def made(self) -> tuple[tuple[int, int], ...]:
        """Size and time of each file: rows are judged anew when one changes."""
        return tuple((found.st_size, found.st_mtime_ns) for found in (file.stat() for file in self.files))

    def reason(self, record: Record) -> str | None:
        """ "medium in an evaluation set: …" or "question in an evaluation set: …"."""
        known = evaluated(self.files)
        if self.media and (name := known.media.get(record.medium.sha256)):
            return f"medium in an evaluation set: {name}"
        asked = known.questions.get(question(record.problem, record.options)) if self.questions else None
        if asked is None or (self.media and asked.of_another(record.medium.sha256, record.path)):
            return None
        return f"question in an evaluation set: {asked.file}"
