"""Which ways of asking for JSON a server keeps: found out once, with a question that no model answers so by itself.

A server that takes a schema and ignores it answers 200 like any other, and a weak model may write bad JSON under one
that works. So neither a refusal nor a reply decides: each is a reason to look, and what is seen holds for the run.
"""

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any, Literal, Protocol

from curate import assets
from curate.chat import Message, Reply, Request, Schema, Text
from curate.errors import AskError, RefusedError, ThrottledError, TooLongError, TransientError
from curate.faults import Faults
from curate.jsonschema import loaded
from curate.modes import ENFORCED, MODES, Mode, asking, worded
from curate.posting import Answer
from curate.scout import Scout
from curate.wire import read

log = logging.getLogger(__name__)

Wish = Literal["auto", "json_schema", "structured_outputs", "json_object", "text"]
Send = Callable[[Request, Mode], Awaitable[Reply]]

OWN = frozenset({"response_format", "structured_outputs", "guided_json"})  # who puts one into extra_body has chosen
ROOM = 2048  # tokens of a probe's reply at most: a model that thinks first needs many
WORDS = ("vermilion-7", "ochre-3")
PROBE = Schema(
    "probe",
    {
        "type": "object",
        "properties": {"lantern": {"type": "string", "enum": list(WORDS)}},
        "required": ["lantern"],
        "additionalProperties": False,
    },
)
_NAMED = re.compile(
    r"response.?format|json.?(schema|object|mode)|schema|structured|grammar|guided|unrecogni[sz]ed|unexpected"
    r"|unknown (field|param|argument|name|key)|extra (inputs|fields)",
    re.IGNORECASE,
)


class Server(Protocol):
    """What must be known of a model to find out."""

    @property
    def token_limit(self) -> str:
        """The field that bounds a reply."""

    async def tried(self, said: Mapping[str, Any]) -> Answer:
        """The server's answer to this body, whatever its status. Raises TransientError."""

    def faults(self) -> Faults:
        """What its errors mean."""


class Structure:
    """How one model is asked for JSON, by what is known of its server so far.

    `wish` is a way that is not to be doubted, or "auto". `say` hears once of each that the server does not keep.
    With `scouts` the first request that wants a schema goes ahead alone: a server that ignores it is found out before
    all that may be asked at once is paid for.
    """

    def __init__(self, server: Server, wish: Wish, say: Callable[[str], None], scouts: bool = True) -> None:
        self._server = server
        self._say = say
        self._scout = Scout() if scouts else None
        self._settled = False
        self._settling = asyncio.Lock()
        self._auto = wish == "auto"
        self._kept: dict[Mode, bool] = {"text": True} if wish == "auto" else {mode: mode == wish for mode in MODES}
        self._refused: defaultdict[str, set[Mode]] = defaultdict(set)  # by the names of schemas that it takes not so
        self._looking = asyncio.Lock()

    def mode(self, schema: Schema | None, beside: Collection[Mode] = ()) -> Mode:
        """The first way that may work for this schema and is none of `beside`."""
        out = {*beside, *self._refused.get(schema.name, ())} if schema else set(beside)
        return next((mode for mode in MODES if self._kept.get(mode, True) and mode not in out), "text")

    async def ask(self, request: Request, send: Send) -> Reply:
        """The reply to this request, sent again in another way as often as the server refuses how it is asked."""
        schema = request.schema
        if not schema or not self._auto:
            return await send(request, self.mode(schema))
        asked = partial(self._asked, request, schema, send)
        return await (self._scout(asked) if self._scout else asked())

    async def settled(self, request: Request, mode: Mode) -> Mode:
        """This way, or where it is not kept the first that is: found out once, before much is sent that is seen late.

        Where the server answers no such question, nothing is known, as before.
        """
        if not request.schema or not self._auto:
            return mode
        async with self._settling:
            if not self._settled:
                self._settled = True
                await self._look(request)
        return mode if self._kept.get(mode, True) else self.mode(request.schema)

    async def _asked(self, request: Request, schema: Schema, send: Send) -> Reply:
        if request.fault:
            await self._look(request)
        refused: set[Mode] = set()
        while True:
            mode = self.mode(schema, refused)
            try:
                reply = await send(request, mode)
                break
            except AskError as error:
                if mode == "text" or not blames(error):
                    raise
                await self._look(request, refused)
                if self.mode(schema, refused) == mode:
                    if not isinstance(error, RefusedError):
                        raise
                    refused.add(mode)
                    await self._look(request, refused)
        self._note(schema, refused)
        if not (reply.cut or reply.refused or bare(reply.text)):
            await self._look(request)
        return reply

    async def _look(self, request: Request, beside: Collection[Mode] = ()) -> None:
        """Find out which way is kept, where that is not known; another time where the server answers no probe."""
        ignored = []
        async with self._looking:
            while (mode := self.mode(request.schema, beside)) not in self._kept:
                try:
                    verdict = await kept(self._server, mode, min(ROOM, request.max_tokens))
                except AskError as error:
                    log.debug("no word on %s: %s", mode, error)
                    break
                # Only the first way is good until something speaks against it: requests went that way before.
                self._kept[mode] = verdict if verdict is not None else mode == MODES[0]
                if not self._kept[mode]:
                    ignored.append(mode)
        if ignored:
            self._say(f"the server does not keep to {' or '.join(ignored)}: {_instead(mode)}")

    def _note(self, schema: Schema, refused: set[Mode]) -> None:
        """Keep what was refused for this schema, though the server keeps it for others."""
        if refused - self._refused[schema.name]:
            self._refused[schema.name] |= refused
            told = " and ".join(mode for mode in MODES if mode in refused)
            self._say(f"the server refuses the schema {schema.name!r} as {told}: {_instead(self.mode(schema))}")


async def found(server: Server) -> Mode:
    """The first way that this server keeps. Raises AskError where it does not answer."""
    for mode in MODES:
        if mode == "text" or await kept(server, mode):
            return mode
    raise AssertionError("text is always kept")


async def kept(server: Server, mode: Mode, room: int = ROOM) -> bool | None:
    """Whether the server keeps this way: one small request, whose reply has at most `room` tokens.

    None where that does not tell: the reply was cut or is a refusal, or the request was refused for a reason that does
    not name the way. Raises AskError where the server does not answer.
    """
    try:
        reply = _read(server, await server.tried(probe(mode) | {server.token_limit: room}))
    except AskError as error:
        if blames(error):
            return False
        if isinstance(error, RefusedError):
            return None
        raise
    return None if reply.cut or reply.refused else _fits(reply.text, mode)


def probe(mode: Mode) -> dict[str, Any]:
    """A body that asks in this way for JSON, and in words for something else."""
    request = Request("probe", (Message("user", (Text(assets.text("prompts", "probe.md")),)),), ROOM, PROBE)
    text = "\n\n".join(part.text for part in worded(request, mode)[-1].parts if isinstance(part, Text))
    return {"messages": [{"role": "user", "content": text}], **asking(PROBE, mode)}


def blames(error: AskError) -> bool:
    """Whether a server names how JSON was asked for as what is wrong; llama-cpp-python does so with a 500."""
    about = isinstance(error, RefusedError | TransientError) and not isinstance(error, TooLongError | ThrottledError)
    return about and _NAMED.search(str(error)) is not None


def bare(text: str) -> bool:
    """Whether a text looks like one JSON object and nothing else, as it does where a schema is kept."""
    text = text.strip()
    return text.startswith("{") and text.endswith("}")


def _read(server: Server, answer: Answer) -> Reply:
    if not 200 <= answer.status < 300:
        raise server.faults().refused(answer)
    try:
        return read(answer.body)
    except TransientError as error:
        raise server.faults().unread(answer, error) from None


def _fits(text: str, mode: Mode) -> bool:
    try:
        value = loaded(text)
    except ValueError:
        return False
    if mode not in ENFORCED:
        return isinstance(value, dict) and bare(text.rpartition("</think>")[2])
    return any(value == {"lantern": word} for word in WORDS)


def _instead(mode: Mode) -> str:
    beside = "" if mode in ENFORCED else ", with the schema in the prompt"
    return f"JSON is asked for as {mode}{beside} (json_mode)"
