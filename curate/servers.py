"""A look at one model's server: a few small requests, each a row of what it can do and what to do about it.

What the server says for nothing comes first; one that is not there, or refuses, is asked nothing more. What all of
it took is the last row.
"""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from curate import abilities, assets
from curate.abilities import Heard
from curate.chat import Media, Message, Reply, Request, Schema, Text
from curate.checkup import Finding, Wanted
from curate.errors import FatalError, MediaError, RefusedError, ThrottledError, TooLongError, TransientError
from curate.faults import Faults
from curate.listings import catalogue, context, entry
from curate.medium import Medium
from curate.posting import Answer
from curate.presets import named
from curate.transport import Way
from curate.wire import read

MOST = 256  # tokens of a reply: enough for a model that thinks a little first
LINES, FEW = 70, 4  # of filling: more than the 1,024 tokens that hosted caches want, or about 80
NARROW = 4096  # tokens of context that leave no room for that
SEQUENCE = (36, 40)  # frames: more than the 32 that some servers keep, and even, for models that pair them
SHAPE = Schema(
    "answer",
    {
        "type": "object",
        "properties": {"colour": {"type": "string"}},
        "required": ["colour"],
        "additionalProperties": False,
    },
)


class Listed(Protocol):
    """A model at a server that lists its models. Each call goes out once, and may raise AskError."""

    base_url: str
    model: str
    api_key_env: str | None

    async def got(self, url: str) -> Answer:
        """What is at this address of the server. Raises TransientError."""

    async def ask(self, request: Request) -> Reply:
        """The reply to this request."""


class Server(Listed, Protocol):
    """One that completes chats."""

    preset: str | None
    video: Way

    async def sent(self, request: Request, way: Way) -> Answer:
        """The answer to this request, whose media travel this way. Raises TransientError or MediaError."""

    def faults(self) -> Faults:
        """What its errors mean."""

    def price(self, said: float, answered: float, cached: float = 0.0) -> float:
        """USD of so many tokens."""


async def looked(server: Server, wanted: Wanted) -> AsyncIterator[Finding]:
    """Row by row, what the server of this model can do of what is wanted."""
    look = _Look(server, wanted)
    if server.preset:
        yield abilities.preset(named(server.preset))
    try:
        async for finding in look.rows():
            yield finding
    except TransientError as error:
        yield abilities.lost(error)
    if look.requests:
        yield look.cost()


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
    except TransientError as error:
        yield abilities.lost(error)


@dataclass
class _Look:
    server: Server
    wanted: Wanted
    requests: int = 0
    spent: Reply = field(default_factory=lambda: Reply(text=""))

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
        yield abilities.room(room, wanted.max_tokens, wanted.prompt)
        yield abilities.reasoning(first.answer, first.reply)
        yield abilities.cache(await self._question(room))
        yield abilities.shape(await self._ask("shape", schema=SHAPE))
        if wanted.film and wanted.frames:
            async for finding in self._shown(wanted.film, wanted.frames):
                yield finding
        if rates := abilities.rates(first.answer.headers):
            yield rates

    async def _question(self, room: int | None) -> Heard:
        """A small question behind text that says nothing, long enough for any cache to keep where there is room."""
        lines = FEW if room is not None and room <= NARROW else LINES
        heard = await self._ask("question", lines)
        return await self._ask("question", FEW) if isinstance(heard.error, TooLongError) else heard

    async def _shown(self, film: Medium, count: int) -> AsyncIterator[Finding]:
        """One picture, as many as the stages send, and as one video."""
        one = await self._ask("shown", media=_part(film, 1))
        if one.reply is None:
            yield abilities.blind(one)
            return
        if count > 1:
            yield abilities.images(one.reply, await self._ask("shown", media=_part(film, count)), count)
        heard = {}
        for number in SEQUENCE:
            heard[number] = await self._ask("shown", media=_part(film, number), way="jpeg_sequence")
            if heard[number].reply is None:
                break
        yield abilities.video(heard, self.server.video == "jpeg_sequence")

    async def _ask(
        self, name: str, lines: int = 0, schema: Schema | None = None, media: Media | None = None, way: Way = "images"
    ) -> Heard:
        """What comes of the prompt of this name. Raises TransientError where no answer comes, or too many do."""
        filler = "\n".join([assets.text("prompts", "doctor/filler.md")] * lines)
        text = Text(assets.prompt(f"doctor/{name}.md", {"filler": filler}))
        request = Request("doctor", (Message("user", (media, text) if media else (text,)),), MOST, schema)
        return await self._sent(replace(request, **self.wanted.sampling), way)

    async def _sent(self, request: Request, way: Way) -> Heard:
        self.requests += 1
        began = time.monotonic()
        try:
            answer = await self.server.sent(request, way)
        except MediaError as error:
            return Heard(error=error)
        seconds, faults = time.monotonic() - began, self.server.faults()
        if not 200 <= answer.status < 300:
            refused = faults.refused(answer)
            if isinstance(refused, ThrottledError):
                raise refused
            return Heard(None, refused, answer, seconds)
        try:
            reply = read(answer.body)
        except TransientError as error:
            return Heard(None, faults.unread(answer, error), answer, seconds)
        self._add(reply)
        return Heard(reply, None, answer, seconds)

    def _add(self, reply: Reply) -> None:
        names = ("prompt_tokens", "completion_tokens", "cached_tokens")
        sums = {name: getattr(self.spent, name) + getattr(reply, name) for name in names}
        self.spent = self.spent.model_copy(update=sums)

    def cost(self) -> Finding:
        """What all of it took."""
        prompt, reply = self.spent.prompt_tokens, self.spent.completion_tokens
        cost = self.server.price(prompt, reply, self.spent.cached_tokens)
        told = f"{self.requests} requests: {prompt:,} tokens of prompts, {reply:,} of replies"
        facts = {"requests": self.requests, "prompt_tokens": prompt, "completion_tokens": reply, "cost": cost}
        return Finding("asked", True, told + (f", {cost:.4f} USD" if cost else ""), facts=facts)


def _part(film: Medium, count: int) -> Media:
    """Its first frames, as they are."""
    return Media(film, tuple(range(count)), film.width * film.height)
