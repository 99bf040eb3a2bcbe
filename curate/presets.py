"""What a known server wants: its settings, and how it is told whether and how much to think (data: presets.toml)."""

import tomllib
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from curate.checks import nearest

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""How much a model is asked to think before it answers."""
SETTINGS = ("base_url", "api_key_env", "token_limit", "video", "max_payload", "json_mode")
_WORD = "$effort"
_PLAIN = "vllm"  # whose switches are used where no preset is named


class Preset(BaseModel):
    """One kind of server, as its table in presets.toml says; what each key means stands at the top of that file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    base_url: str
    api_key_env: str | None = None
    token_limit: str | None = None
    video: str | None = None
    max_payload: float | None = None
    json_mode: str | None = None
    images: int | None = None
    reasoning: str
    thinking_on: dict[str, Any] | None = None
    thinking_off: dict[str, Any] | None = None
    effort: dict[str, Any] | None = None
    efforts: tuple[Effort, ...] = ()
    both: dict[str, Any] | None = None
    verified: str
    source: str
    note: str

    def settings(self, known: Collection[str]) -> dict[str, Any]:
        """The settings that it fills in, of those that a provider knows."""
        return {name: value for name in SETTINGS if name in known and (value := getattr(self, name)) is not None}


@cache
def presets() -> dict[str, Preset]:
    """Every preset by its name, in the order of the file."""
    text = files("curate").joinpath("presets.toml").read_text(encoding="utf-8")
    return {name: Preset.model_validate(table) for name, table in tomllib.loads(text).items()}


def named(name: object) -> Preset:
    """The preset of this name. Raises ValueError with the nearest known one."""
    if not isinstance(name, str) or name not in presets():
        raise ValueError(f"unknown preset {name!r}{nearest(str(name), presets())}")
    return presets()[name]


def filled(values: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """These settings of a model and below them those of the preset that they name. Raises ValueError."""
    return named(values["preset"]).settings(known) | dict(values) if values.get("preset") is not None else dict(values)


def switched(preset: str | None, thinking: bool | None, effort: Effort | None) -> dict[str, Any]:
    """What a request carries so that the model thinks, or does not, and how much. Raises ValueError."""
    told = named(preset or _PLAIN)
    where = f"preset {preset!r}" if preset else "a server without a preset"
    if thinking is False and effort not in (None, "none"):
        raise ValueError("thinking = false asks for no thinking, effort says how much: leave one of them out")
    if thinking and effort == "none":
        raise ValueError('thinking = true asks for thinking, effort = "none" for none: leave one of them out')
    said: dict[str, Any] = {}
    if thinking is not None:
        said |= _known(told.thinking_on if thinking else told.thinking_off, "thinking", where)
    if effort is not None:
        said = _with_effort(told, said, effort, where)
    return said


def _with_effort(told: Preset, said: dict[str, Any], effort: Effort, where: str) -> dict[str, Any]:
    template = _known(told.effort, "effort", where)
    if effort not in told.efforts:
        raise ValueError(f"{where} does not know effort = {effort!r}; known: {', '.join(told.efforts)}")
    if said and told.both is not None:
        return _put(told.both, effort)
    return merged(said, _put(template, effort))


def _known(said: dict[str, Any] | None, switch: str, where: str) -> dict[str, Any]:
    if said is None:
        raise ValueError(f"{where} has no switch for {switch}: leave it out, or say it your own way in extra_body")
    return said


def _put(template: dict[str, Any], word: str) -> dict[str, Any]:
    """The template with this word in its place."""
    return {
        key: _put(value, word) if isinstance(value, dict) else word if value == _WORD else value
        for key, value in template.items()
    }


def merged(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Both, table by table; where both have a value, theirs counts."""
    both = ours | theirs
    for key in ours.keys() & theirs.keys():
        if isinstance(ours[key], dict) and isinstance(theirs[key], dict):
            both[key] = merged(ours[key], theirs[key])
    return both
