"""A look at one model's server: a few small requests, each a row of what it can do and what to do about it.

What the server says for nothing comes first; one that is not there, or refuses, is asked nothing more. What all of
it took is the last row.
"""

import time
from collections.abc import AsyncIterator
from dataclasses import replace

from curate import abilities, assets
from curate.abilities import Heard
from curate.chat import Media, Message, Request, Text
from curate.checkup import TEXT, Finding, Wanted
from curate.errors import AskError, FatalError, RefusedError, TooLongError
from curate.listings import catalogue, context, entry
from curate.medium import Medium, clocks
from curate.modes import Mode
from curate.presets import named
from curate.structure import found
from curate.transport import Way, stamped
from curate.tries import Listed, Server, Tries

MOST = 256  # tokens of a reply: enough for a model that thinks a little first
LINES, FEW = 70, 4  # of filling: more than the 1,024 tokens that hosted caches want, or about 80
NARROW = 4096  # tokens of context that leave no room for that
SEQUENCE = (36, 40)  # frames: more than the 32 that some servers keep, and even, for models that pair them


async def looked(server: Server, wanted: Wanted) -> AsyncIterator[Finding]:
    """Row by row, what the server of this model can do of what is wanted."""
    if server.preset:
        yield abilities.preset(named(server.preset))
    look = _Look(server, wanted)
    try:
        async for finding in look.rows():
            yield finding
    except AskError as error:
        yield abilities.lost(error)
    if look.tries.requests:
        yield look.tries.cost()


async def compared(server: Listed) -> AsyncIterator[Finding]:
    """The same of a model that only tells how alike two texts are: one small request."""
    texts = (Text(assets.text("prompts", f"doctor/{name}.md")) for name in ("filler", "shown"))
    request = Request("doctor", tuple(Message("user", (text,)) for text in texts), 1)
    try:
        yield abilities.models(server.model, await catalogue(server.got, server.base_url))
        began = time.monotonic()
        try:
            heard = Heard(await server.ask(request), seconds=time.monotonic() - began)
        except (FatalError, RefusedError) as error:
            heard = Heard(error=error)
        yield abilities.answers(heard, server.api_key_env)
    except AskError as error:
        yield abilities.lost(error)


class _Look:
    def __init__(self, server: Server, wanted: Wanted) -> None:
        self.server = server
        self.wanted = wanted
        self.tries = Tries(server)
        self.each = 0.0  # tokens of a picture, where they were counted

    async def rows(self) -> AsyncIterator[Finding]:
        server, wanted = self.server, self.wanted
        known = await catalogue(server.got, server.base_url)
        yield abilities.models(server.model, known)
        told = entry(known or [], server.model)
        room = await context(server.got, server.base_url, told, server.model)
        first = await self._question(room)
        yield abilities.answers(first, server.api_key_env)
        if first.reply is None or first.answer is None:
            return
        # Ollama tells only of a model that is loaded: by now it is.
        room = room or await context(server.got, server.base_url, told, server.model)
        yield abilities.reasoning(first.answer, first.reply)
        yield abilities.cache(await self._question(room))
        yield abilities.shape(await self._mode(), server.json_mode)
        if wanted.film and wanted.frames:
            async for finding in self._shown(wanted.film, wanted.frames):
                yield finding
        yield abilities.room(room, wanted.max_tokens, self._prompt())
        if rates := abilities.rates(first.answer.headers):
            yield rates

    async def _question(self, room: int | None) -> Heard:
        """A small question behind text that says nothing, long enough for any cache to keep where there is room."""
        lines = FEW if room is not None and room <= NARROW else LINES
        heard = await self._ask("question", lines)
        return await self._ask("question", FEW) if isinstance(heard.error, TooLongError) else heard

    async def _mode(self) -> Mode | AskError:
        """How to ask for JSON, so that the server keeps to it."""
        try:
            return await found(self.tries)
        except (FatalError, RefusedError) as error:
            return error

    async def _shown(self, film: Medium, count: int) -> AsyncIterator[Finding]:
        """One picture, as many as the stages send, and as one video."""
        one = await self._ask("shown", media=_part(film, 1))
        if one.reply is None:
            yield abilities.blind(one)
            return
        if count > 1:
            many = await self._ask("shown", media=_part(film, count))
            yield (found := abilities.images(one.reply, many, count, _beside(film)))
            self.each = found.facts.get("tokens_each", 0.0) if found.good else 0.0
        heard = {}
        for number in SEQUENCE:
            heard[number] = await self._ask("shown", media=_part(film, number), way="jpeg_sequence")
            if heard[number].reply is None:
                break
        yield abilities.video(heard, one.reply, self.server.video == "jpeg_sequence")

    def _prompt(self) -> int:
        """Tokens that a prompt may take: as was counted, where small pictures count as much as large ones or more."""
        wanted = self.wanted
        if not self.each:
            return wanted.prompt
        return max(round(wanted.frames * max(wanted.frame, self.each)), TEXT)

    async def _ask(self, name: str, lines: int = 0, media: Media | None = None, way: Way = "images") -> Heard:
        """What comes of the prompt of this name, behind so many lines or this medium."""
        filler = "\n".join([assets.text("prompts", "doctor/filler.md")] * lines)
        text = Text(assets.prompt(f"doctor/{name}.md", {"filler": filler}))
        request = Request("doctor", (Message("user", (media, text) if media else (text,)),), MOST)
        return await self.tries.heard(replace(request, **self.wanted.sampling), way)


def _part(film: Medium, count: int) -> Media:
    """Its first frames, as they are."""
    return Media(film, tuple(range(count)), film.width * film.height)


def _beside(film: Medium) -> int:
    """Characters that travel beside a picture; a token has one at least."""
    return len(stamped(clocks(_part(film, 2).times)[0]))
