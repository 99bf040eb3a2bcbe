"""A canary as a request: what it shows, how large, and how it is told of."""

import asyncio
from itertools import pairwise

import pytest

from curate import assets
from curate.chat import Reply, Request
from curate.flashcards import CARDS, LEAST, Shown, asked, placed, sized
from curate.medium import Medium
from curate.plugin import find
from curate.readback import Card, dealt, readback
from curate.stage import Stage
from tests.asking import Model, media, texts
from tests.records import seconds

CAPTION, REVISE = find(Stage, "caption"), find(Stage, "revise")


@pytest.mark.parametrize("count", [2, 3, 6, 7, 16, 33, 128])
def test_words_stand_on_the_first_frame_and_on_the_last(count):
    cards = dealt(min(count, 6))
    found = placed(cards, count)
    assert len(found) == count
    assert [text for text in found if text] == [f"{card.word.upper()}\n{card.number}" for card in cards]
    at = [i for i, text in enumerate(found) if text]
    assert (at[0], at[-1]) == (0, count - 1)
    gaps = [b - a for a, b in pairwise(at)]
    assert max(gaps) - min(gaps) <= 1


def test_one_frame_has_one_card():
    assert placed(dealt(1), 1)[0]


@pytest.mark.parametrize("most", [784, LEAST, 50_000, 401_408, 786_432, 10**9])
def test_a_frame_is_as_large_as_it_may_be(most):
    wide, high = sized(most)
    assert wide % 2 == high % 2 == 0
    assert wide * high <= most
    assert wide * high >= min(most, 786_432) * 0.9 or most == 784
    assert wide / high == pytest.approx(4 / 3, abs=0.06)


def show(kind, stages, count, reply="nothing"):
    """The request for this canary, what was drawn, and what came of it."""
    drawn = []

    async def draw(kind, texts, size, fps):
        drawn.append((kind, list(texts), size, fps))
        times = seconds(*(i / fps for i in range(len(texts))))
        return Medium("1" * 64, kind, None, *size, times, fps, "h264")

    model = Model(reply)
    result = asyncio.run(asked(model, draw, kind, stages, count))
    [request] = model.asked
    return request, drawn[0], result


def test_it_is_shown_as_the_stage_shows_most_and_may_be_answered_as_long_as_any():
    small = CAPTION(model="m", window=4, max_tokens=9000)
    large = REVISE(model="m", max_frames=20, fps=2.0, max_pixels=30_000, temperature=0.5, top_p=0.9, seed=7)
    request, (kind, said, size, fps), result = show("video", [small, large], 20)
    assert (kind, len(said), size, fps) == ("video", 20, sized(30_000), 2.0)
    [shown] = media(request)
    assert (shown.frames, shown.max_pixels) == (tuple(range(20)), 30_000)
    assert (request.stage, request.max_tokens, request.schema) == ("canary", 9000, None)
    assert (request.temperature, request.top_p, request.seed) == (0.5, 0.9, None)
    assert texts(request, "system") == assets.text("prompts", "canary/video/system.md")
    assert isinstance(request, Request)
    assert result.frames == 20


@pytest.mark.parametrize(("count", "drawn"), [(7, 6), (6, 6), (3, 2), (1, 1)])
def test_a_family_that_pairs_frames_is_shown_pairs_of_its_own_size(count, drawn):
    stage = REVISE(model="m", processor="qwen3-vl", max_frames=8)
    request, (_, said, _, _), result = show("video", [stage], count)
    [shown] = media(request)
    assert len(said) == len(shown.frames) == result.frames == drawn
    assert shown.size is not None
    assert all(side % 32 == 0 for side in shown.size)


def test_an_image_has_its_words_below_each_other():
    request, (kind, said, _, _), result = show("image", [CAPTION(model="m")], 1)
    assert kind == "image"
    assert said[0].split("\n") == [str(card) for card in result.cards]
    assert len(result.cards) == CARDS["image"]
    assert "$" not in texts(request)
    assert texts(request, "system") == assets.text("prompts", "canary/image/system.md")


def test_what_was_read_is_told_in_one_bounded_line():
    cards = (Card("tiger", "482"), Card("kettle", "117"))
    reply = Reply(text="\x1b]0;boo\x07 KETTLE\n" + "very " * 999)
    told = Shown(16, cards, reply, readback(cards, reply)).told
    assert told.startswith("TIGER 482, KETTLE 117; it read 1 of these 2: ")
    assert told.isprintable()
    assert len(told) < 300
    assert Shown(1, cards, Reply(text="", reasoning="hm"), readback(cards, Reply(text=""))).told.endswith("'hm'")
