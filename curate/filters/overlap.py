"""Overlap: what a model will be tested on must not be what it was trained on."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any, Self

from pydantic import Field, computed_field, model_validator

from curate import sources
from curate.answers.labels import unlabelled
from curate.errors import SettingsError
from curate.filter import Filter
from curate.plugin import SettingsPath
from curate.record import Record

SHA256 = re.compile(r"\\?([0-9a-f]{64})[ ][ *]\S.*")
WORD = re.compile(r"\w+")
SUMS = ".sha256"


class OverlapFilter(Filter):
    """Drops questions that an evaluation set asks, and questions about a medium that it shows.

    `files` are evaluation sets: JSON arrays, JSON lines or Parquet with the columns of the question files
    (`problem` and `options` suffice; `sha256`, where there is one, is the medium's), or lists of media as
    `sha256sum` writes them (`*.sha256`). Questions are compared by their words, without case, marks and the
    order of the options. `questions` and `media` say which of the two count.
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
        if self.media and (name := known.get(record.medium.sha256)):
            return f"medium in an evaluation set: {name}"
        if self.questions and (name := known.get(question(record.problem, record.options))):
            return f"question in an evaluation set: {name}"
        return None


@cache
def evaluated(files: tuple[Path, ...]) -> dict[str, str]:
    """{question or sha256: the file that has it}, read once. Raises SettingsError where a file cannot be read."""
    return {name: file.name for file in reversed(files) for name in _names(file)}


def _names(file: Path) -> Iterator[str]:
    if file.suffix == SUMS:
        yield from _sums(file)
        return
    found = 0
    for row in sources.rows([file]):
        for name in _in_row(row.raw):
            found += 1
            yield name
    if not found:
        raise SettingsError(f"{file}: no row has a `problem` or a `sha256`")


def _sums(file: Path) -> Iterator[str]:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise SettingsError(f"cannot read {file}: {error.strerror}") from None
    for number, line in enumerate(lines, 1):
        match = SHA256.fullmatch(line)
        if match is None:
            raise SettingsError(f"{file}, line {number}: expected what sha256sum writes, a hash and a name")
        yield match[1]


def _in_row(raw: Any) -> Iterator[str]:
    if not isinstance(raw, dict):
        return
    problem, options, sha256 = raw.get("problem"), raw.get("options") or (), raw.get("sha256")
    if isinstance(options, dict):
        options = list(options.values())
    elif isinstance(options, str):
        options = options.splitlines()
    if isinstance(problem, str) and isinstance(options, list | tuple):
        yield question(problem, [option for option in options if isinstance(option, str)])
    if isinstance(sha256, str):
        yield sha256.lower()


def question(problem: str, options: Iterable[str]) -> str:
    """What a question is compared by; wherever its options stand, in the problem's text or apart, in any order."""
    given = list(options) or inside(problem)
    texts = {plain(unlabelled(option)) for option in given}
    lines = [plain(unlabelled(line)) for line in problem.splitlines()]
    kept = [line for line in lines if line and line != "options" and line not in texts]
    return json.dumps([" ".join(kept), *sorted(texts)])


def inside(problem: str) -> list[str]:
    """The options that stand in a problem's own text: two labelled lines or more at its end."""
    lines = [line for line in problem.splitlines() if line.strip()]
    last = [*takewhile(lambda line: unlabelled(line) != line, reversed(lines))]
    return last if 1 < len(last) < len(lines) else []


def plain(text: str) -> str:
    """The words of a text in lower case, without accents of spelling, marks and white space."""
    return " ".join(WORD.findall(unicodedata.normalize("NFKC", text).casefold()))
