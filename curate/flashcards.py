"""A canary as a request: words on rendered frames, shown as a stage shows its frames, and what comes back."""

import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from curate import assets
from curate.chat import Ask, Media, Message, Reply, Request, Text
from curate.medium import Kind, Medium
from curate.readback import Card, Readback, dealt, readback
from curate.stage import MARK, ShowingStage
from curate.words import one_line

STAGE = "canary"  # the name that its replies have in the journal
CARDS = {"video": 6, "image": 3}
LEAST = 112 * 84  # pixels that a word and a number can be read in
_MOST = 1024 * 768
_SAID = 200  # characters of a reply that are told

Draw = Callable[[Kind, Sequence[str], tuple[int, int], float], Awaitable[Medium]]
"""A film with a frame for each of these texts, or an image of one; size in pixels, frames a second."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A canary that was shown: so many frames with these cards, the reply, and what that says of the model's eyes."""

    frames: int
    cards: tuple[Card, ...]
    reply: Reply
    found: Readback

    @property
    def told(self) -> str:
        """What was read, in one line."""
        said = one_line(self.reply.text or self.reply.reasoning, _SAID)
        cards = ", ".join(map(str, self.cards))
        return f"{cards}; it read {self.found.read} of these {self.found.of}: {said!r}"


async def asked(ask: Ask, draw: Draw, kind: Kind, stages: Sequence[ShowingStage], count: int) -> Shown:
    """Show one canary: so many frames, as the largest of these stages would show them."""
    stage = largest(stages)
    if stage.processor and count > 1:
        count -= count % 2  # it pairs frames, and would leave one out
    cards = dealt(CARDS[kind] if kind == "image" else min(count, CARDS[kind]))
    texts = placed(cards, count) if kind == "video" else ["\n".join(map(str, cards))]
    medium = await draw(kind, texts, sized(stage.max_pixels), stage.fps)
    media = replace(stage.sampling, count=count).media(medium)
    reply = await ask(request(stage, media, max(stage.max_tokens for stage in stages)))
    return Shown(len(media.frames), cards, reply, readback(cards, reply))


async def film(draw: Draw, fps: float, count: int, size: tuple[int, int]) -> Medium:
    """A film like no other of so many frames, in which nobody reads."""
    return await draw("video", [str(dealt(1)[0]), *[""] * (count - 1)], size, fps)


def request(stage: ShowingStage, media: Media, max_tokens: int) -> Request:
    """What words do these frames show? Sampled as this stage does."""
    folder = f"{STAGE}/{media.kind}"
    before, _, after = assets.text("prompts", f"{folder}/user.md").partition(MARK)
    parts = (Text(before.strip()), media, Text(after.strip()))
    said = tuple(part for part in parts if isinstance(part, Media) or part.text)
    messages = (Message("system", (Text(assets.text("prompts", f"{folder}/system.md")),)), Message("user", said))
    return Request(STAGE, messages, max_tokens, temperature=stage.temperature, top_p=stage.top_p)


def largest(stages: Iterable[ShowingStage]) -> ShowingStage:
    """The stage whose requests show most."""
    return max(stages, key=lambda stage: (stage.frames(), stage.max_pixels))


def placed(cards: Sequence[Card], count: int) -> list[str]:
    """The texts of so many frames: the cards evenly spaced, from the first frame to the last; the others are plain."""
    texts = [""] * count
    for i, card in enumerate(cards):
        texts[round(i * (count - 1) / max(1, len(cards) - 1))] = f"{card.word.upper()}\n{card.number}"
    return texts


def sized(max_pixels: int) -> tuple[int, int]:
    """Width and height of a frame, 4 to 3 and even, within so many pixels."""
    high = math.isqrt(min(max_pixels, _MOST) * 3 // 4) // 2 * 2
    return high * 4 // 3 // 2 * 2, high
