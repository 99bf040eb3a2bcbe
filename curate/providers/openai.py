"""Any server that speaks OpenAI's chat completions: hosted APIs, vLLM, llama.cpp and their like."""

import json
import os
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError, AsyncOpenAI, Omit
from pydantic import BaseModel, Field, PrivateAttr, ValidationError, field_validator

from curate.chat import Media, Message, Reply, Request, Text
from curate.errors import AskError, FatalError, RefusedError, SettingsError, TransientError
from curate.provider import Eyes, Provider
from curate.transport import Load, Way, load

NO_KEY = "none"
BODY = 300  # characters of a server's error that are worth showing


class _Wire(BaseModel):
    """What is read of a server's reply; everything else in it is ignored."""


class _Said(_Wire):
    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None


class _Choice(_Wire):
    message: _Said
    finish_reason: str | None = None


class _Completion(_Wire):
    choices: list[_Choice] = Field(min_length=1)
    model: Any = None
    usage: Any = None


class OpenAIProvider(Provider):
    """Asks an OpenAI-compatible server.

    `video` says how media travel: "images", or vLLM's "jpeg_sequence", "mp4" and "file" (see
    `curate.transport`); `max_payload` is the most MiB of media in one request.
    """

    base_url: str = "https://api.openai.com/v1"
    api_key_env: str | None = None
    timeout: float = Field(default=600.0, gt=0)
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"  # noqa: S105 - a field of the API
    video: Way = "images"
    max_payload: float = Field(default=20.0, gt=0)
    extra_body: dict[str, Any] = Field(default_factory=dict)

    _client: AsyncOpenAI = PrivateAttr()
    _eyes: Eyes = PrivateAttr()

    @field_validator("base_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s@?#]*)?", value):
            raise ValueError("expected an address like https://host/v1, without a key or a password in it")
        return value

    @field_validator("api_key_env")
    @classmethod
    def _is_a_name(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
            raise ValueError("expected the name of an environment variable, never a key")
        return value

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

    @property
    def secret(self) -> str | None:
        """The key, straight from the environment, so that no field ever holds it."""
        return os.environ.get(self.api_key_env) or None if self.api_key_env else None

    async def open(self, eyes: Eyes) -> None:
        """Make the client. Raises SettingsError where the key's variable is not set."""
        if self.api_key_env and not self.secret:
            raise SettingsError(f"the environment variable {self.api_key_env} is not set: it must hold the key")
        self._eyes = eyes
        self._client = AsyncOpenAI(
            base_url=self.base_url,
            api_key=self.secret or NO_KEY,
            max_retries=0,
            timeout=self.timeout,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def ask(self, request: Request) -> Reply:
        """One call to /chat/completions."""
        body = await self.body(request)
        try:
            raw = await self._client.chat.completions.with_raw_response.create(**body)
        except APIError as error:
            raise self._fault(error) from None
        return self.priced(_read(raw.content))

    async def body(self, request: Request) -> dict[str, Any]:
        """The keyword arguments of the call; the frames are decoded here, when it really goes out."""
        loads = {part: await self._load(part) for m in request.messages for part in m.parts if isinstance(part, Media)}
        said: dict[str, Any] = {
            "model": self.model,
            "messages": [_message(message, loads) for message in request.messages],
            self.token_limit: request.max_tokens,
        }
        if request.schema:
            shape = {"name": request.schema.name, "schema": request.schema.body, "strict": True}
            said["response_format"] = {"type": "json_schema", "json_schema": shape}
        if request.temperature is not None:
            said["temperature"] = request.temperature
        if request.top_p is not None:
            said["top_p"] = request.top_p
        if request.seed is not None:
            # Asking again with the same seed would bring the same reply again.
            said["seed"] = request.seed + request.attempt + 1000 * request.sample
        extra = {key: value for load in loads.values() for key, value in load.options.items()}
        if extra or self.extra_body:
            said["extra_body"] = merged(extra, self.extra_body)
        if not self.secret:
            # The client would take OPENAI_API_KEY from the environment and send it to any server.
            said["extra_headers"] = {"Authorization": Omit()}
        return said

    async def payload(self, media: Media, eyes: Eyes) -> int:
        """Bytes of this medium in a request. Raises MediaError, also where they are too many."""
        return (await load(media, eyes, self.video, self.max_payload)).size

    async def _load(self, media: Media) -> Load:
        return await load(media, self._eyes, self.video, self.max_payload)

    def _fault(self, error: APIError) -> AskError:
        """What this error means for the request, in one line without the key."""
        said = error.body.get("message") if isinstance(error.body, dict) else None
        text = self._clean(str(said or error))
        if isinstance(error, APITimeoutError):
            return TransientError(f"{self.base_url} did not answer within {self.timeout:g} s")
        if isinstance(error, APIConnectionError):
            cause = self._clean(str(error.__cause__ or "no connection"))
            return TransientError(f"cannot reach {self.base_url}: {cause}")
        if not isinstance(error, APIStatusError):
            return TransientError(f"{self.base_url} sent no usable reply: {text}")
        status = error.status_code
        if status in (401, 403):
            hint = f"check {self.api_key_env}" if self.api_key_env else "set api_key_env"
            return FatalError(f"{self.base_url} refuses the key ({status}): {hint}")
        if status == 404 or error.code == "insufficient_quota":
            return FatalError(f"{self.base_url} cannot serve model {self.model!r} ({status}): {text}")
        if status in (408, 409, 425, 429) or status >= 500:
            return TransientError(f"HTTP {status}: {text}", _retry_after(error))
        return RefusedError(f"HTTP {status}: {text}")

    def _clean(self, text: str) -> str:
        line = " ".join(text.split())
        return (line.replace(self.secret, "[key]") if self.secret else line)[:BODY]


def merged(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Both, table by table; where both have a value, theirs counts."""
    both = ours | theirs
    for key in ours.keys() & theirs.keys():
        if isinstance(ours[key], dict) and isinstance(theirs[key], dict):
            both[key] = merged(ours[key], theirs[key])
    return both


def _message(message: Message, loads: dict[Media, Load]) -> dict[str, Any]:
    if all(isinstance(part, Text) for part in message.parts):
        texts = [part.text for part in message.parts if isinstance(part, Text)]
        return {"role": message.role, "content": "\n\n".join(texts)}
    content: list[dict[str, Any]] = []
    for part in message.parts:
        content += [{"type": "text", "text": part.text}] if isinstance(part, Text) else loads[part].parts
    return {"role": message.role, "content": content}


def _read(body: bytes) -> Reply:
    """The reply in this body. Raises TransientError where it is no chat completion.

    What stands beside the text (counts, names) is taken where it makes sense: it never costs a reply
    that is paid for.
    """
    try:
        completion = _Completion.model_validate(json.loads(body))
        choice = completion.choices[0]
        text, *reasoning = (_text(said) for _, said in choice.message)
    except (ValueError, RecursionError) as error:
        fault = error.errors(include_url=False)[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise TransientError(f"the server's reply is no chat completion: {fault}") from None
    return Reply(
        text=text,
        reasoning=reasoning[0] or reasoning[1],
        finish=choice.finish_reason or "stop",
        model=completion.model if isinstance(completion.model, str) else "",
        prompt_tokens=_count(completion.usage, "prompt_tokens"),
        completion_tokens=_count(completion.usage, "completion_tokens"),
        cached_tokens=_count(completion.usage, "prompt_tokens_details", "cached_tokens"),
    )


def _text(said: object) -> str:
    """The text of a message: as it is or in parts; halves of surrogate pairs become "?"."""
    if isinstance(said, list):
        said = "".join(part.get("text", "") for part in said if isinstance(part, dict))
    if said is not None and not isinstance(said, str):
        raise ValueError(f"expected text, found {type(said).__name__}")
    return (said or "").encode("utf-8", "replace").decode()


def _count(usage: Any, *path: str) -> int:
    """A number of tokens; 0 where the server says nothing sensible."""
    for key in path:
        usage = usage.get(key) if isinstance(usage, dict) else None
    return usage if isinstance(usage, int) and 0 <= usage < 2**63 else 0


def _retry_after(error: APIStatusError) -> float | None:
    """Seconds that the server asks to wait: a number, or a date."""
    value = error.response.headers.get("retry-after")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
