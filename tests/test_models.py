"""What is told of a model while it is asked."""

import asyncio

import pytest

from curate.chat import Message, Reply, Request, Text
from curate.models import telling

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
