"""Whether all frames that travel to a server arrive: told by the prompt tokens that it counts, for more and for fewer.

vLLM keeps the first 32 frames of a JPEG sequence where it heeds no `num_frames`, and other servers take as many of a
film as they like, all without a word.
"""

import math
from collections.abc import Awaitable, Callable

from curate.chat import Ask, Media, Request
from curate.medium import Medium

FEWEST = 8  # frames; a quarter of them is still a pair, which is what Qwen's models count in
_PIXELS = 640_000  # of all frames together: Qwen3-VL enlarges a film that has fewer than a fifth of these in a quarter
_SIDE, _LEAST = 28, 112  # pixels: a multiple of that, no less than this
_NEARLY = 0.9  # of what the count would grow by if every frame counted like the others

Film = Callable[[int, int], Awaitable[Medium]]
"""A film of so many frames whose sides are so many pixels long."""


async def counts(ask: Ask, film: Film, told: Callable[[Media], Request], frames: int) -> tuple[int, ...] | None:
    """Prompt tokens of a quarter, of half and of all of so many frames; None where the server tells none.

    `told` is the request that shows these media.
    """
    side = max(_LEAST, math.ceil(math.sqrt(_PIXELS / frames) / _SIDE) * _SIDE)
    medium = await film(frames, side)
    found = []
    for count in (frames // 4, frames // 2, frames):
        reply = await ask(told(Media(medium, medium.uniform(count), side * side)))
        if reply.guessed:
            return None
        found.append(reply.prompt_tokens)
    return tuple(found)


def whole(counts: tuple[int, ...]) -> bool:
    """Whether tokens grow with the frames: from half to all of them twice as much as from a quarter to half."""
    quarter, half, full = counts
    return half > quarter and full - half >= _NEARLY * 2 * (half - quarter)


def wanted(frames: int) -> int:
    """How many frames tell about requests of so many: a multiple of 8."""
    return max(FEWEST, math.ceil(frames / FEWEST) * FEWEST)
