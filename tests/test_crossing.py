"""Whether all frames arrive, told by the tokens of prompts with more of them and with fewer."""

import asyncio
import math

import pytest

from curate.chat import Message, Reply, Request
from curate.crossing import Crossing, counts, whole
from curate.errors import RefusedError, TooLongError, TransientError
from curate.medium import Medium
from curate.providers.scripted import ScriptedProvider
from tests.asking import media
from tests.records import seconds


class Server:
    """Counts `per` tokens a frame, of `most` frames of a video at most, and fails as it is told to."""

    def __init__(self, most=10**9, per=10.0, beside=57, guessed=False, longest=10**9, error=None):
        self.most, self.per, self.beside, self.guessed = most, per, beside, guessed
        self.longest, self.error = longest, error
        self.shown = []

    async def __call__(self, request):
        [shown] = media(request)
        if self.error:
            raise self.error
        if len(shown.frames) > self.longest:
            raise TooLongError("HTTP 400: the prompt is longer than the maximum model length")
        self.shown.append(len(shown.frames))
        tokens = self.beside + round(self.per * min(self.most, len(shown.frames)))
        return Reply(text="", prompt_tokens=tokens, guessed=self.guessed)


async def film(frames, size):
    return Medium("1" * 64, "video", None, *size, seconds(*map(float, range(frames))), 1.0, "h264")


def told(media):
    return Request("canary", (Message("user", (media,)),), 1)


def looked(server, frames, way="jpeg_sequence"):
    """(how media travel now, whether frames are known to arrive, what was said)"""
    said: list[str] = []
    provider = ScriptedProvider()
    provider.travel(way)
    crossing = Crossing("m", provider, said.append)
    asyncio.run(crossing.look(server, film, told, frames))
    return provider.way, crossing.counted, said


@pytest.mark.parametrize("frames", [2, 8, 16, 31, 33, 64, 128])
@pytest.mark.parametrize("per", [0.5, 10, 70.3])
def test_a_server_that_takes_all_is_believed(frames, per):
    server = Server(per=per)
    assert looked(server, frames) == ("jpeg_sequence", True, [])
    assert server.shown[-1] >= frames
    assert server.shown == [server.shown[-1] // 4, server.shown[-1] // 2, server.shown[-1]]


@pytest.mark.parametrize(
    ("frames", "most"), [(33, 32), (40, 32), (64, 32), (128, 32), (128, 16), (32, 16), (64, 48), (16, 1)]
)
@pytest.mark.parametrize("beside", [0, 57, 4000])
def test_a_server_that_drops_some_is_found_out(frames, most, beside):
    way, _, said = looked(Server(most=most, beside=beside), frames)
    assert way == "images"
    assert len(said) == 1
    assert said[0].startswith("m: its server drops frames of media as jpeg_sequence (prompts with ")


def test_without_tokens_nothing_is_known():
    server = Server(guessed=True)
    assert looked(server, 16) == ("jpeg_sequence", False, [])
    assert server.shown == [4], "the first reply says so"


def test_a_context_that_is_too_small_for_all_is_asked_about_fewer():
    server = Server(longest=30)
    assert looked(server, 100) == ("jpeg_sequence", True, [])
    assert server.shown[-3:] == [6, 12, 24]


@pytest.mark.parametrize(
    "error",
    [
        RefusedError("HTTP 400: per-request media_io_kwargs are not allowed"),
        RefusedError("HTTP 422: unknown content type video_url"),
        TooLongError("HTTP 400: At most 0 video(s) may be provided in one prompt."),
        TooLongError("HTTP 400: the prompt is longer than the maximum model length"),
    ],
)
def test_a_server_that_refuses_gets_images_and_the_reason_is_told(error):
    way, counted, said = looked(Server(error=error), 64)
    assert (way, counted) == ("images", False)
    [line] = said
    assert line == f"m: its server refuses media as jpeg_sequence ({error}): in this run media travel to it as images"


def test_images_need_no_look():
    server = Server(most=1)
    assert looked(server, 64, "images") == ("images", False, [])
    assert server.shown == []


def test_it_is_looked_at_once_but_anew_where_the_look_failed():
    provider, server = ScriptedProvider(), Server(error=TransientError("HTTP 500"))
    provider.travel("mp4")
    crossing = Crossing("m", provider, print)

    async def go():
        with pytest.raises(TransientError):
            await crossing.look(server, film, told, 8)
        server.error = None
        for _ in range(2):
            await crossing.look(server, film, told, 8)

    asyncio.run(go())
    assert server.shown == [2, 4, 8]


def test_our_own_file_that_is_out_of_reach_travels_while_we_look_and_only_then():
    said, provider = [], ScriptedProvider()
    provider.travel("file")
    crossing = Crossing("m", provider, said.append)
    barred = RefusedError("HTTP 400: Cannot load local files without `--allowed-local-media-path`.")
    with crossing.near():
        assert provider.way == "file"
        assert crossing.bars(barred)
        assert provider.way == "mp4"
        assert not crossing.bars(barred)
    assert provider.way == "file"
    with crossing.near():
        assert provider.way == "mp4"
        crossing.give_up("it drops frames")
    assert provider.way == "images"
    with crossing.near():
        assert provider.way == "images"
    assert len(said) == 2


def test_another_refusal_of_a_file_is_no_bar():
    provider = ScriptedProvider()
    provider.travel("file")
    assert not Crossing("m", provider, print).bars(RefusedError("HTTP 400: cannot decode"))


def qwen3(frames, size):
    """Tokens of a film in Qwen3-VL's processor (transformers 5.20): all frames together are made larger or smaller."""
    wide, high = (round(side / 32) * 32 for side in size)
    pixels = frames * wide * high
    if not 128 * 32 * 32 <= pixels <= 768 * 32 * 32:
        scale = math.sqrt(pixels / (768 if pixels > 768 * 32 * 32 else 128) / 32 / 32)
        fit = math.floor if scale > 1 else math.ceil
        wide, high = (fit(side / scale / 32) * 32 for side in (wide, high))
    return frames // 2 * (wide // 32) * (high // 32)


def qwen2(frames, size):
    """The same of Qwen2.5-VL, which makes each frame larger."""
    scale = max(1.0, math.sqrt(128 * 28 * 28 / (size[0] * size[1])))
    wide, high = (math.ceil(side * scale / 28) for side in size)
    return frames // 2 * wide * high


@pytest.mark.parametrize("tokens", [qwen2, qwen3])
@pytest.mark.parametrize("most", [1000, 32])
def test_frames_are_sized_so_that_both_of_qwens_families_count_one_like_the_other(tokens, most):
    async def ask(request):
        [shown] = media(request)
        size = (shown.medium.width, shown.medium.height)
        return Reply(text="", prompt_tokens=40 + tokens(min(most, len(shown.frames)), size))

    for frames in range(8, 257, 8):
        found = asyncio.run(counts(ask, film, told, frames))
        assert whole(found) == (frames <= most), (frames, found)


@pytest.mark.parametrize(
    ("found", "all_there"),
    [
        ((100, 200, 400), True),
        ((100, 200, 381), True),
        ((100, 200, 379), False),
        ((5, 5, 5), False),
        ((5, 4, 9), False),
    ],
)
def test_tokens_grow_in_proportion_or_frames_are_missing(found, all_there):
    assert whole(found) is all_there
