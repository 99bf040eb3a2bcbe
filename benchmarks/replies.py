"""What a model would say to each stage, made ready as bytes: from reply to reply only a number and the order differ.

A question may name the answer that it is to get, as `asking` writes it; without that it is "A". Of a hundred
revisions four break a rule of the filters, each another one.
"""

import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

Parts = tuple[bytes, ...]  # a whole HTTP answer, cut where its number goes

STAGES = {b"are a": "caption", b"answer": "draft", b"check": "revise"}
ANSWER = "A"
VARIANTS = 7
DIGITS = 8
_MARK = "#" * DIGITS
_OPENING = re.compile(rb'"content":\s*"You (are a|answer|check)')
_ASKED = re.compile(rb"\(say: ([^)]*)\)")
_NUMBER = re.compile(rb'"answer":\s*\{[^}]*"type":\s*"number"')
_SHAPE = re.compile(rb'"json_schema":.{0,200}?"name":\s*"([^"]*)"', re.DOTALL)
_COUNT = re.compile(rb'"minItems":\s*(\d+)')

_BEGIN = f"Alright, this is my thought number {_MARK}, so let me watch the whole thing in my mind before I say a word."
_THOUGHTS = (
    "In the middle a bright square drifts slowly towards the right edge, and nothing else seems to hurry.",
    "Behind it the ground stays grey and even, which makes every small change easy to notice.",
    "Hmm, at first I believed that there were two shapes, but the second one is only a shadow of the first.",
    "Near the top a row of dark and light cells keeps switching, as if somebody were counting along.",
    "What does the question really want from me: a name, an amount, or just which of the choices fits?",
    "Wait, I should look again at the left side, because that is where things were calm all the time.",
    "Yes, the left side remains empty, so whatever matters must be happening where the square is heading.",
    "The movement is steady, without a jump, and it does not turn around before everything is over.",
    "If the other choice were true, there would have to be stillness, and that is clearly not so.",
    "Colours do not help much here, since nearly everything is a shade of grey apart from the cells.",
    "Comparing the beginning with the end, the square has travelled about a third of the way across.",
    "Could I have been fooled by the edges of the picture? They are sharp, so I do not think so.",
    "All of that points the same way, and nothing that I can see speaks against it.",
)
_END = "Thus I am fairly sure, and having doubted it twice I stay with what I saw."
_FLAWS: dict[int, Callable[[str], str]] = {
    11: lambda text: f"{text} The caption says so, too.",
    36: lambda text: text[: text.rindex(" ")],
    61: lambda text: f"Thought {_MARK} was short.",
    86: lambda text: " ".join([text] + ["It moves on and on and on, always in that same old direction."] * 6),
}
_PHRASES = ("a bright square", "a dark cell", "a grey field", "a thin shadow", "an even edge")
_SENTENCES = {
    "video_caption": f"Take {_MARK}: a bright square moves from left to right over an even grey field, under a row of "
    "cells that switch between black and white.",
    "image_caption": f"Take {_MARK}: a plain coloured field fills the whole picture evenly, without any visible "
    "object, person or writing on it, in flat and steady light.",
    "caption": f"The square of take {_MARK} stands a little further to the right, and the cells above it have changed.",
    "timestamp": "00:00:00",
}


def asking(answer: str) -> str:
    """What a question says so that this answer is given; it must hold no closing bracket."""
    return f"(say: {answer})"


def stage_of(body: bytes) -> str | None:
    """Which stage sent this body: each has its own system prompt; None for what is no stage's."""
    found = _OPENING.search(body)
    return STAGES[found[1]] if found else None


def reply(stage: str, body: bytes, number: int) -> bytes:
    """The whole HTTP answer to this body. `number` makes it differ from the others."""
    return (b"%0*d" % (DIGITS, number)).join(_PARTS[stage](body, number))


def _captioned(body: bytes, _: int) -> Parts:
    shape = _SHAPE.search(body, max(body.rfind(b'"json_schema"'), 0))
    count = _COUNT.search(body, max(body.rfind(b'"minItems"'), 0))
    key = (shape[1] if shape else b"", count[1] if count else b"")
    if key not in _CAPTIONS:
        schema = json.loads(body)["response_format"]["json_schema"]["schema"]
        _CAPTIONS[key] = _answer(content=json.dumps(_filled(schema, "", 0)))
    return _CAPTIONS[key]


def _drafted(body: bytes, number: int) -> Parts:
    asked = _ASKED.search(body, max(body.rfind(b"(say: "), 0))
    answer = json.loads(b'"%b"' % asked[1]) if asked else ANSWER
    return _draft(number % VARIANTS, answer, b'"response_format"' in body, bool(_NUMBER.search(body)))


def _revised(body: bytes, number: int) -> Parts:
    flaw = number % 100 if number % 100 in _FLAWS else None
    return _revision(number % VARIANTS, flaw, b'"response_format"' in body)


@cache
def _draft(variant: int, answer: str, structured: bool, number: bool) -> Parts:
    thinking = _thinking(variant)
    if structured:
        said = json.loads(answer) if number else answer
        return _answer(content=json.dumps({"thinking": thinking, "answer": said}, ensure_ascii=False))
    return _answer(content=f"So it is <answer>{answer}</answer>", reasoning_content=thinking)


@cache
def _revision(variant: int, flaw: int | None, structured: bool) -> Parts:
    thinking = _thinking(variant).replace("drifts slowly", "slides slowly")
    if flaw is not None:
        thinking = _FLAWS[flaw](thinking)
    return _answer(content=json.dumps({"thinking": thinking}) if structured else f"<think>{thinking}</think>")


def _thinking(variant: int) -> str:
    """About 1.5 KB: the same thoughts, begun elsewhere."""
    return " ".join([_BEGIN, *_THOUGHTS[variant:], *_THOUGHTS[:variant], _END])


def _filled(schema: dict[str, Any], name: str, index: int) -> Any:
    """A value that fits this JSON schema; `name` is its key and `index` its place among others of the kind."""
    if "anyOf" in schema:
        return _filled(schema["anyOf"][0], name, index)
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "object":
        return {key: _filled(inner, key, index + i) for i, (key, inner) in enumerate(schema["properties"].items())}
    if schema["type"] == "array":
        count = 4 if schema["items"].get("type") == "number" else 1
        return [_filled(schema["items"], name, index + i) for i in range(schema.get("minItems", count))]
    plain = {"number": 0.25, "integer": 1, "boolean": True, "null": None}
    if schema["type"] in plain:
        return plain[schema["type"]]
    return _SENTENCES.get(name) or _PHRASES[index % len(_PHRASES)]


def _answer(**message: str) -> Parts:
    """A chat completion with this message, as HTTP."""
    tokens = sum(map(len, message.values())) // 4
    usage = {"prompt_tokens": 1000, "completion_tokens": tokens, "total_tokens": 1000 + tokens}
    choice = {"index": 0, "message": {"role": "assistant"} | message, "finish_reason": "stop"}
    said = {"id": f"chatcmpl-{_MARK}", "object": "chat.completion", "created": 1, "model": "loopback"}
    body = json.dumps(said | {"choices": [choice], "usage": usage}, ensure_ascii=False).encode()
    return _cut(http(200, body))


def http(status: int, body: bytes, *headers: str) -> bytes:
    """A whole HTTP answer that keeps the connection."""
    lines = (f"HTTP/1.1 {status} -", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join([*lines, "", ""]).encode() + body


def _cut(whole: bytes) -> Parts:
    return tuple(whole.split(_MARK.encode()))


def failure(status: int, *headers: str) -> bytes:
    """An error in OpenAI's form, as HTTP."""
    return http(status, json.dumps({"error": {"message": "a fault on purpose", "type": "error"}}).encode(), *headers)


_CAPTIONS: dict[tuple[bytes, bytes], Parts] = {}
_PARTS: dict[str, Callable[[bytes, int], Parts]] = {"caption": _captioned, "draft": _drafted, "revise": _revised}
FAULTS: Sequence[bytes | None] = (failure(429, "Retry-After: 0"), failure(503, "Retry-After: 0"), None)  # hangs up
