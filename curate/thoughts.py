"""Where a reply keeps its thinking: in a field of its message, or in tags within its text.

`reasoning_content` is DeepSeek's, and that of SGLang, LMDeploy and llama.cpp; `reasoning` that of vLLM, OpenRouter,
Together and Ollama. OpenRouter may tell it in pieces only (`reasoning_details`), Mistral as a part of the content, and
Gemini writes a summary of it into the text, between <thought> tags. Other models have tags of their own; of all of them
<think> alone is left in the text, for it is the stages' to read (`curate.tags`).
"""

import json
import re
from collections.abc import Mapping
from typing import Any

FIELDS = ("reasoning_content", "reasoning")
HIDDEN = "hidden"
_DETAILS = "reasoning_details"
_PIECES = ("text", "summary")  # of such a detail; what is encrypted cannot be read
_PARTS = ("thinking", "reasoning")  # of the content, by the type that each has
_OPEN = r"<(?P<tag>think|thinking|thought|reasoning|seed:think)>|(?P<bullet>◁)think▷|(?P<square>\[)THINK\]"
_CLOSE = r"</(?:think|thinking|thought|reasoning|seed:think)>|◁/think▷|\[/THINK\]"
_TAGGED = re.compile(
    rf"\s*(?:{_OPEN})(?P<thinking>.*?)(?:(?(tag)</(?P=tag)>|(?(bullet)◁/think▷|\[/THINK\])))\s*",
    re.DOTALL | re.IGNORECASE,
)
_OPENED = re.compile(_OPEN, re.IGNORECASE)
_CLOSED = re.compile(_CLOSE, re.IGNORECASE)
_DATA = ("{", "[", "```")  # what a record begins with: a tag in it is what somebody wrote in the medium
OWN = ("<think>", "</think>")
UNCLOSED = "the thinking in the reply is never closed"


def text(said: object) -> str:
    """The text of a message: as it is or in parts; halves of surrogate pairs become "?". Raises ValueError."""
    if isinstance(said, list):
        parts = (part for part in said if isinstance(part, dict) and part.get("type") not in _PARTS)
        said = "".join(text(part.get("text")) for part in parts)
    if said is not None and not isinstance(said, str):
        raise ValueError(f"expected text, found {type(said).__name__}")
    return (said or "").encode("utf-8", "replace").decode()


def apart(message: Mapping[str, Any]) -> tuple[str, str]:
    """The text of this message and its thinking, "" where it tells none. Raises ValueError."""
    said, (_, thinking) = text(message.get("content")), _told(message)
    return (said, thinking) if thinking else _untagged(said)


def _untagged(said: str) -> tuple[str, str]:
    """A text without the thinking that it begins with, between other tags than <think>, and that thinking.

    Several that follow one another are one. Some servers leave out the opening tag, since it is the last of the prompt.
    """
    found, rest = [], said
    while (tagged := _TAGGED.match(rest)) and not _own(tagged):
        found.append(tagged["thinking"].strip())
        rest = rest[tagged.end() :]
    if not found and (closing := _alone(said)):
        found, rest = [said[: closing.start()].strip()], said[closing.end() :].lstrip()
    return rest, "\n\n".join(filter(None, found))


def _own(tagged: re.Match[str]) -> bool:
    """Whether the tags are those of the format, which the stages read."""
    return tagged["tag"] == "think" and tagged[0].rstrip().endswith("</think>")


def _alone(said: str) -> re.Match[str] | None:
    """The closing tag, other than </think>, of a thinking that was never opened."""
    closing = None if said.lstrip().startswith(_DATA) else _CLOSED.search(said)
    return None if closing is None or closing[0] in OWN or _OPENED.search(said, 0, closing.start()) else closing


def unclosed(said: str) -> bool:
    """Whether a text begins with a thinking that never ends."""
    return bool(_OPENED.match(said.lstrip())) and not _CLOSED.search(said)


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
    tag = _alone(content) or _OPENED.match(content.lstrip())
    if tag or OWN[1] in content:
        return f"{tag[0].replace('/', '') if tag else OWN[0]} tags in its text"
    return HIDDEN if _counted(said) else ""


def _told(message: Mapping[str, Any]) -> tuple[str, str]:
    """The field that holds the thinking, and the thinking."""
    for name in FIELDS:
        if found := text(message.get(name)):
            return name, found
    if found := "".join(_pieces(message.get(_DETAILS))):
        return _DETAILS, found
    if found := _parted(message.get("content")):
        return "thinking parts of its content", found
    return "", ""


def _parted(content: object) -> str:
    """The thinking among the parts of a content."""
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    thoughts = [part for part in parts if part.get("type") in _PARTS]
    return "".join(text(part.get(part["type"], part.get("text"))) for part in thoughts)


def _pieces(details: object) -> list[str]:
    rows = [row for row in details if isinstance(row, dict)] if isinstance(details, list) else []
    return [text(row[name]) for row in rows for name in _PIECES if isinstance(row.get(name), str)]


def _counted(said: Any) -> bool:
    """Whether the server counted tokens of a thinking."""
    usage = said.get("usage")
    details = usage.get("completion_tokens_details") if isinstance(usage, dict) else None
    count = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return isinstance(count, int | float) and count > 0
