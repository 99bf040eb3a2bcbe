"""Any server that speaks OpenAI's chat completions: hosted APIs, vLLM, llama.cpp and their like."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field, PrivateAttr

from curate.chat import Media, Reply, Request
from curate.errors import SettingsError, TransientError
from curate.modes import Mode
from curate.packaged import Packaged
from curate.posting import Answer, Client, Direct
from curate.provider import ExtraBody, Eyes
from curate.room import Room
from curate.served import Served
from curate.structure import OWN, Structure, Wish
from curate.transport import Load, Way, eased, load
from curate.wire import counted, read, written


class OpenAIProvider(Served):
    """Asks an OpenAI-compatible server.

    `video` says how media travel: "images", or vLLM's "jpeg_sequence", "mp4" and "file" (see
    `curate.transport`); `max_payload` is the most MiB of media in one request. `client` says what sends
    it: "direct" is aiohttp, "openai" the openai package, which names itself to the server and costs more
    CPU. `json_mode` says how JSON is asked for, "auto" that the server is to be tried where it does not keep to the
    schema (see `curate.structure`). `timeout` is seconds for one call.
    """

    client: Literal["direct", "openai"] = "direct"
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"  # noqa: S105 - a field of the API
    video: Way = "images"
    max_payload: float = Field(default=20.0, gt=0)
    json_mode: Wish = "auto"
    extra_body: ExtraBody = Field(default_factory=dict)

    _client: Client = PrivateAttr()
    _eyes: Eyes = PrivateAttr()
    _room: Room = PrivateAttr(default_factory=Room)
    _structure: Structure = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Nothing is known yet of how the server takes schemas."""
        self._structure = self._unknown()

    @property
    def identity(self) -> str:
        """The model's name, and what changes its answers: the extra body, and frames that it picks itself."""
        picks = " (picks frames itself)" if self.video == "file" else ""
        body = f" {json.dumps(self.extra_body, sort_keys=True)}" if self.extra_body else ""
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

    async def open(self, eyes: Eyes) -> None:
        """Make the client. Raises SettingsError where the key's variable holds none, or the proxy cannot work."""
        key = self.usable_key()
        self._eyes = eyes
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
        return Structure(self, own, lambda line: self._say(line))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def ask(self, request: Request) -> Reply:
        """One call to /chat/completions, and another where its reply may be shorter than `max_tokens` only, or where
        the server does not keep to a schema as it is asked for.

        Tokens that the server does not tell are guessed.
        """
        return await self._structure.ask(request, self._sent)

    async def _sent(self, request: Request, mode: Mode) -> Reply:
        request = self._room.fitted(request)
        answer = await self._post(await self.body(request, mode))
        while less := self._room.less(answer, request.max_tokens):
            request = replace(request, max_tokens=less)
            answer = await self._post(await self.body(request, mode))
        if not 200 <= answer.status < 300:
            raise self.faults().refused(answer)
        return self.priced(counted(self._read(answer), request))

    async def body(self, request: Request, mode: Mode | None = None) -> bytes:
        """The JSON of the call; the frames are decoded here, when it really goes out. JSON is asked for in this
        mode, or else as the server is known to keep it.
        """
        loads = {part: await self._load(part) for m in request.messages for part in m.parts if isinstance(part, Media)}
        said = {"model": self.model, self.token_limit: request.max_tokens}
        options = {key: value for load in loads.values() for key, value in load.options.items()}
        extra = merged(options, self.extra_body)
        mode = mode or self._structure.mode(request.schema)
        return await eased(sum(load.size for load in loads.values()), written, request, loads, said, extra, mode)

    async def tried(self, said: Mapping[str, Any]) -> Answer:
        """The server's answer to this body (the model's name is added), whatever its status. Raises TransientError."""
        return await self._post(json.dumps({"model": self.model, **merged(dict(said), self.extra_body)}).encode())

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

    async def _load(self, media: Media) -> Load:
        return await load(media, self._eyes, self.video, self.max_payload)


def merged(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Both, table by table; where both have a value, theirs counts."""
    both = ours | theirs
    for key in ours.keys() & theirs.keys():
        if isinstance(ours[key], dict) and isinstance(theirs[key], dict):
            both[key] = merged(ours[key], theirs[key])
    return both
