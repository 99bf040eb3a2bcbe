"""Any server that speaks OpenAI's chat completions: hosted APIs, vLLM, llama.cpp and their like."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from curate.chat import Media, Reply, Request
from curate.checkup import Finding, Wanted
from curate.errors import SettingsError, TransientError
from curate.listings import catalogue, entry, length
from curate.modes import Mode
from curate.packaged import Packaged
from curate.posting import Answer, Client, Direct
from curate.presets import Effort, filled, merged, switched
from curate.provider import IMAGES, ExtraBody, Eyes
from curate.room import Room
from curate.served import Served
from curate.servers import looked
from curate.structure import OWN, Structure, Wish
from curate.transport import Way, eased, load
from curate.wire import counted, read, written

LATE = 60.0  # seconds for a small question of a look at it


class OpenAIProvider(Served):
    """Asks an OpenAI-compatible server.

    `preset` names a known server, whose settings stand below those written here (see `curate.presets`); `thinking` and
    `effort` say, in its own words, whether and how much the model thinks before it answers.
    `video` says how media travel: "images", or vLLM's "jpeg_sequence", "mp4" and "file" (see
    `curate.transport`); `max_payload` is the most MiB of media in one request. With `canary` the model must read
    words back from rendered frames before it is asked about media. `client` says what sends
    it: "direct" is aiohttp, "openai" the openai package, which names itself to the server and costs more
    CPU. `json_mode` says how JSON is asked for, "auto" that the server is to be tried where it does not keep to the
    schema (see `curate.structure`). `timeout` is seconds for one call.
    """

    preset: str | None = None
    thinking: bool | None = None
    effort: Effort | None = None
    client: Literal["direct", "openai"] = "direct"
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"  # noqa: S105 - a field of the API
    video: Way = "images"
    max_payload: float = Field(default=20.0, gt=0)
    canary: bool = True
    json_mode: Wish = "auto"
    extra_body: ExtraBody = Field(default_factory=dict)

    _eyes: Eyes = PrivateAttr()
    _room: Room = PrivateAttr(default_factory=Room)
    _listing: asyncio.Task[None] | None = PrivateAttr(default=None)
    _structure: Structure = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Nothing is known yet of how the server takes media and schemas."""
        self.travel(self.video)
        self._structure = self._unknown()

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, values: Any) -> Any:
        return filled(values, cls.model_fields) if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _switchable(self) -> Self:
        switched(self.preset, self.thinking, self.effort)
        return self

    @property
    def extra(self) -> dict[str, Any]:
        """What stands beside the fields of a request: how much the model is to think, and the user's own fields."""
        return merged(switched(self.preset, self.thinking, self.effort), self.extra_body)

    @property
    def identity(self) -> str:
        """The model's name, and what changes its answers: the extra body, and frames that it picks itself."""
        picks = " (picks frames itself)" if self.video == "file" else ""
        body = f" {json.dumps(self.extra, sort_keys=True)}" if self.extra else ""
        return f"{self.model}{picks}{body}"

    @property
    def notice(self) -> str | None:
        """Whether the frames shown are the server's own choice."""
        if self.video != "file":
            return None
        return (
            f'{self.model} reads the clips itself (video = "file") and picks as many frames as a request names, '
            "at times of its own: times in its captions may be off."
        )

    @property
    def shows_parts(self) -> bool:
        """Whether some frames of a clip can be shown without the others."""
        return self.video != "file"

    @property
    def wants_canary(self) -> bool:
        """As it is set: whatever stands behind the address is said to see."""
        return self.canary

    async def open(self, eyes: Eyes) -> None:
        """Make the client. Raises SettingsError where the key's variable holds none, or the proxy cannot work."""
        key = self.usable_key()
        self._eyes = eyes
        self.travel(self.video)
        self._structure = self._unknown()
        try:
            self._client = self._made(key)
        except ValueError as error:
            raise SettingsError(str(error)) from None

    def _made(self, key: str | None) -> Client:
        if self.client == "direct":
            return Direct(self.base_url, key, self.timeout)
        return Packaged(self.base_url, key, self.timeout, self.concurrency)

    def _unknown(self) -> Structure:
        own = "json_schema" if OWN & self.extra_body.keys() else self.json_mode
        return Structure(self, own, self._heard, scouts=not self.keeps)

    def _heard(self, line: str) -> None:
        self._say(line)

    async def close(self) -> None:
        """Close the connections."""
        if self._listing:
            self._listing.cancel()
            self._listing = None
        await self._client.close()

    async def ask(self, request: Request) -> Reply:
        """One call to /chat/completions, and another where its reply may be shorter than `max_tokens` only, or where
        the server does not keep to a schema as it is asked for.

        Tokens that the server does not tell are guessed.
        """
        return await self._structure.ask(request, self._sent)

    async def _sent(self, request: Request, mode: Mode) -> Reply:
        request = await self._fitted(request)
        if self.way == IMAGES:
            self._room.check(request.frames)
        answer = await self._post(await self.body(request, self._eyes, mode))
        while less := self._room.less(answer, request.max_tokens):
            request = replace(request, max_tokens=less)
            answer = await self._post(await self.body(request, self._eyes, mode))
        if not 200 <= answer.status < 300:
            raise self.faults().refused(answer)
        return self.priced(counted(self._read(answer), request))

    async def _fitted(self, request: Request) -> Request:
        """The request, with fewer `max_tokens` where the server has not room for so many; its list of models, which is
        read before the first request, may say how much it has.
        """
        if self._listing is None:
            self._listing = asyncio.create_task(self._listed())
        await asyncio.shield(self._listing)
        return self._room.fitted(request)

    async def _listed(self) -> None:
        try:
            models = await catalogue(self.got, self.base_url)
        except TransientError:
            return  # then its errors tell
        self._room.context = self._room.context or length(entry(models or [], self.model))

    async def body(self, request: Request, eyes: Eyes, mode: Mode | None = None) -> bytes:
        """The JSON of the call; the frames are decoded here, when it really goes out. JSON is asked for in this
        mode, or else as the server is known to keep it.
        """
        media = [part for message in request.messages for part in message.parts if isinstance(part, Media)]
        loads = {part: await load(part, eyes, self.way, self.max_payload) for part in media}
        said = {"model": self.model, self.token_limit: request.max_tokens}
        options = {key: value for load in loads.values() for key, value in load.options.items()}
        extra = merged(options, self.extra)
        mode = mode or self._structure.mode(request.schema)
        return await eased(sum(load.size for load in loads.values()), written, request, loads, said, extra, mode)

    async def tried(self, said: Mapping[str, Any]) -> Answer:
        """The server's answer to this body (the model's name is added), whatever its status. Raises TransientError."""
        return await self._post(json.dumps({"model": self.model, **merged(dict(said), self.extra)}).encode())

    async def sent(self, request: Request, way: Way) -> Answer:
        """The server's answer to this request, whose media travel this way. Raises TransientError or MediaError."""
        other = self.model_copy()
        other.travel(way)
        return await self._post(await other.body(request, self._eyes))

    async def examined(self, eyes: Eyes, wanted: Wanted) -> AsyncIterator[Finding]:
        """Row by row, what the server can do of what is wanted; costs a few small requests. Raises SettingsError."""
        brief = self.model_copy(update={"timeout": min(self.timeout, LATE)})
        await brief.open(eyes)
        try:
            async for finding in looked(brief, wanted):
                yield finding
        finally:
            await brief.close()

    async def _post(self, body: bytes) -> Answer:
        try:
            return await self._client.post(body)
        except self._client.errors as error:
            raise self.faults().lost(error) from None

    def _read(self, answer: Answer) -> Reply:
        try:
            return read(answer.body)
        except TransientError as error:
            raise self.faults().unread(answer, error) from None

    async def payload(self, media: Media, eyes: Eyes) -> int:
        """Bytes of this medium in a request. Raises MediaError, also where they are too many."""
        return (await load(media, eyes, self.video, self.max_payload)).size
