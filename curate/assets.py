"""Finds `prompts/`, `schemas/` and `examples/`: inside the package when installed, else in the checkout."""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template


@cache
def folder(kind: str) -> Traversable:
    """The top folder of this kind of asset ("prompts", "schemas", "examples")."""
    packed = files("curate") / kind
    return packed if packed.is_dir() else Path(__file__).parent.parent / kind


@cache
def text(kind: str, name: str) -> str:
    """The text of one asset; `name` is its path below the kind's folder. Raises FileNotFoundError."""
    return folder(kind).joinpath(*name.split("/")).read_text(encoding="utf-8").strip()


def prompt(name: str, fields: dict[str, str]) -> str:
    """A prompt with its `$fields` filled in."""
    return fill(text("prompts", name), fields)


def fill(template: str, fields: dict[str, str]) -> str:
    """The template with its `$fields` filled in; a missing field is a KeyError, braces mean nothing."""
    return _format(template) % fields


@cache
def _format(template: str) -> str:
    """The template as a format of Python's own, which is filled in a fraction of the time."""
    made = Template(template.replace("%", "%%"))
    return made.substitute({name: f"%({name})s" for name in made.get_identifiers()})


def digest(kind: str, name: str) -> str:
    """The first 12 hex digits of the SHA-256 over all files below `name`, with their names, in order."""
    total = hashlib.sha256()
    for path, body in sorted(_below(folder(kind).joinpath(name), "")):
        total.update(f"{path}\n{body}\n".encode())
    return total.hexdigest()[:12]


def _below(place: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for entry in place.iterdir():
        name = f"{path}/{entry.name}"
        if entry.is_dir():
            yield from _below(entry, name)
        else:
            yield name, entry.read_text(encoding="utf-8")
