"""What is told of a model while it is asked."""

import asyncio
import resource

import pytest

from curate.chat import Message, Reply, Request, Text
from curate.models import fitting, telling

ASKED = Request("draft", (Message("user", (Text("q"),)),), 10)
TOLD = "m's server tells no tokens: they are guessed from the length of the texts"


@pytest.mark.parametrize(
    ("guessed", "notices"),
    [([False, True, True, False, True], [TOLD]), ([False, False], [])],
)
def test_guessed_tokens_are_told_once(guessed, notices):
    replies = [Reply(text="yes", guessed=guess) for guess in guessed]
    left, said = iter(replies), []

    async def ask(_: Request) -> Reply:
        return next(left)

    async def go() -> list[Reply]:
        told = telling(ask, "m", said.append)
        return [await told(ASKED) for _ in guessed]

    assert asyncio.run(go()) == replies
    assert said == notices


@pytest.mark.parametrize(
    ("files", "wished", "found"),
    [(250, [100, 100], [100, 100]), (150, [100, 100], [50, 50]), (90, [120, 30], [32, 8]), (10, [64, 1], [1, 1])],
)
def test_requests_at_once_leave_room_for_the_other_files(monkeypatch, files, wished, found):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    said: list[str] = []
    widths = fitting({str(n): width for n, width in enumerate(wished)}, said.append)
    assert list(widths.values()) == found
    assert len(said) == (found != wished)
