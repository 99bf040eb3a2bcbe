"""How media travel to a real vLLM: what it counted, and when it believes each frame to be shown."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from curate.chat import Media, Message, Reply, Request, Text
from curate.media.eyes import Eyes
from curate.providers.openai import OpenAIProvider
from tests.media.media_samples import encode
from tests.vllm.serving import MODELS, Server

UNEVEN = [0, 700, *range(1500, 5500, 100)]  # milliseconds: slow at first, then ten a second
SIZE = (448, 224)  # the smallest that Qwen2.5-VL's processor leaves as it is in a film
CELLS = 16 * 8  # of 28 x 28 pixels: tokens of a picture, or of a pair of frames in a film
AT = re.compile(r"<(\d+\.\d) seconds>")


@pytest.fixture(scope="module")
def clip(folder: Path) -> Path:
    """42 frames, at uneven times."""
    return encode(folder / "uneven.mp4", UNEVEN, size=SIZE)


def asked(url: str, model: str, clip: Path, frames: tuple[int, ...], **options: object) -> Reply:
    """The reply to a question about these frames."""

    async def go(provider: OpenAIProvider, eyes: Eyes) -> Reply:
        await provider.open(eyes)
        try:
            return await provider.ask(await question(eyes, clip, frames))
        finally:
            await provider.close()

    eyes = Eyes(workers=1)
    try:
        return asyncio.run(go(OpenAIProvider(model=model, base_url=url, **options), eyes))
    finally:
        eyes.close()


async def question(eyes: Eyes, clip: Path, frames: tuple[int, ...]) -> Request:
    """A short question about these frames, and a shorter answer."""
    medium = (await eyes.probe(clip, "video")).medium("0" * 64, "video", clip)
    parts = (Text("What is this?"), Media(medium, frames, SIZE[0] * SIZE[1]))
    return Request(stage="caption", messages=(Message("user", parts),), max_tokens=2)


@pytest.mark.parametrize("way", ["jpeg_sequence", "mp4", "file"])
def test_every_frame_of_a_film_is_counted_beyond_the_thirty_two_of_the_servers_own(older, clip, way):
    few, many = (asked(older.url, older.model, clip, tuple(range(n)), video=way).prompt_tokens for n in (8, 40))
    assert many - few == (40 - 8) // 2 * CELLS


def test_a_server_left_to_itself_drops_frames_without_a_word(older, clip):
    """The trap is real: should a new vLLM mend it, `transport` may say less."""
    body = written(older, clip, tuple(range(40)), "jpeg_sequence")
    full = counted(older, body)
    del body["media_io_kwargs"]
    assert full - counted(older, body) == (40 - 32) // 2 * CELLS


def test_the_frames_are_believed_to_be_shown_when_they_are(newer, clip):
    """Qwen3-VL writes the time of each pair of frames into its prompt: the middle of both."""
    frames = tuple(range(0, 40, 2))
    at = [UNEVEN[i] / 1000 for i in frames]
    told = times(newer, clip, frames, "jpeg_sequence")
    assert told == pytest.approx([(a + b) / 2 for a, b in zip(at[::2], at[1::2], strict=True)], abs=0.06)
    even = times(newer, clip, frames, "mp4")
    assert len(even) == len(told), "a film is taken as evenly spaced, but whole"
    assert even != pytest.approx(told, abs=0.06)


def times(server: Server, clip: Path, frames: tuple[int, ...], way: str) -> list[float]:
    """The times in the prompt that the server made, in seconds."""
    body = written(server, clip, frames, way) | {"return_token_ids": True}
    status, said = server.post("/chat/completions", body)
    assert status == 200, said
    prompt = AutoTokenizer.from_pretrained(MODELS / server.model).decode(said["prompt_token_ids"])
    return [float(found) for found in AT.findall(prompt)]


def counted(server: Server, body: dict[str, Any]) -> int:
    """Tokens of this prompt."""
    status, said = server.post("/chat/completions", body)
    assert status == 200, said
    return int(said["usage"]["prompt_tokens"])


def written(server: Server, clip: Path, frames: tuple[int, ...], way: str) -> dict[str, Any]:
    """What is sent of a question about these frames."""

    async def go() -> bytes:
        eyes = Eyes(workers=1)
        provider = OpenAIProvider(model=server.model, base_url=server.url, video=way)
        try:
            return await provider.body(await question(eyes, clip, frames), eyes)
        finally:
            eyes.close()

    return dict(json.loads(asyncio.run(go())))


def test_every_picture_is_counted(older, clip):
    few, many = (asked(older.url, older.model, clip, tuple(range(n)), video="images").prompt_tokens for n in (8, 40))
    marks = 2  # around each picture, beside the words that tell its time
    assert many - few > (40 - 8) * (CELLS + marks)
