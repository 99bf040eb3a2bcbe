"""Servers that ask to wait, in every way, by the real command line or in its place."""

import asyncio
import signal
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from curate import rate
from curate.pipeline import Scope, opened
from curate.progress import Progress
from curate.settings import load
from tests.server import Answer, failure, sensible
from tests.workplace import ended, picture

DAY = "86400"
TOLD = "captioner asks to wait 24.0 h; asked again in 10 min"
ODD = ("-5", "nan", "inf", "-inf", "1e999", "9" * 400, "soon", "", "\t", formatdate(0, usegmt=True), "Thu, 99 Foo 0")


class Refusing:
    """Answers sensibly, but first once with each of these Retry-After, and with the last one for as long as told."""

    def __init__(self, status: int, *waits: str) -> None:
        self._refusals: Iterator[Answer] = iter([failure(status, "slow down", Retry_After=wait) for wait in waits])
        self.seen: list[float] = []

    def __call__(self, body: dict[str, object]) -> Answer:
        self.seen.append(time.monotonic())
        return next(self._refusals, None) or sensible(body)


@pytest.fixture(autouse=True)
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is waited for at most takes no time; what is said of it stays."""
    for module in ("rate", "ask"):
        monkeypatch.setattr(f"curate.{module}.FURTHEST", 0.05)
    monkeypatch.setattr(rate, "LONGEST", 0.05)
    monkeypatch.setattr("curate.ask.wait_after", lambda _: 0.0)


def run(place) -> Progress:
    """A run in this process."""

    async def go() -> Progress:
        progress = Progress()
        async with opened(load(place.toml), Scope(), progress) as pipeline:
            await pipeline.ask(None)
        return progress

    return asyncio.run(go())


@pytest.mark.parametrize("status", [429, 503])
def test_an_odd_wish_harms_nothing(place, server, status):
    place.questions([picture(1)]).settings(model="concurrency = 1")
    server.answer = Refusing(status, *ODD)
    progress = run(place)
    assert (progress.tally.passed["revise"], progress.notices) == (1, [])
    assert len(server.asked) == len(ODD) + 3


@pytest.mark.parametrize("status", [429, 503])
def test_a_wish_is_heeded(place, server, monkeypatch, status):
    monkeypatch.setattr(rate, "FURTHEST", 600.0)
    place.questions([picture(1)])
    server.answer = Refusing(status, "0.5")
    assert run(place).tally.passed["revise"] == 1
    first, again, *_ = server.answer.seen
    assert again - first >= 0.5


@pytest.mark.parametrize("status", [429, 503])
def test_a_wish_beyond_all_measure_is_told_once(place, server, status):
    place.questions([picture(n, problem=f"What is sign {n}?") for n in range(6)])
    server.answer = Refusing(status, *[DAY] * 8)
    progress = run(place)
    assert progress.notices == [TOLD]
    assert progress.tally.passed["revise"] == 6


@pytest.mark.parametrize("options", [["--quiet"], []])
def test_it_is_told_on_stderr_whoever_looks(place, server, options):
    place.questions([picture(n, problem=f"What is sign {n}?") for n in range(6)])
    server.answer = lambda _: failure(429, "slow down", Retry_After=DAY)
    process = place.start("run", *options)
    line = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    ran = ended(process)
    assert (line.strip(), ran.code) == (TOLD, 130)
    assert TOLD not in ran.err
