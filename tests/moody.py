"""A server of each kind that is met: for every way of asking for JSON it keeps to it, ignores it or refuses it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from curate.structure import probe
from tests.server import Answer, completion, failure

Mood = Literal["keeps", "ignores", "refuses"]
GREETING = probe("json_schema")["messages"][0]["content"]
REFUSAL = "'response_format' of this type is not supported with this model"
TOLD = "JSON schema below"  # how a prompt begins to tell of a schema


def mode_of(body: dict[str, Any]) -> str:
    """How this body asks for JSON."""
    if "structured_outputs" in body:
        return "structured_outputs"
    return str(body.get("response_format", {"type": "text"})["type"])


def schema_of(body: dict[str, Any]) -> dict[str, Any] | None:
    """The schema in this body, or in its prompt; None where there is none."""
    if "structured_outputs" in body:
        return body["structured_outputs"]["json"]
    if mode_of(body) == "json_schema":
        return body["response_format"]["json_schema"]["schema"]
    _, told, after = said(body).partition(TOLD)
    return json.JSONDecoder().raw_decode(after, after.index("{"))[0] if told else None


def said(body: dict[str, Any]) -> str:
    """All text of the user's turn."""
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else "\n\n".join(p["text"] for p in content if p["type"] == "text")


def fitting(schema: dict[str, Any]) -> Any:
    """The simplest value of this schema."""
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return None
    if schema["type"] == "object":
        return {name: fitting(inner) for name, inner in schema["properties"].items()}
    if schema["type"] == "array":
        return [fitting(schema["items"])] * schema.get("minItems", 0)
    return {"string": "word", "number": 0.5, "boolean": True, "null": None}[schema["type"]]


@dataclass
class Moody:
    """Answers by its moods. Where nothing is enforced its model writes `prose`, or, if it is told the schema,
    `written` of a value that fits.
    """

    json_schema: Mood = "keeps"
    structured_outputs: Mood = "keeps"
    json_object: Mood = "keeps"
    refusal: Answer = field(default_factory=lambda: failure(400, REFUSAL))
    prose: str = "Hello, this is what I see."
    written: Callable[[Any], str] = lambda value: f"Sure:\n```json\n{json.dumps(value, indent=1)}\n```\nAnything else?"

    def __call__(self, body: dict[str, Any]) -> Answer:
        mood = getattr(self, mode_of(body), "ignores")
        if mood == "refuses":
            return self.refusal
        schema = schema_of(body)
        told = TOLD in said(body)
        if mood == "keeps" and schema:
            return completion(json.dumps(fitting(schema)))
        return completion(self.written(fitting(schema)) if told and schema else self.prose)


def probes(asked: list[dict[str, Any]]) -> list[str]:
    """How the probes among these bodies asked, in order."""
    return [mode_of(body) for body in asked if said(body).startswith(GREETING)]


def real(asked: list[dict[str, Any]]) -> list[str]:
    """How the others did."""
    return [mode_of(body) for body in asked if not said(body).startswith(GREETING)]
