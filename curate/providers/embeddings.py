"""Any server that speaks OpenAI's embeddings: hosted APIs, vLLM, text-embeddings-inference and their like."""

import json
from collections.abc import AsyncIterator
from math import ceil
from typing import ClassVar

from pydantic import Field

from curate.chat import Reply, Request
from curate.checkup import Finding, Wanted
from curate.errors import SettingsError, TransientError
from curate.posting import Answer, Direct
from curate.provider import ExtraBody, Eyes
from curate.served import Served
from curate.servers import compared
from curate.vectors import read, texts

PATH = "/embeddings"


class EmbeddingsProvider(Served):
    """Asks an OpenAI-compatible server for the embeddings of two texts; the reply is their cosine.

    `extra_body` stands beside the texts in each request (`dimensions`, for one).
    """

    embeds: ClassVar[bool] = True

    extra_body: ExtraBody = Field(default_factory=dict)

    @property
    def identity(self) -> str:
        """The model's name, and what changes its answers."""
        return f"{self.model} {json.dumps(self.extra_body, sort_keys=True)}" if self.extra_body else self.model

    async def open(self, eyes: Eyes) -> None:
        """Make the client. Raises SettingsError where the key's variable holds none, or the proxy cannot work."""
        key = self.usable_key()
        try:
            self._client = Direct(self.base_url, key, self.timeout, PATH)
        except ValueError as error:
            raise SettingsError(str(error)) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def examined(self, eyes: Eyes, wanted: Wanted) -> AsyncIterator[Finding]:
        """Row by row, whether the server is there and compares two texts: one small request. Raises SettingsError."""
        await self.open(eyes)
        try:
            async for finding in compared(self):
                yield finding
        finally:
            await self.close()

    async def ask(self, request: Request) -> Reply:
        """One call to /embeddings. Tokens that the server does not tell are guessed."""
        said = {"model": self.model, "input": texts(request), "encoding_format": "float", **self.extra_body}
        answer = await self._post(json.dumps(said).encode())
        if not 200 <= answer.status < 300:
            raise self.faults().refused(answer)
        try:
            reply = read(answer.body)
        except TransientError as error:
            raise self.faults().unread(answer, error) from None
        if not reply.prompt_tokens:
            reply = reply.model_copy(update={"prompt_tokens": ceil(request.prompt_guess), "guessed": True})
        return self.priced(reply)

    async def _post(self, body: bytes) -> Answer:
        try:
            return await self._client.post(body)
        except self._client.errors as error:
            raise self.faults().lost(error) from None
