"""Values into models: every mistake is one line that names the key and says what is known."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from curate.errors import SettingsError
from curate.words import one_line

M = TypeVar("M", bound=BaseModel)
MOST, LONGEST = 50, 80  # known names that are told, and characters of each: some come from the rows


def checked(
    cls: type[M],
    values: Mapping[str, Any],
    where: str,
    base: Path | None = None,
    beside: tuple[str, ...] = (),
) -> M:
    """The model of these values, or a SettingsError that names the key in one line."""
    try:
        return cls.model_validate(values, context={"base": base})
    except ValidationError as error:
        raise SettingsError(explained(error, cls, where, beside)) from None


def explained(error: ValidationError, cls: type[BaseModel], where: str, beside: tuple[str, ...] = ()) -> str:
    """The first fault in one line. Values are left out: one of them may be a key pasted in by mistake."""
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    path = [str(part) for part in fault["loc"]]
    key = ".".join([where, *path]) if where else ".".join(path)
    if fault["type"] == "extra_forbidden":
        known = [*_keys(cls, path[:-1]), *(beside if len(path) == 1 else ())]
        return f"unknown key {key!r}{nearest(path[-1], known)}"
    if fault["type"] == "missing":
        return f"{key} is missing"
    if fault["type"] == "tuple_type":
        return f"{key}: expected a list"
    if fault["type"] == "too_short":
        return f"{key} must not be empty"
    return f"{key}: {fault['msg'].removeprefix('Value error, ')}"


def nearest(name: str, known: Any) -> str:
    """ "; did you mean …?", or the list of what is known where nothing is near."""
    choices = sorted(str(k) for k in known)
    close = get_close_matches(name, choices, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    listed = [one_line(choice, LONGEST) for choice in choices[:MOST]] + ["…"] * (len(choices) > MOST)
    return f"; known: {', '.join(listed)}" if choices else ""


def _keys(cls: type[BaseModel], path: list[str]) -> list[str]:
    """The keys that may stand at this path below the model."""
    for part in path:
        inner = cls.model_fields[part].annotation if part in cls.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        cls = inner
    return list(cls.model_fields)
