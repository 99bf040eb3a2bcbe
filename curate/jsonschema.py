"""JSON schemas of what a model is asked to return, as every known server accepts them."""

import json
import re
from typing import Any

from curate import assets
from curate.record import Output
from curate.repairs import repaired

FENCE = "```"
OBJECT = re.compile(r"""\{\s*["'“]""")
BRACE = re.compile(r"\{")
MORE = re.compile(r"\s*[]},:]")


def generated(output: type[Output]) -> dict[str, Any]:
    """The schema of this output: no titles, no references, nothing optional, nothing extra."""
    schema = output.model_json_schema()
    definitions = schema.pop("$defs", {})
    flat: dict[str, Any] = _flat(schema, definitions)
    return flat


def checked_in(name: str) -> dict[str, Any]:
    """A fresh copy of `schemas/NAME.json`, for a request to narrow."""
    schema: dict[str, Any] = json.loads(assets.text("schemas", f"{name}.json"))
    return schema


def written(schema: dict[str, Any]) -> str:
    """The text of a checked-in schema."""
    return json.dumps(schema, indent=2) + "\n"


def loaded(text: str, **options: Any) -> Any:
    """The JSON value that a model wrote. Raises ValueError.

    Raw control characters in strings are forgiven, and a fence around all of it. Of any other text it is the one
    JSON object in it: behind a thinking, among words, with faults that can be put right (`curate.repairs`).
    `options` are those of `json.JSONDecoder`.
    """
    decoder = json.JSONDecoder(strict=False, **options)
    try:
        try:
            value = decoder.decode(unfenced(text))
        except ValueError:
            value = _object(text.rpartition("</think>")[2], decoder)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half a character would break what is written later
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None
    return value


def _object(text: str, decoder: json.JSONDecoder) -> Any:
    """The one JSON object in this text, repaired if need be."""
    begins = OBJECT.search(text) or BRACE.search(text)
    if not begins:
        raise ValueError("no JSON object in the reply")
    start = begins.start()
    try:
        value, end = decoder.raw_decode(text, start)
    except ValueError as error:
        fence = text.rfind(FENCE, start)
        stop = text.rfind("}", start, fence if fence > 0 else len(text)) + 1
        return decoder.decode(_repaired(text[start:stop], error))
    if MORE.match(text, end) or OBJECT.search(text, end):
        raise ValueError("more JSON behind the end of the object")
    return value


def _repaired(text: str, fault: ValueError) -> str:
    try:
        return json.dumps(repaired(text))
    except ValueError as error:
        raise ValueError(f"{error}: {fault}") from None


def unfenced(text: str) -> str:
    """The text without the Markdown fence that some models put around JSON."""
    body = text.strip()
    if len(body) < 2 * len(FENCE) or not (body.startswith(FENCE) and body.endswith(FENCE)):
        return text
    body = body[len(FENCE) : -len(FENCE)]
    return (body[4:] if body[:4].lower() == "json" else body).strip()


def _flat(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_flat(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _flat(definitions[node["$ref"].rpartition("/")[2]], definitions)
    kept = {k: v for k, v in node.items() if k != "default" and not (k == "title" and isinstance(v, str))}
    flat = {key: _flat(value, definitions) for key, value in kept.items()}
    if flat.get("type") == "object" and "properties" in flat:
        flat |= {"required": list(flat["properties"]), "additionalProperties": False}
    return flat
