"""The scripted provider: says what it is told to, in turn."""

import asyncio

import pytest

from curate.chat import Message, Request, Text
from curate.errors import RefusedError
from curate.providers.scripted import ScriptedProvider


def request(stage: str) -> Request:
    return Request(stage=stage, messages=(Message("user", (Text("?"),)),), max_tokens=9)


def test_each_stage_has_its_own_lines_in_turn_and_again():
    provider = ScriptedProvider(replies={"caption": ("a", "b"), "draft": ("c",)})

    async def go() -> list[str]:
        return [(await provider.ask(request(s))).text for s in ("caption", "draft", "caption", "caption", "draft")]

    assert asyncio.run(go()) == ["a", "c", "b", "a", "c"]
    assert [r.stage for r in provider.asked] == ["caption", "draft", "caption", "caption", "draft"]


def test_a_stage_without_lines_is_refused():
    with pytest.raises(RefusedError, match="revise"):
        asyncio.run(ScriptedProvider().ask(request("revise")))
