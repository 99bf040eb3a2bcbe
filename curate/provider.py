"""The contract of a provider: it carries requests to one model and brings replies back."""

import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import AfterValidator, Field, PrivateAttr

from curate.chat import Media, Reply, Request
from curate.checkup import Finding, Wanted
from curate.errors import SettingsError
from curate.frame import Frame
from curate.plugin import Plugin

KEY = re.compile(
    r"(?!.*cache[-_]?key$)(?:.*(?:api|access|private|secret|subscription|account|openai|azure|client|auth)[-_]?key"
    r"|(?:.*[-_])?(?:access|auth|bearer|secret|api|hf|github|session|refresh|security)[-_]?token|token|bearer|auth"
    r"|.*secret|.*passw(?:or)?d|(?:proxy[-_])?authorization|credentials?)",
    re.IGNORECASE,
)
VALUE = re.compile(r"\s*(?:authorization\s*:|bearer\s+\S{8}|(?:sk|hf|ghp|gsk|xai)[-_][\w-]{16})", re.IGNORECASE)
SCHEMAS = frozenset({"properties", "guided_json", "json_schema", "schema"})  # name what may be


IMAGES = "images"  # the way of media that every server takes


class Eyes(Protocol):
    """What a provider may see of a medium; the decoding happens elsewhere. All raise MediaError."""

    async def frames(self, media: Media) -> tuple[Frame, ...]:
        """The frames, one for each index, in order."""

    async def film(self, media: Media) -> bytes:
        """The frames as a short mp4, each shown from its own time to the next one's."""

    async def lines(self, media: Media) -> tuple[str, ...]:
        """What can be measured in the frames, as literal lines of text, for a model without eyes."""


@dataclass(frozen=True, slots=True)
class House:
    """Where a run takes place, for a provider that keeps something there from run to run.

    `work` is the work folder, which the command holds; `kept` says whether the journal has a reply to the request of
    this key. `common` is what several providers share, by names that they agree on.
    """

    work: Path
    kept: Callable[[str], bool]
    common: dict[Any, Any] = field(default_factory=dict)


def public(identity: str) -> str:
    """A model's identity as anybody may see it: without what is sent along with its requests, which may hold a key."""
    return identity.partition(" {")[0]


def keyless(body: dict[str, Any]) -> dict[str, Any]:
    """What is sent along with every request, which must not be how a key is handed over: it is kept with the replies.

    Raises ValueError for a field, at any depth, that by its name or its value holds one; fields that a schema names
    hold nothing.
    """
    inside: list[Any] = [body]
    while inside:
        value = inside.pop()
        if isinstance(value, list):
            inside += value
        elif isinstance(value, dict):
            if name := next(filter(KEY.fullmatch, value), None):
                raise ValueError(f"{name!r} looks like a key: keys come from the environment (api_key_env) only")
            inside += [held for name, held in value.items() if name not in SCHEMAS]
        elif isinstance(value, str) and VALUE.match(value):
            raise ValueError("a value looks like a key: keys come from the environment (api_key_env) only")
    return body


ExtraBody = Annotated[dict[str, Any], AfterValidator(keyless)]
"""The setting `extra_body`: fields beside those of a request."""


def unheard(line: str) -> None:
    """Where nobody listens."""


class Provider(Plugin, ABC):
    """One model behind one endpoint. Opened once a run, asked concurrently, closed at its end.

    `max_retries` bounds how often a request is sent again that the server failed; a server that asks to wait or
    is away counts for no request, and is waited for up to `patience` seconds once it has answered. Prices are
    in USD per million tokens; `price_cached` is that of a prompt's tokens which the server found in its cache,
    where it asks less for them.
    """

    folder: ClassVar[str] = "providers"
    embeds: ClassVar[bool] = False  # it tells how alike two texts are, and nothing else
    keeps: ClassVar[bool] = False  # what it is asked is found again by the next run: no interrupted one waits for it

    model: str
    concurrency: int = Field(default=16, ge=1)
    max_retries: int = Field(default=5, ge=0)
    patience: float = Field(default=1800.0, ge=0)
    requests_per_minute: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0)
    price_in: float = Field(default=0.0, ge=0)
    price_out: float = Field(default=0.0, ge=0)
    price_cached: float | None = Field(default=None, ge=0)

    _way: str = PrivateAttr(default=IMAGES)
    _say: Callable[[str], None] = PrivateAttr(default_factory=lambda: unheard)

    def tells(self, say: Callable[[str], None]) -> None:
        """Let `say` hear what is found out while the model is asked: one line for each thing, once."""
        self._say = say

    @property
    def identity(self) -> str:
        """The model's name in a request's key: all that changes its answers, and no address."""
        return self.model

    @property
    def notice(self) -> str | None:
        """One line that a user must read before trusting this model's rows, or None."""
        return None

    @property
    def shows_parts(self) -> bool:
        """Whether some frames of a clip can be shown without the others."""
        return True

    @property
    def wants_canary(self) -> bool:
        """Whether a canary is to show that it sees, before it is asked about media: it has eyes, and nobody objects."""
        return False

    @property
    def way(self) -> str:
        """How media travel to it now: "images", or what else `curate.transport` names."""
        return self._way

    def travel(self, way: str) -> None:
        """From now on media travel this way."""
        self._way = way

    async def body(self, request: Request, eyes: Eyes) -> bytes:
        """The JSON of a call to /chat/completions that asks this, also before `open`: nothing is sent.

        Raises MediaError, and SettingsError where this provider asks in another way.
        """
        raise SettingsError(f"a model of provider {self.name()!r} is asked in another way than by chat completions")

    async def payload(self, media: Media, eyes: Eyes) -> int:
        """Bytes of this medium in a request; 0 where none travel. Raises MediaError where they are too many."""
        return 0

    @property
    def pending(self) -> int:
        """Where it `keeps` them: the requests that the server has and has not answered yet."""
        return 0

    def housed(self, house: House) -> None:
        """Told before `open` where the run takes place; most keep nothing there."""

    async def open(self, eyes: Eyes) -> None:
        """Get ready. Raises SettingsError where this machine lacks something."""

    async def close(self) -> None:
        """Let go of everything that `open` took."""

    async def examined(self, eyes: Eyes, wanted: Wanted) -> AsyncIterator[Finding]:
        """Row by row, what its server can do of what is wanted, found out by asking; nothing where there is none.

        Takes care of `open` and `close` by itself. Raises SettingsError.
        """
        for finding in tuple[Finding, ...]():
            yield finding

    async def ask_now(self, request: Request) -> Reply:
        """The same as `ask`, but never put off to be asked with others: what the rest waits for."""
        return await self.ask(request)

    @abstractmethod
    async def ask(self, request: Request) -> Reply:
        """Send one request once. Raises TransientError, RefusedError or FatalError."""

    def price(self, said: float, answered: float, cached: float = 0.0) -> float:
        """USD of so many prompt and completion tokens, so many of the prompt's found in the server's cache."""
        price_cached = self.price_in if self.price_cached is None else self.price_cached
        return ((said - cached) * self.price_in + cached * price_cached + answered * self.price_out) / 1e6

    def priced(self, reply: Reply) -> Reply:
        """The reply with its cost in USD."""
        cached = min(reply.cached_tokens, reply.prompt_tokens)
        cost = self.price(reply.prompt_tokens, reply.completion_tokens, cached)
        return reply if cost == reply.cost else reply.model_copy(update={"cost": cost})
