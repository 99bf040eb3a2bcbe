"""What stands before a model that is shown media: it must read words back from frames before a row is paid for.

A server may answer 200 and never have looked: a transport mix-up, a chat template without a place for images, frames
that it drops. So the first request of a run that shows a model a video, or an image, waits until two things were
seen: that all frames arrive (`curate.crossing`), and that words on rendered frames are read back in their order.
"""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from curate import assets, crossing
from curate.chat import Ask, Media, Message, Reply, Request, Text
from curate.errors import FatalError, MediaError, RefusedError, TooLongError
from curate.medium import Kind, Medium
from curate.provider import IMAGES, Provider
from curate.readback import Card, Readback, dealt, readback
from curate.stage import MARK, ShowingStage, Stage
from curate.words import one_line

STAGE = "canary"  # the name that its replies have in the journal
TRIES = 2  # canaries that a model may fail: a slip is not made twice
CARDS = {"video": 6, "image": 3}
_MOST, _LEAST = 1024 * 768, 112 * 84  # pixels of a frame
_BARRED = re.compile(r"local[-_ ]media[-_ ]path|local files", re.IGNORECASE)  # vLLM: not from this folder
_NO_VIDEO = re.compile(r"at most 0 video")  # vLLM: however short
_SAID = 200  # characters of a reply that are told
_SEEN = {
    "none": "does not see what it is shown",
    "first": "sees only the first of the frames that it is shown",
    "order": "sees what it is shown in another order",
    "few": "sees only some of what it is shown",
}

Draw = Callable[[Kind, Sequence[str], tuple[int, int], float], Awaitable[Medium]]
"""A film with a frame for each of these texts, or an image of one; size in pixels, frames a second."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A canary that was shown, and what came back."""

    frames: int
    cards: tuple[Card, ...]
    reply: Reply
    found: Readback


class Canary:
    """The gate before one model, which the settings call `name`. `ask` asks it; `say` hears what a user must know.

    With `looks` a canary is shown; that all frames arrive is looked at in any case.
    """

    def __init__(
        self, name: str, provider: Provider, ask: Ask, draw: Draw, say: Callable[[str], None], looks: bool = True
    ) -> None:
        self._name = name
        self._provider = provider
        self._ask = ask
        self._draw = draw
        self._say = say
        self._looks = looks
        self._stages: list[ShowingStage] = []
        self._lock = asyncio.Lock()
        self._passed: set[Kind] = set()
        self._failed: FatalError | None = None
        self._barred = False  # the server may not read our files where they lie
        self._crossed = False  # how media travel was looked at
        self._counted = False  # that all frames arrive is known from its tokens

    def before(self, ask: Ask, stage: Stage) -> Ask:
        """The same for this stage, but what shows media waits until the model was found to see them.

        Raises FatalError where it does not. Where the canary itself cannot be asked, its error is raised, and the
        next request tries anew.
        """
        if not isinstance(stage, ShowingStage):
            return ask
        self._stages.append(stage)

        async def gated(request: Request) -> Reply:
            if (kind := shown(request)) and kind not in self._passed:
                await self._pass(kind)
            return await ask(request)

        return gated

    async def _pass(self, kind: Kind) -> None:
        async with self._lock:
            if self._failed:
                raise self._failed
            if kind in self._passed:
                return
            try:
                with self._near():
                    await self._look(kind)
            except MediaError as error:
                self._say(f"{self._name}: the canary cannot be shown ({error}): whether it sees anything is not known")
            except FatalError as error:
                self._failed = error
                raise
            # Frames of a film that travel as images are images.
            self._passed |= {kind, "image"} if self._provider.way == IMAGES else {kind}

    @contextmanager
    def _near(self) -> Iterator[None]:
        """As long as we look, what the server may not read from our folder travels to it."""
        if self._barred:
            self._provider.travel("mp4")
        try:
            yield
        finally:
            if self._barred:
                self._provider.travel("file")

    async def _look(self, kind: Kind) -> None:
        stage = max(self._stages, key=lambda stage: (stage.largest(), stage.max_pixels))
        if kind == "video" and self._provider.way != IMAGES and not self._crossed:
            await self._cross(stage)
            self._crossed = True
        if not self._looks:
            return
        if stage.max_pixels < _LEAST:
            self._say(f"{self._name}: frames of {stage.max_pixels} pixels are too small for a canary: none is shown")
            return
        await self._show(kind, stage)

    async def _cross(self, stage: ShowingStage) -> None:
        """Find out whether all frames arrive; where they do not, media travel as images."""

        def film(count: int, side: int) -> Awaitable[Medium]:
            return self._draw("video", [str(dealt(1)[0]), *[""] * (count - 1)], (side, side), stage.fps)

        count = crossing.wanted(stage.largest())
        while self._provider.way != IMAGES:
            try:
                found = await crossing.counts(self._ask, film, lambda media: self._request(stage, media, 1), count)
            except RefusedError as error:
                short = isinstance(error, TooLongError) and not _NO_VIDEO.search(str(error))
                if short and (count := crossing.wanted(count // 2)) > crossing.FEWEST:
                    continue
                if not self._bars(error):
                    self._switch(f"its server refuses media as {self._provider.way} ({error})")
                continue
            if found and not crossing.whole(found):
                tokens = " and ".join(f"{tokens:,}" for tokens in found)
                told = f"prompts with {count // 4}, {count // 2} and {count} frames have {tokens} tokens"
                self._switch(f"its server drops frames of media as {self._provider.way} ({told})")
            self._counted = found is not None
            return

    async def _show(self, kind: Kind, stage: ShowingStage) -> None:
        """Show canaries until the model is known to see, or not. Raises FatalError."""
        count, failed = stage.largest() if kind == "video" else 1, 0
        while failed < TRIES:
            try:
                shown = await self._asked(kind, stage, count)
            except RefusedError as error:
                if isinstance(error, TooLongError) and count > 1:
                    self._say(f"{self._name} takes no {count} frames at once ({error}): its canary has {count // 2}")
                    count //= 2
                elif not self._bars(error):
                    raise FatalError(self._told(f"refuses what it is shown: {error}")) from None
                continue
            if shown.found.sees:
                self._note(shown)
                return
            if shown.found.kind in ("first", "few") and self._provider.way != IMAGES and not self._counted:
                self._switch(f"it {_SEEN[shown.found.kind]} as {self._provider.way}")
                continue
            failed += 1
        raise FatalError(self._told(self._why(kind, shown)))

    async def _asked(self, kind: Kind, stage: ShowingStage, count: int) -> _Shown:
        """One canary: so many frames as this stage would show them."""
        if stage.processor and count > 1:
            count -= count % 2  # it pairs frames, and would leave one out
        cards = dealt(min(count, CARDS[kind]) if kind == "video" else CARDS[kind])
        texts = placed(cards, count) if kind == "video" else ["\n".join(map(str, cards))]
        medium = await self._draw(kind, texts, sized(stage.max_pixels), stage.fps)
        media = replace(stage.sampling, count=count).media(medium)
        reply = await self._ask(self._request(stage, media, max(stage.max_tokens for stage in self._stages)))
        return _Shown(len(media.frames), cards, reply, readback(cards, reply))

    def _request(self, stage: ShowingStage, media: Media, max_tokens: int) -> Request:
        folder = f"{STAGE}/{media.kind}"
        before, _, after = assets.text("prompts", f"{folder}/user.md").partition(MARK)
        parts = (Text(before.strip()), media, Text(after.strip()))
        said = tuple(part for part in parts if isinstance(part, Media) or part.text)
        messages = (Message("system", (Text(assets.text("prompts", f"{folder}/system.md")),)), Message("user", said))
        return Request(STAGE, messages, max_tokens, temperature=stage.temperature, top_p=stage.top_p)

    def _bars(self, error: RefusedError) -> bool:
        """Whether only our own file is out of the server's reach: then it is sent along, and that is told."""
        if self._provider.way != "file" or not _BARRED.search(str(error)):
            return False
        self._barred = True
        self._provider.travel("mp4")
        told = "the canary travels as mp4, and that it reads the media themselves is not looked at"
        self._say(f"{self._name}: its server may not read files in the work folder ({error}): {told}")
        return True

    def _switch(self, why: str) -> None:
        self._barred = False
        self._provider.travel(IMAGES)
        self._say(f"{self._name}: {why}: in this run media travel to it as {IMAGES}")

    def _note(self, shown: _Shown) -> None:
        found = shown.found
        if found.kind == "most":
            told = f"has read {found.read} of {found.of} words from {shown.frames} frames, in order"
            self._say(f"{self._name} {told}: its eyes are weak")
        if found.kind == "untold":
            told = f"has read {found.read} of {found.of} words of the canary when max_tokens cut its reply"
            self._say(f"{self._name} {told}: whether it sees all that it is shown is not known")

    def _why(self, kind: Kind, shown: _Shown) -> str:
        """What was shown and what was read, in one line."""
        cards, found = ", ".join(map(str, shown.cards)), shown.found
        what = f"{shown.frames} frames as {self._provider.way}" if kind == "video" else "an image"
        said = one_line(shown.reply.text or shown.reply.reasoning, _SAID)
        return f"{_SEEN[found.kind]}: {what} showed {cards}; it read {found.read} of these {found.of}: {said!r}"

    def _told(self, what: str) -> str:
        do = f"set another `video` for [models.{self._name}], or another model; --no-canary goes on all the same"
        return f"{self._name} {what}; {do}"


def shown(request: Request) -> Kind | None:
    """What this request shows: a video of one frame is an image, wherever it travels to."""
    counts = [len(part.frames) for m in request.messages for part in m.parts if isinstance(part, Media)]
    return None if not counts else "video" if max(counts) > 1 else "image"


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
