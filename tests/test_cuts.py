"""Replies that the token limit cut, under a higher limit."""

import asyncio
from pathlib import Path

import pytest

from curate.chat import Ask, Message, Reply, Request, Text
from curate.cuts import sparing
from curate.errors import UnansweredError, UnreadableError
from curate.journal import Journal
from curate.meter import Meter
from curate.replay import replayed


def request(text: str, limit: int) -> Request:
    return Request("draft", (Message("user", (Text(text),)),), limit)


class Worked:
    """Asks two things in turn until a whole reply comes; `said` are the requests that went out to the model."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.said: list[str] = []
        self.runs = 0

    async def run(self, ask: Ask, limit: int) -> str:
        self.runs += 1
        for text in ("first", "second"):
            if not (reply := await ask(request(text, limit))).cut:
                return reply.text
        raise UnreadableError("both were cut")

    def take(self, limit: int, cut: str, answers: bool = True) -> str:
        """What comes of it under this limit, where the model is cut in these requests."""

        async def model(asked: Request) -> Reply:
            text = asked.messages[0].parts[0].text
            self.said.append(text)
            return Reply(text=text, finish="length" if text in cut.split() else "stop")

        async def go() -> str:
            journal = Journal(self._path)
            try:
                ask = replayed(model if answers else None, journal, "m", Meter())
                return await sparing(lambda ask: self.run(ask, limit), ask)
            finally:
                journal.close()

        return asyncio.run(go())


@pytest.fixture
def worked(tmp_path: Path) -> Worked:
    return Worked(tmp_path / "journal.sqlite")


def test_a_cut_reply_stands_where_a_good_one_followed(worked):
    assert worked.take(10, cut="first") == "second"
    assert (worked.said, worked.runs) == (["first", "second"], 1)
    assert worked.take(20, cut="") == "second"
    assert worked.take(20, cut="", answers=False) == "second"
    assert worked.said == ["first", "second"]


def test_what_was_cut_throughout_is_asked_again(worked):
    with pytest.raises(UnreadableError):
        worked.take(10, cut="first second")
    with pytest.raises(UnreadableError):
        worked.take(10, cut="")
    with pytest.raises(UnansweredError):
        worked.take(20, cut="", answers=False)
    assert worked.take(20, cut="first") == "second"
    assert worked.said == ["first", "second"] * 2
    assert worked.take(30, cut="") == "second"
    assert worked.said == ["first", "second"] * 2


def test_what_was_cut_and_never_followed_is_asked_again(worked):
    with pytest.raises(UnansweredError):
        worked.take(10, cut="", answers=False)
    with pytest.raises(UnreadableError):
        worked.take(10, cut="first second")
    assert worked.take(20, cut="") == "first"
    assert worked.said == ["first", "second", "first"]


def test_without_a_cut_there_is_one_run(worked):
    assert worked.take(10, cut="") == "first"
    assert worked.take(20, cut="") == "first"
    assert (worked.said, worked.runs) == (["first"], 2)
