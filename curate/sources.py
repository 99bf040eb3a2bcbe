"""Question files to raw rows: a JSON array, JSON lines or Parquet, read as a stream."""

import glob
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import ijson

from curate import hub
from curate.errors import SettingsError
from curate.words import one_line

SNIPPET = 2000  # characters kept of a line that is no JSON


class Row(NamedTuple):
    """One raw row, where it stands ("FILE:NUMBER" counted from 1), its number over all files, from 0, and its text."""

    raw: Any
    where: str
    number: int
    text: str = ""


class BrokenLine(str):
    """A line of a JSONL file that is no JSON; as much of its text as is worth keeping."""


def found(patterns: Sequence[str], base: Path) -> list[Path]:
    """The files behind the settings' names, globs and hf:// addresses, each once, in their order.

    Raises SettingsError where one of them stands for nothing.
    """
    files: dict[Path, None] = {}
    for pattern in patterns:
        if pattern.startswith(hub.SCHEME):
            files[hub.fetch(pattern)] = None
            continue
        matches = matching(pattern, base)
        if not matches:
            raise SettingsError(f"input.files: no file matches {pattern!r} (looked in {base})")
        files |= dict.fromkeys(matches)
    return list(files)


def matching(pattern: str, base: Path) -> list[Path]:
    """The file of this very name, else all files that the glob matches, sorted; `base` is no glob."""
    if (base / pattern).is_file():
        return [base / pattern]
    matches = (base / match for match in glob.glob(pattern, root_dir=base, recursive=True))
    return sorted(match for match in matches if match.is_file())


def rows(files: Sequence[Path]) -> Iterator[Row]:
    """All rows of these files, in order. Raises SettingsError where a file as a whole cannot be read."""
    total = 0
    for file in files:
        try:
            for line, raw in enumerate(_reader(file), start=1):
                yield Row(raw, f"{file.name}:{line}", total)
                total += 1
        except (OSError, UnicodeDecodeError, ijson.JSONError) as error:
            raise SettingsError(f"cannot read {file}: {one_line(str(error), 300)}") from error


def _reader(file: Path) -> Iterator[Any]:
    if file.suffix == ".parquet":
        return _parquet(file)
    with file.open("rb") as stream:
        start = stream.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if not start:
        raise SettingsError(f"{file} is empty: expected a JSON array, JSON lines or Parquet")
    if start == b"[" and file.suffix != ".jsonl":
        return _array(file)
    if start == b"{" or file.suffix == ".jsonl":
        return _lines(file)
    raise SettingsError(f"{file} is neither a JSON array, JSON lines nor Parquet")


def _array(file: Path) -> Iterator[Any]:
    """The items, read the quick way up to a number that is too large for it, and from there on by Python alone."""
    read = 0
    try:
        for raw in _items(file, ijson.items, use_float=True):
            yield raw
            read += 1
    except ijson.IncompleteJSONError as error:
        if "overflow" not in str(error):
            raise
        patient = ijson.get_backend("python").items
        yield from map(_floated, itertools.islice(_items(file, patient, use_float=False), read, None))


def _items(file: Path, items: Callable[..., Iterator[Any]], use_float: bool) -> Iterator[Any]:
    with file.open("rb") as stream:
        if stream.read(3) != b"\xef\xbb\xbf":
            stream.seek(0)
        yield from items(stream, "item", use_float=use_float)


def _floated(value: Any) -> Any:
    """The same with the floats that JSON has in Python."""
    if isinstance(value, dict):
        return {key: _floated(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_floated(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def _lines(file: Path) -> Iterator[Any]:
    with file.open(encoding="utf-8-sig", errors="surrogateescape") as stream:
        for line in stream:
            if line.strip():
                yield _line(line)


def _line(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return BrokenLine(line.strip()[:SNIPPET])


def _parquet(file: Path) -> Iterator[Any]:
    import pyarrow
    import pyarrow.parquet

    try:
        for batch in pyarrow.parquet.ParquetFile(file).iter_batches(1024):
            yield from batch.to_pylist()
    except pyarrow.ArrowException as error:
        raise SettingsError(f"cannot read {file}: {' '.join(str(error).split())}") from error
