"""The ways to ask a server for JSON of a schema, and what a model must then be told in words."""

from dataclasses import replace
from typing import Any, Literal, get_args

from curate import assets
from curate.chat import CLOSE, Message, Request, Schema, Text

Mode = Literal["json_schema", "structured_outputs", "json_object", "text"]
MODES: tuple[Mode, ...] = get_args(Mode)
ENFORCED: tuple[Mode, ...] = MODES[:2]  # the server itself sees to it that a reply fits


def asking(schema: Schema | None, mode: Mode) -> dict[str, Any]:
    """The fields of a body that ask for JSON of this schema; none where there is none."""
    if not schema or mode == "text":
        return {}
    if mode == "structured_outputs":
        return {"structured_outputs": {"json": schema.body}}
    if mode == "json_object":
        return {"response_format": {"type": "json_object"}}
    shape = {"name": schema.name, "schema": schema.body, "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": shape}}


def worded(request: Request, mode: Mode) -> tuple[Message, ...]:
    """The messages of this request with all that must be said in words: a schema that nobody enforces, and a fault.

    Both stand at the very end: what requests have in common stays in front, where a server finds it in its cache.
    """
    notes = []
    if request.schema and mode not in ENFORCED:
        notes.append(assets.prompt("json.md", {"schema": CLOSE.encode(request.schema.body)}))
    if request.fault:
        notes.append(assets.prompt("again.md", {"fault": request.fault}))
    if not notes:
        return request.messages
    *before, last = request.messages
    return (*before, replace(last, parts=(*last.parts, *map(Text, notes))))
