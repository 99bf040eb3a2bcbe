"""What stands before a model that is shown media: it must read words back from frames before a row is paid for.

A server may answer 200 and never have looked: a transport mix-up, a chat template without a place for images, frames
that it drops. So the first request of a run that shows a model a video, or an image, waits until two things were
seen: that all frames arrive (`curate.crossing`), and that words on rendered frames are read back in their order.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from curate import flashcards
from curate.chat import Ask, Media, Reply, Request
from curate.crossing import Crossing
from curate.errors import FatalError, MediaError, RefusedError
from curate.flashcards import LEAST, Draw, Shown, largest
from curate.medium import Kind
from curate.provider import IMAGES, Provider
from curate.stage import ShowingStage, Stage

TRIES = 2  # canaries that a model may fail: a slip is not made twice
SEEN = {
    "none": "does not see what it is shown",
    "first": "sees only the first of what it is shown",
    "order": "sees what it is shown in another order",
    "few": "sees only some of what it is shown",
}


class Canary:
    """The gate before one model, which the settings call `name`. `ask` asks it; `say` hears what a user must know.

    With `looks` a canary is shown; that all frames arrive is looked at in any case.
    """

    def __init__(
        self, name: str, provider: Provider, ask: Ask, draw: Draw, say: Callable[[str], None], looks: bool = True
    ) -> None:
        self._name = name
        self._ask = ask
        self._draw = draw
        self._say = say
        self._looks = looks
        self._crossing = Crossing(name, provider, say)
        self._stages: list[ShowingStage] = []
        self._lock = asyncio.Lock()
        self._passed: set[Kind] = set()
        self._failed: FatalError | None = None

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
                with self._crossing.near():
                    await self._look(kind)
            except MediaError as error:
                self._say(f"{self._name}: the canary cannot be shown ({error}): whether it sees anything is not known")
            except FatalError as error:
                self._failed = error
                raise
            # Frames of a video that travel as images are images.
            self._passed |= {kind, "image"} if self._crossing.way == IMAGES else {kind}

    async def _look(self, kind: Kind) -> None:
        stage = largest(self._stages)
        if kind == "video":
            film = partial(flashcards.film, self._draw, stage.fps)
            await self._crossing.look(
                self._ask, film, lambda media: flashcards.request(stage, media, 1), stage.frames()
            )
        if not self._looks:
            return
        if stage.max_pixels < LEAST:
            self._say(f"{self._name}: frames of {stage.max_pixels} pixels are too small for a canary: none is shown")
            return
        await self._show(kind, stage.frames() if kind == "video" else 1)

    async def _show(self, kind: Kind, count: int) -> None:
        """Show canaries of so many frames until the model is known to see, or not. Raises FatalError."""
        failed, refusals = 0, [""]
        while True:
            try:
                shown = await flashcards.asked(self._ask, self._draw, kind, self._stages, count)
            except RefusedError as error:
                if self._crossing.bars(error):
                    continue
                if count == 1:
                    raise FatalError(self._told(f"refuses what it is shown: {error}")) from None
                refusals.append(f"{self._name} takes no {count} frames at once ({error})")
                count //= 2  # servers have many words for too many images, or too long a prompt
                continue
            if shown.found.sees:
                self._note(shown, refusals[-1])
                return
            if self._may_be_the_way(shown):
                self._crossing.give_up(f"it {SEEN[shown.found.kind]} as {self._crossing.way}")
                continue
            failed += 1
            if failed == TRIES:
                what = f"{shown.frames} frames as {self._crossing.way}" if kind == "video" else "an image"
                raise FatalError(self._told(f"{SEEN[shown.found.kind]}: {what} showed {shown.told}"))

    def _may_be_the_way(self, shown: Shown) -> bool:
        """Whether frames may have been dropped on a way whose frames nobody has counted."""
        dropped = shown.found.kind in ("first", "few")
        return dropped and self._crossing.way != IMAGES and not self._crossing.counted

    def _note(self, shown: Shown, refusal: str) -> None:
        """Tell of a reply that passes, but does not say all."""
        if refusal:
            self._say(f"{refusal}: its canary had {shown.frames}")
        read = f"{self._name} has read {shown.found.read} of {shown.found.of} words"
        if shown.found.kind == "most":
            self._say(f"{read} from {shown.frames} frames, in order: its eyes are weak")
        if shown.found.kind == "untold":
            told = "whether it sees all that it is shown is not known"
            self._say(f"{read} of the canary when max_tokens cut its reply: {told}")

    def _told(self, what: str) -> str:
        do = f"set another `video` for [models.{self._name}], or another model; --no-canary goes on all the same"
        return f"{self._name} {what}; {do}"


def shown(request: Request) -> Kind | None:
    """What this request shows: a video of one frame is an image, wherever it travels to."""
    counts = [len(part.frames) for m in request.messages for part in m.parts if isinstance(part, Media)]
    return None if not counts else "video" if max(counts) > 1 else "image"
