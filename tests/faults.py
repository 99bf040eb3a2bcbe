"""What a server does wrong, and when: rules that answer a request in place of the model."""

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Protocol

from tests.server import Answer, completion, failure


@dataclass
class Asked:
    """One request: what it asks, when it came and left (monotonic seconds), and how it was answered.

    `number` counts all requests from 1. It is what the reply gives as `prompt_tokens`, so that a reply
    in a journal can be told from another with the same words. `digest` names the body, `nth` counts how
    often that body came. `bought` says that a completion was sent to its last byte.
    """

    number: int
    digest: str
    nth: int
    stage: str
    model: str
    text: str
    at: float
    outcome: str = ""
    bought: bool = False
    left: float | None = None


@dataclass(frozen=True)
class Wire:
    """What goes over the connection: these bytes (None: nothing, for ever), closed behind them or kept."""

    name: str
    data: bytes | None
    close: bool = False
    paid: bool = False


class Rule(Protocol):
    """Answers a request in place of the model, or leaves it alone (None)."""

    def __call__(self, asked: Asked, body: dict[str, Any]) -> Wire | None: ...


def wired(answer: Answer, asked: Asked, name: str = "") -> Wire:
    """This answer as HTTP; a completion carries the request's number."""
    paid = answer.status == 200 and isinstance(answer.body, dict)
    if isinstance(answer.body, dict):
        told = answer.body | ({"usage": answer.body["usage"] | {"prompt_tokens": asked.number}} if paid else {})
        data = json.dumps(told).encode()
    else:
        data = answer.body
    headers = {"Content-Type": "application/json", "Content-Length": str(len(data)), **answer.headers}
    head = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
    head += "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    return Wire(name or str(answer.status), head.encode() + b"\r\n" + data, paid=paid)


def date(seconds: int) -> str:
    """An HTTP date that lies so many seconds ahead, or up to one less."""
    return formatdate(int(time.time()) + seconds, usegmt=True)


PAGE = Answer(b"<html><body><h1>502 Bad Gateway</h1></body></html>", 502, {"Content-Type": "text/html"})

ANSWERS: dict[str, Callable[[], Answer]] = {
    "429": lambda: failure(429, "slow down"),
    "429, Retry-After: 0": lambda: failure(429, "slow down", Retry_After="0"),
    "429, Retry-After: 1": lambda: failure(429, "slow down", Retry_After="1"),
    "429, Retry-After: date": lambda: failure(429, "slow down", Retry_After=date(2)),
    "500": lambda: failure(500, "the engine stumbled"),
    "502": lambda: PAGE,
    "503": lambda: failure(503, "overloaded"),
    "504": lambda: Answer(b"", 504),
    "invalid JSON": lambda: Answer(b'{"id": "c", "choices": [{"index": 0, "mess'),
    "HTML": lambda: Answer(PAGE.body, 200, {"Content-Type": "text/html"}),
    "cut": lambda: completion("So it is", finish="length", reasoning_content="Let me"),
    "empty": lambda: completion(""),
    "null": lambda: completion(None),
    "misfit": lambda: completion(json.dumps({"video_caption": 5, "frames": "none"})),
}
FAULTS = ("hangs", "drops", "half sent", *ANSWERS)


def fault(name: str, asked: Asked) -> Wire:
    """This fault, as an answer to this request."""
    if name == "hangs":
        return Wire(name, None)
    if name == "drops":
        return Wire(name, b"", close=True)
    if name == "half sent":
        whole = wired(completion("So it is <answer>A</answer>"), asked)
        assert whole.data is not None
        return Wire(name, whole.data[:-20], close=True)
    return wired(ANSWERS[name](), asked, name)


class Chance:
    """Faults at this rate, mixed. The same body meets the same fault at its nth time, in whatever order."""

    def __init__(self, rate: float, seed: int, names: tuple[str, ...] = FAULTS) -> None:
        self._rate, self._seed, self._names = rate, seed, names

    def __call__(self, asked: Asked, _: dict[str, Any]) -> Wire | None:
        dice = random.Random(f"{self._seed} {asked.digest} {asked.nth}")
        return fault(dice.choice(self._names), asked) if dice.random() < self._rate else None


class Poison:
    """Every request whose text holds the marker meets this fault."""

    def __init__(self, marker: str, name: str) -> None:
        self._marker, self._name = marker, name

    def __call__(self, asked: Asked, _: dict[str, Any]) -> Wire | None:
        return fault(self._name, asked) if self._marker in asked.text else None


class Said:
    """What this stage asks about the marker meets these answers, one after the other, and then the model."""

    def __init__(self, stage: str, marker: str, *answers: Callable[[], Answer]) -> None:
        self._stage, self._marker, self._answers = stage, marker, answers

    def __call__(self, asked: Asked, _: dict[str, Any]) -> Wire | None:
        if asked.stage != self._stage or self._marker not in asked.text or asked.nth > len(self._answers):
            return None
        return wired(self._answers[asked.nth - 1](), asked)


def answered(asked: list[Asked], outcome: str) -> Iterator[Asked]:
    """Those that were answered so; a name stands for all that begin with it."""
    return (one for one in asked if one.outcome.startswith(outcome))
