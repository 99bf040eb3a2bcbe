"""What is said to a model and what comes back. A request names its media by content, never by pixels."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from curate.medium import Kind, Medium

CLOSE = json.JSONEncoder(separators=(",", ":"))
FRAME = 500  # tokens of a frame of the default size, for most models
REFUSAL = "refusal"
FILTERED = "content_filter"  # Gemini says why behind it
CHARACTERS = 4  # of English text in a token


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Media:
    """Frames of one medium: `frames` are indices in the order shown.

    `max_pixels` bounds width x height of each frame as the model sees it; `size` is that width and
    height, where a model's own rules set it and not the bound alone. The key of a request holds the
    content's hash, the indices and the bound or size: what the pixels depend on, not where they lie.
    """

    medium: Medium
    frames: tuple[int, ...]
    max_pixels: int
    size: tuple[int, int] | None = None

    @property
    def kind(self) -> Kind:
        """Video or image."""
        return self.medium.kind

    @property
    def times(self) -> tuple[float, ...]:
        """The presentation time of each frame shown, in seconds."""
        return tuple(self.medium.times[i] for i in self.frames)

    def part(self, start: int, stop: int) -> "Media":
        """The same medium with only the frames from `start` to `stop`, counted among those shown."""
        return replace(self, frames=self.frames[start:stop])


@dataclass(frozen=True, slots=True)
class Message:
    """One turn: text and media in the order in which the model meets them."""

    role: Literal["system", "user"]
    parts: tuple[Text | Media, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """A JSON schema that the reply must fit, and its name (letters, digits, "_" and "-")."""

    name: str
    body: dict[str, Any]


# Of a reply in the journal that a lower `max_tokens` cut: it is asked for again, OutgrownError tells of it, or it
# is kept, and nothing is asked.
Cuts = Literal["asked", "told", "kept"]


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one model.

    `attempt` counts what is asked again because a reply could not be read, `sample` what is asked
    again because a filter rejected the outcome. `max_tokens` bounds the reply and is no part of the
    key: a reply that ended by itself stays good under another limit. Nor are `cuts`, which say what becomes
    of one that did not, nor `about`, the sha256 of the record's medium, shown or not ("": nobody said), nor
    `fault`, what was wrong with the reply of the attempt before, which the model is told ("": nothing to tell).
    """

    stage: str
    messages: tuple[Message, ...]
    max_tokens: int
    schema: Schema | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    attempt: int = 0
    sample: int = 0
    cuts: Cuts = field(default="asked", compare=False)
    about: str = field(default="", compare=False)
    fault: str = field(default="", compare=False)

    @property
    def characters(self) -> int:
        """Length of all its text."""
        return sum(len(part.text) for m in self.messages for part in m.parts if isinstance(part, Text))

    @property
    def frames(self) -> int:
        """How many frames it shows."""
        return sum(len(part.frames) for m in self.messages for part in m.parts if isinstance(part, Media))

    @property
    def prompt_guess(self) -> float:
        """Tokens that its prompt may take, as long as no server has counted them."""
        return self.frames * FRAME + self.characters / CHARACTERS

    def key(self, model: str) -> str:
        """The name of this request in the journal: 64 hex digits. `model` is the provider's identity."""
        said = {
            "model": model,
            "messages": [[m.role, [_named(part) for part in m.parts]] for m in self.messages],
            "schema": self.schema.body if self.schema else None,
            "sampling": [self.temperature, self.top_p, self.seed],
            "again": [self.attempt, self.sample],
        }
        # Not sorted: the order of a schema's properties is the order in which a model writes them.
        return hashlib.sha256(CLOSE.encode(said).encode()).hexdigest()


def _named(part: Text | Media) -> Any:
    if isinstance(part, Text):
        return part.text
    named = {"sha256": part.medium.sha256, "frames": part.frames, "max_pixels": part.max_pixels}
    return named | {"size": part.size} if part.size else named


class Reply(BaseModel):
    """A model's answer as the journal keeps it.

    `reasoning` is what the server sent apart from the text (`reasoning_content` or `reasoning`).
    `finish` is the server's finish reason; "length" means cut at `max_tokens`, "refusal" that the text is that of the
    message's field `refusal`. `replayed` is true
    for a reply that an earlier command bought; `key` is the name of its request there.
    `guessed` is true where tokens (and with them the cost) are guessed: the server told none.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str
    reasoning: str = ""
    finish: str = "stop"
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cost: float = 0.0
    guessed: bool = False
    replayed: bool = False
    key: str = ""

    @property
    def cut(self) -> bool:
        """Whether the token limit ended the reply."""
        return self.finish == "length"

    @property
    def refused(self) -> bool:
        """Whether the model refused in so many words, or a filter ended the reply."""
        return self.finish.startswith((REFUSAL, FILTERED))


Ask = Callable[[Request], Awaitable[Reply]]
