"""Finds `prompts/`, `schemas/` and `examples/`: inside the package when installed, else in the checkout."""

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
    """A prompt with its `$fields` filled in; a missing field is a KeyError, braces mean nothing."""
    return Template(text("prompts", name)).substitute(fields)
