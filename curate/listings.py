"""What servers say of their models: which there are, and how many tokens prompt and reply may take together.

vLLM and SGLang (`max_model_len`), OpenRouter and Together (`context_length`) and llama.cpp (`meta`) say it in their
list of models; llama.cpp also at /props, Ollama only at /api/ps, and only of a model that is loaded.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from curate.errors import TransientError
from curate.posting import Answer

Get = Callable[[str], Awaitable[Answer]]
"""Gets an address of the server. Raises TransientError."""
PATH = "/models"
MOST = 10_000  # models
LONGEST = 200  # characters of a model's name
_VERSION = "/v1"
_LENGTHS = (
    ("max_model_len",),
    ("context_length",),
    ("context_window",),
    ("max_context_length",),
    ("meta", "n_ctx"),
)


async def catalogue(get: Get, base_url: str) -> list[dict[str, Any]] | None:
    """The models that a server lists; None where it gives no list. Raises TransientError."""
    answer = await get(base_url.rstrip("/") + PATH)
    try:
        return listed(answer.body) if answer.status == 200 else None
    except ValueError:
        return None


def listed(body: bytes) -> list[dict[str, Any]]:
    """The models in this list, each with its "id"; no more than anybody serves. Raises ValueError where it is none."""
    said = _json(body)
    models = said.get("data") if isinstance(said, dict) else said
    if not isinstance(models, list):
        raise ValueError("no list of models")
    return [model for model in models[:MOST] if isinstance(model, dict) and _is_name(model.get("id"))]


def entry(models: Sequence[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """The model of this name: as it is, as Gemini lists it ("models/…"), or as Ollama does ("…:latest")."""
    names = (name, f"models/{name}", f"{name}:latest")
    return next((model for model in models if model["id"] in names), None)


def length(model: dict[str, Any] | None) -> int | None:
    """Its context in tokens; None where the list does not say."""
    return next(filter(None, (_number(model, *path) for path in _LENGTHS)), None)


async def context(get: Get, base_url: str, model: dict[str, Any] | None, name: str) -> int | None:
    """The context of the model of this name, which the list shows as `model`; None where nobody says."""
    if said := length(model):
        return said
    root = base_url.rstrip("/").removesuffix(_VERSION)
    for path, read in (("/props", _slot), ("/api/ps", _loaded)):
        try:
            answer = await get(root + path)
        except TransientError:
            return None
        if answer.status == 200 and (said := read(_json(answer.body), name)):
            return said
    return None


def _is_name(said: object) -> bool:
    return isinstance(said, str) and len(said) <= LONGEST


def _slot(said: Any, _: str) -> int | None:
    return _number(said, "default_generation_settings", "n_ctx")


def _loaded(said: Any, name: str) -> int | None:
    models = said.get("models") if isinstance(said, dict) else None
    for model in models if isinstance(models, list) else ():
        if isinstance(model, dict) and model.get("name") in (name, f"{name}:latest"):
            return _number(model, "context_length")
    return None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _number(said: Any, *path: str) -> int | None:
    for key in path:
        said = said.get(key) if isinstance(said, dict) else None
    return said if type(said) is int and 0 < said < 2**40 else None
