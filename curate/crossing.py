"""How media travel to one model's server in a run, and whether all frames arrive: its prompt tokens tell.

vLLM keeps the first 32 frames of a JPEG sequence where it heeds no `num_frames`, and other servers take as many of a
film as they like, all without a word.
"""

import math
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from curate.chat import Ask, Media, Request
from curate.errors import RefusedError, TooLongError
from curate.medium import Medium
from curate.provider import IMAGES, Provider

FEWEST = 8  # frames; a quarter of them is still a pair, which is what Qwen's models count in
# Qwen3-VL shrinks a film of more than 768 tiles of 32 x 32 pixels, all frames together, and enlarges one of fewer than
# 128: between these, where also a quarter of the frames must be, a frame has the same tokens whatever others there are.
_TILE, _MOST = 32, 768
_NEARLY = 0.9  # of what the count would grow by if every frame counted like the others
_BARRED = re.compile(r"local[-_ ]media[-_ ]path|local files", re.IGNORECASE)  # vLLM: not from this folder

Film = Callable[[int, tuple[int, int]], Awaitable[Medium]]
"""A film of so many frames of this size (width, height)."""


class Crossing:
    """The way to one model, which the settings call `name`; `say` hears of every change."""

    def __init__(self, name: str, provider: Provider, say: Callable[[str], None]) -> None:
        self._name = name
        self._provider = provider
        self._say = say
        self._barred = False  # the server may not read our files where they lie
        self._looked = False
        self.counted = False  # that all frames arrive is known from its tokens

    @property
    def way(self) -> str:
        """How media travel now."""
        return self._provider.way

    async def look(self, ask: Ask, film: Film, told: Callable[[Media], Request], frames: int) -> None:
        """Find out, once, whether all of so many frames arrive; where they do not, media travel as images.

        `told` is the request that shows these media. Raises what `ask` raises, but no refusal.
        """
        frames = max(FEWEST, math.ceil(frames / FEWEST) * FEWEST)
        while self.way != IMAGES and not self._looked:
            try:
                found = await counts(ask, film, told, frames)
            except RefusedError as error:
                if isinstance(error, TooLongError) and frames > FEWEST:
                    frames = max(FEWEST, frames // 2 // FEWEST * FEWEST)
                elif not self.bars(error):
                    self.give_up(f"its server refuses media as {self.way} ({error})")
                continue
            if found and not whole(found):
                tokens = " and ".join(f"{tokens:,}" for tokens in found)
                told_of = f"prompts with {frames // 4}, {frames // 2} and {frames} frames have {tokens} tokens"
                self.give_up(f"its server drops frames of media as {self.way} ({told_of})")
            self.counted = found is not None
            self._looked = True

    def bars(self, error: RefusedError) -> bool:
        """Whether only our own file is out of the server's reach: then it is sent along, and that is told."""
        if self.way != "file" or not _BARRED.search(str(error)):
            return False
        self._barred = True
        self._provider.travel("mp4")
        told = "the canary travels as mp4, and whether it reads the media themselves is not looked at"
        self._say(f"{self._name}: its server may not read files in the work folder ({error}): {told}")
        return True

    def give_up(self, why: str) -> None:
        """For the rest of the run media travel as images."""
        self._barred = False
        self._provider.travel(IMAGES)
        self._say(f"{self._name}: {why}: in this run media travel to it as {IMAGES}")

    @contextmanager
    def near(self) -> Iterator[None]:
        """As long as we look, what the server may not read where it lies travels to it."""
        if self._barred:
            self._provider.travel("mp4")
        try:
            yield
        finally:
            if self._barred:
                self._provider.travel("file")


async def counts(ask: Ask, film: Film, told: Callable[[Media], Request], frames: int) -> tuple[int, ...] | None:
    """Prompt tokens of a quarter, of half and of all of so many frames; None where the server tells none."""
    wide, high = sized(frames)
    medium = await film(frames, (wide, high))
    found = []
    for count in (frames // 4, frames // 2, frames):
        reply = await ask(told(Media(medium, medium.uniform(count), wide * high)))
        if reply.guessed:
            return None
        found.append(reply.prompt_tokens)
    return tuple(found)


def sized(frames: int) -> tuple[int, int]:
    """Width and height of so many frames that are counted one like the other."""
    tiles = max(1, _MOST // frames)
    high = math.isqrt(tiles)
    return tiles // high * _TILE, high * _TILE


def whole(counts: tuple[int, ...]) -> bool:
    """Whether tokens grow with the frames: from half to all of them twice as much as from a quarter to half."""
    quarter, half, full = counts
    return half > quarter and full - half >= _NEARLY * 2 * (half - quarter)
