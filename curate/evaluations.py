"""Evaluation sets given as files: which questions they ask, of which media."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from curate import sources
from curate.answers.labels import unlabelled
from curate.answers.texts import CJK
from curate.errors import SettingsError

SHA256 = re.compile(r"\\?([0-9a-f]{64})[ ][ *]\S.*")
WORD = re.compile(r"\w+")
CHINESE = re.compile(f"[{CJK}]")
SUMS = ".sha256"
BRIEF = 8  # words: "What is the person doing in the video?"


class Asked:
    """A question of an evaluation set: the first file that has it, and what it is asked about there."""

    def __init__(self, file: str, name: str) -> None:
        self.file = file
        self._media: set[str] = set()
        self._about: dict[str, set[str]] = {}
        self._anything = False
        self._brief = is_brief(name)

    def about(self, file: str, sha256: str, path: str) -> None:
        """Notes what a row asks it about: a hash, or a file by its name; neither says that it may be anything."""
        named = {sha256, _file_name(path)} - {""}
        self._media |= named
        self._anything |= not named
        self._about.setdefault(file, set()).add(path or sha256)

    def of_another(self, sha256: str, path: str) -> bool:
        """Whether its words identify nothing, and it is asked of other media only than this one."""
        if self._anything or not (self._brief or any(len(media) > 1 for media in self._about.values())):
            return False
        return not self._media & {sha256, _file_name(path)}


class Evaluated(NamedTuple):
    """What the files have: {sha256: file} and {what a question is compared by: Asked}."""

    media: dict[str, str]
    questions: dict[str, Asked]


def is_brief(name: str) -> bool:
    """Whether a question has no options and so few words that it fits many media ("What is in the picture?")."""
    words, *options = json.loads(name)
    return not options and max(len(words.split()), len(CHINESE.findall(words)) // 2) <= BRIEF


@cache
def evaluated(files: tuple[Path, ...]) -> Evaluated:
    """What evaluation sets have, read once. Raises SettingsError where a file cannot be read."""
    found = Evaluated({}, {})
    for file in files:
        _read(file, found)
    return found


def _read(file: Path, into: Evaluated) -> None:
    if file.suffix == SUMS:
        for sha256 in _sums(file):
            into.media.setdefault(sha256, file.name)
        return
    useful = False
    for row in sources.rows([file]):
        name, sha256, path = _in_row(row.raw)
        useful |= bool(name or sha256)
        if sha256:
            into.media.setdefault(sha256, file.name)
        if name:
            into.questions.setdefault(name, Asked(file.name, name)).about(file.name, sha256, path)
    if not useful:
        raise SettingsError(f"{file}: no row has a `problem` or a `sha256`")


def _file_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].casefold()


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


def _in_row(raw: Any) -> tuple[str, str, str]:
    """What a row's question is compared by, its medium's hash and its path; "" for each that it lacks."""
    if not isinstance(raw, dict):
        return "", "", ""
    problem, options = raw.get("problem"), raw.get("options") or ()
    if isinstance(options, dict):
        options = list(options.values())
    elif isinstance(options, str):
        options = options.splitlines()
    sha256, path = (said if isinstance(said := raw.get(key), str) else "" for key in ("sha256", "path"))
    if not isinstance(problem, str) or not isinstance(options, list | tuple):
        return "", sha256.lower(), path
    return question(problem, [option for option in options if isinstance(option, str)]), sha256.lower(), path


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
