"""The wire form of a request and of its reply: OpenAI's chat completions, as bytes of JSON."""

import json
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from curate.chat import CHARACTERS, REFUSAL, Media, Message, Reply, Request, Text
from curate.errors import TransientError
from curate.modes import Mode, asking, worded
from curate.thoughts import apart, text
from curate.transport import Load

_DATA = "data:"
_json = json.JSONEncoder(separators=(",", ":")).encode


def written(
    request: Request,
    loads: Mapping[Media, Load],
    said: Mapping[str, Any],
    extra: Mapping[str, Any],
    mode: Mode = "json_schema",
) -> bytes:
    """The body of this request; JSON is asked for in this mode.

    `loads` holds every medium of the request, made ready. `said` is what stands beside the messages (the
    model at least), `extra` what the user and the transport add to it: a value of `extra` counts first.
    """
    fields = _json({**said, **asking(request.schema, mode), **_sampling(request), **extra})
    if "messages" in extra:
        return fields.encode()
    pieces = [piece for message in worded(request, mode) for piece in (b",", *_message(message, loads))]
    return b"".join((b'{"messages":[', *pieces[1:], b"],", fields[1:].encode()))


def _sampling(request: Request) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if request.temperature is not None:
        said["temperature"] = request.temperature
    if request.top_p is not None:
        said["top_p"] = request.top_p
    if request.seed is not None:
        # Asking again with the same seed would bring the same reply again.
        said["seed"] = request.seed + request.attempt + 1000 * request.sample
    return said


def _message(message: Message, loads: Mapping[Media, Load]) -> Iterator[bytes]:
    """The pieces of its JSON: joined once, at the very end, for pictures are large."""
    texts = [part.text for part in message.parts if isinstance(part, Text)]
    if len(texts) == len(message.parts):
        yield _json({"role": message.role, "content": "\n\n".join(texts)}).encode()
        return
    yield f'{{"role":{_json(message.role)},"content":'.encode()
    opening = b"["
    for part in message.parts:
        for said in [{"type": "text", "text": part.text}] if isinstance(part, Text) else loads[part].parts:
            yield opening
            yield _part(said)
            opening = b","
    yield b"]}"


def _part(part: dict[str, Any]) -> bytes:
    kind = part["type"]
    url = part[kind]["url"] if kind != "text" else ""
    if not url.startswith(_DATA):
        return _json(part).encode()
    # Base64 needs no escaping, and looking for what does takes longer than all else about a picture.
    return f'{{"type":"{kind}","{kind}":{{"url":"{url}"}}}}'.encode("ascii")


def read(body: bytes) -> Reply:
    """The reply in this body. Raises TransientError where it is no chat completion.

    What stands beside the text (counts, names) is taken where it makes sense: it never costs a reply
    that is paid for.
    """
    try:
        said = table(json.loads(body), "a completion")
        choice = table(_first(said.get("choices")), "a choice")
        message = table(choice.get("message"), "a message")
        content, reasoning = apart(message)
        refusal = "" if content.strip() else _refusal(message)
        return Reply(
            text=refusal or content,
            reasoning=reasoning,
            finish=REFUSAL if refusal else _finish(choice.get("finish_reason")),
            model=name(said.get("model")),
            prompt_tokens=count(said, "usage", "prompt_tokens"),
            completion_tokens=count(said, "usage", "completion_tokens"),
            cached_tokens=count(said, "usage", "prompt_tokens_details", "cached_tokens"),
        )
    except (ValueError, RecursionError) as error:
        raise TransientError(f"the server's reply is no chat completion: {error}") from None


def counted(reply: Reply, request: Request) -> Reply:
    """The reply to this request with its tokens guessed where the server told none: no limit holds for a count of 0."""
    return guessed(reply, request.prompt_guess)


def guessed(reply: Reply, guess: float) -> Reply:
    """The same, where the prompt may have taken so many tokens."""
    prompt = reply.prompt_tokens or ceil(guess)
    completion = reply.completion_tokens or ceil(len(reply.text + reply.reasoning) / CHARACTERS)
    if (prompt, completion) == (reply.prompt_tokens, reply.completion_tokens):
        return reply
    return reply.model_copy(update={"prompt_tokens": prompt, "completion_tokens": completion, "guessed": True})


def table(said: Any, what: str) -> dict[str, Any]:
    """This JSON object. Raises ValueError where it is none."""
    if not isinstance(said, dict):
        raise ValueError(f"expected {what}, found {type(said).__name__}")
    return said


def _first(choices: Any) -> Any:
    if not isinstance(choices, list) or not choices:
        raise ValueError("expected choices, found none")
    return choices[0]


def _refusal(message: Mapping[str, Any]) -> str:
    """The words in which a model refuses: in a field of its message, or in a part of the content."""
    content = message.get("content")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    said = [place.get("refusal") for place in (message, *parts)]
    return " ".join(text(words) for words in said if isinstance(words, str)).strip()


def _finish(reason: Any) -> str:
    if reason is not None and not isinstance(reason, str):
        raise ValueError(f"expected a finish reason, found {type(reason).__name__}")
    return text(reason) or "stop"


def name(model: Any) -> str:
    """A model's name; "" where the server says none."""
    return text(model) if isinstance(model, str) else ""


def count(usage: Any, *path: str) -> int:
    """A number of tokens; 0 where the server says nothing sensible."""
    for key in path:
        usage = usage.get(key) if isinstance(usage, dict) else None
    makes_sense = type(usage) in (int, float) and 0 <= usage < 2**63 and usage == int(usage)
    return int(usage) if makes_sense else 0
