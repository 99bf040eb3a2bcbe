"""Where a reply keeps its thinking: in a field of its message, or in tags within its text.

`reasoning_content` is DeepSeek's, and that of SGLang, LMDeploy and llama.cpp; `reasoning` that of vLLM, OpenRouter,
Together and Ollama. OpenRouter may tell it in pieces only (`reasoning_details`), and Gemini writes a summary of it into
the text, between <thought> tags. Others leave <think> in the text, which is the stages' to read (`curate.tags`).
"""

import json
import re
from collections.abc import Mapping
from typing import Any

FIELDS = ("reasoning_content", "reasoning")
HIDDEN = "hidden"
_DETAILS = "reasoning_details"
_PIECES = ("text", "summary")  # of such a detail; what is encrypted cannot be read
_TAGGED = re.compile(r"\s*<thought>(.*?)</thought>\s*", re.DOTALL)


def text(said: object) -> str:
    """The text of a message: as it is or in parts; halves of surrogate pairs become "?". Raises ValueError."""
    if isinstance(said, list):
        said = "".join(text(part.get("text")) for part in said if isinstance(part, dict))
    if said is not None and not isinstance(said, str):
        raise ValueError(f"expected text, found {type(said).__name__}")
    return (said or "").encode("utf-8", "replace").decode()


def apart(message: Mapping[str, Any]) -> tuple[str, str]:
    """The text of this message and its thinking, "" where it tells none. Raises ValueError."""
    said, (_, thinking) = text(message.get("content")), _told(message)
    tagged = None if thinking else _TAGGED.match(said)
    return (said[tagged.end() :], tagged[1].strip()) if tagged else (said, thinking)


def place(body: bytes) -> str:
    """Where this reply tells its thinking: a field or tags; HIDDEN where it is only counted, "" where there is none."""
    try:
        said = json.loads(body)
        message = said["choices"][0]["message"]
        field, content = _told(message)[0], text(message.get("content"))
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return ""
    if field:
        return field
    for tag in ("thought", "think"):
        if f"</{tag}>" in content or content.lstrip().startswith(f"<{tag}>"):
            return f"<{tag}> tags in its text"
    return HIDDEN if _counted(said) else ""


def _told(message: Mapping[str, Any]) -> tuple[str, str]:
    """The field that holds the thinking, and the thinking."""
    for name in FIELDS:
        if found := text(message.get(name)):
            return name, found
    found = "".join(_pieces(message.get(_DETAILS)))
    return (_DETAILS, found) if found else ("", "")


def _pieces(details: object) -> list[str]:
    rows = [row for row in details if isinstance(row, dict)] if isinstance(details, list) else []
    return [text(row[name]) for row in rows for name in _PIECES if isinstance(row.get(name), str)]


def _counted(said: Any) -> bool:
    """Whether the server counted tokens of a thinking."""
    usage = said.get("usage")
    details = usage.get("completion_tokens_details") if isinstance(usage, dict) else None
    count = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return isinstance(count, int | float) and count > 0
