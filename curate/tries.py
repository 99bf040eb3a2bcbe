"""Small requests to a server that is looked at: each goes out once, and what all of them took is counted."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from curate.abilities import Heard
from curate.chat import Reply, Request
from curate.checkup import Finding
from curate.errors import AskError, MediaError, ThrottledError, TransientError
from curate.faults import Faults
from curate.posting import Answer
from curate.structure import Wish
from curate.transport import Way
from curate.wire import read


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
    json_mode: Wish

    @property
    def token_limit(self) -> str:
        """The field that bounds a reply."""

    async def sent(self, request: Request, way: Way) -> Answer:
        """The answer to this request, whose media travel this way. Raises TransientError or MediaError."""

    async def tried(self, said: Mapping[str, Any]) -> Answer:
        """The answer to this body. Raises TransientError."""

    def faults(self) -> Faults:
        """What its errors mean."""

    def price(self, said: float, answered: float, cached: float = 0.0) -> float:
        """USD of so many tokens."""


@dataclass(slots=True)
class Tries:
    """Sends to this server, and counts requests and tokens."""

    server: Server
    requests: int = 0
    prompt: int = 0
    reply: int = 0
    cached: int = 0

    @property
    def token_limit(self) -> str:
        """The field that bounds a reply."""
        return self.server.token_limit

    def faults(self) -> Faults:
        """What the server's errors mean."""
        return self.server.faults()

    async def tried(self, said: Mapping[str, Any]) -> Answer:
        """The answer to this body. Raises TransientError."""
        self.requests += 1
        answer = await self.server.tried(said)
        self._read(answer)
        return answer

    async def heard(self, request: Request, way: Way) -> Heard:
        """What comes of this request. Raises TransientError where no answer comes, or one that wants to be the last."""
        self.requests += 1
        began = time.monotonic()
        try:
            answer = await self.server.sent(request, way)
        except MediaError as error:
            return Heard(error=error)
        seconds, said = time.monotonic() - began, self._read(answer)
        if isinstance(said, ThrottledError):
            raise said
        return Heard(said, None, answer, seconds) if isinstance(said, Reply) else Heard(None, said, answer, seconds)

    def _read(self, answer: Answer) -> Reply | AskError:
        """The reply in this answer, counted; or the error that it is."""
        if not 200 <= answer.status < 300:
            return self.faults().refused(answer)
        try:
            reply = read(answer.body)
        except TransientError as error:
            return self.faults().unread(answer, error)
        self.prompt += reply.prompt_tokens
        self.reply += reply.completion_tokens
        self.cached += reply.cached_tokens
        return reply

    def cost(self) -> Finding:
        """What all of it took."""
        cost = self.server.price(self.prompt, self.reply, self.cached)
        sent = f"{self.requests} request{'s' * (self.requests > 1)}"
        told = f"{sent}: {self.prompt:,} tokens of prompts, {self.reply:,} of replies"
        facts = {"requests": self.requests, "prompt_tokens": self.prompt, "completion_tokens": self.reply, "cost": cost}
        return Finding("asked", True, told + (f", {cost:.4f} USD" if cost else ""), facts=facts)
