"""What a call that brought no reply means for its request: one line and what may be done about it."""

import errno
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from curate.errors import (
    AskError,
    AwayError,
    CrampedError,
    FatalError,
    RefusedError,
    ThrottledError,
    TooLongError,
    TransientError,
)
from curate.posting import Answer, BadAnswerError

SHOWN = 300  # characters of a server's error that are worth showing
SIFTED = 10_000  # characters that are looked through for them
YEAR = 366 * 86400.0  # seconds: nobody asks to wait for longer
_OVERLOADED = 529
FULL = (errno.EMFILE, errno.ENFILE)  # our own limit of open files, not the server
_PASSING = {408, 409, 425}
_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|maximum context length|context (window|size|length)"
    r"|prompt (is )?too long|input (is )?too long|input length|input token count"
    r"|max(imum)? (model|prompt|sequence|input) length|exceed(s|ed)? (the )?(model )?token limit"
    r"|reduce the length of|inputs`? tokens|too many (input |prompt )?tokens|too many (images|frames|videos)"
    r"|(at most|up to) \d{1,6} (image|video|audio)(s|\(s\))",
    re.IGNORECASE,
)
# OpenAI, with 429: more tokens than its limit allows in any minute, so that no waiting helps.
_NEVER = re.compile(r"request too large", re.IGNORECASE)
_MODERATED = re.compile(r"moderat|flagged|content.?(policy|filter|safety)|safety (policy|filter|system)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Faults:
    """Names what went wrong with one server. `timeout` is in seconds; no text it gives holds `secret`."""

    base_url: str
    model: str
    timeout: float
    api_key_env: str | None
    secret: str | None = field(repr=False)

    def lost(self, error: Exception) -> TransientError:
        """What it means that a call was cut off by this error (of aiohttp, the openai package or a time-out)."""
        import aiohttp  # not at the top: it is there wherever a call was lost, and most commands make none

        if isinstance(error, OSError) and error.errno in FULL:
            return CrampedError(f"{os.strerror(error.errno or 0)}: lower `concurrency`, or raise `ulimit -n`")
        if why := _away(error):
            return AwayError(f"cannot reach {self.base_url}: {self._clean(why)}")
        if isinstance(error, TimeoutError):
            return TransientError(f"{self.base_url} did not answer within {self.timeout:g} s")
        if isinstance(error, BadAnswerError | aiohttp.ClientPayloadError):
            return TransientError(f"{self.base_url} sent no whole reply: {self._clean(str(error))}")
        if isinstance(error, aiohttp.ClientResponseError):
            return TransientError(f"{self.base_url} sent no usable reply: {self._clean(error.message)}")
        return TransientError(f"{self.base_url} dropped the connection: {self._clean(str(error) or repr(error))}")

    def refused(self, answer: Answer) -> AskError:
        """What this answer, which is no 2xx, means."""
        status, said = answer.status, _said(answer.body)
        text = self._clean(said.message or answer.body.decode("utf-8", "replace") or "no reason given")
        if status == 403 and _MODERATED.search(answer.body.decode("utf-8", "replace")[:SIFTED]):
            return RefusedError(f"HTTP 403: {text}")
        if status in (401, 403):
            hint = f"check {self.api_key_env}" if self.api_key_env else "set api_key_env"
            what = "refuses the key" if status == 401 else "forbids it"
            also = "" if status == 401 else ", and what its account may use from here"
            return FatalError(f"{self.base_url} {what} ({status}): {hint}{also}; it says: {text}")
        if status in (402, 404) or "insufficient_quota" in (said.code, said.type) or "insufficient_quota" in text:
            return FatalError(f"{self.base_url} cannot serve model {self.model!r} ({status}): {text}")
        if status < 400:
            return FatalError(f"{self.base_url} answers {status} with a redirection: set base_url to where it leads")
        line = f"HTTP {status}: {text}"
        if status == 413 or (status == 429 and _NEVER.search(said.message)):
            return TooLongError(line)
        if status in (429, _OVERLOADED) or (status == 503 and "retry-after" in answer.headers):
            return ThrottledError(line, retry_after(answer.headers))
        if status in _PASSING or status >= 500:
            return TransientError(line, retry_after(answer.headers))
        if status in (400, 422) and said.too_long(text):
            return TooLongError(line)
        return RefusedError(line)

    def unread(self, answer: Answer, error: TransientError) -> TransientError:
        """What this 2xx means, in which `error` found no completion: some servers send their own errors so."""
        text = self._clean(_said(answer.body).message)
        return TransientError(f"the server's reply is an error: {text}", retry_after(answer.headers)) if text else error

    def shown(self, text: str) -> str:
        """What a server says, on one line, not too long and without the key."""
        return self._clean(text)

    def _clean(self, text: str) -> str:
        shown = text.replace(self.secret, "[key]") if self.secret else text
        return " ".join(shown[:SIFTED].split())[:SHOWN]


@dataclass(frozen=True, slots=True)
class _Said:
    """What a server's error says of itself; "" where it says nothing."""

    message: str = ""
    code: str = ""
    type: str = ""
    param: str = ""

    def too_long(self, text: str) -> bool:
        """Whether this is about the prompt's length. `text` is what there is to read, also without a message."""
        words = f"{self.message or text} {self.code} {self.type}"
        return self.param == "input_tokens" or _TOO_LONG.search(words) is not None


def _said(body: bytes) -> _Said:
    """OpenAI's {"error": {…}}, also in a list (Gemini); without that level (older vLLM); bare "error", "detail"."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return _Said()
    if isinstance(said, list) and len(said) == 1:
        said = said[0]
    if not isinstance(said, dict):
        return _Said()
    error = said.get("error")
    table: dict[str, Any] = error if isinstance(error, dict) else said
    message = _word(table.get("message")) or _word(said.get("error")) or _word(said.get("detail"))
    return _Said(message, *(_word(table.get(name)) for name in ("code", "type", "param")))


def _word(value: Any) -> str:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _away(error: Exception) -> str:
    """Why there is no connection; "" where there was one."""
    import aiohttp

    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "no connection in time"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy says {error.status} {error.message}"
    if isinstance(error, aiohttp.InvalidURL):
        return "no such address"
    if not isinstance(error, aiohttp.ClientConnectorError):
        return ""
    return _cause(error.os_error, type(error) is aiohttp.ClientConnectorError)


def _cause(error: OSError, numbered: bool) -> str:
    """The system's own words where it has some; TLS and the look-up of names count their errors differently."""
    number = error.errno
    return os.strerror(number) if numbered and number and number in errno.errorcode else str(error.strerror or error)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: milliseconds, seconds, or a date in the header; None where it does not.

    What lies in the past (the clocks differ), or is no wait at all, is no wish.
    """
    exact = _seconds(headers.get("retry-after-ms"))
    if exact is not None:
        return exact / 1000
    value = headers.get("retry-after")
    seconds = _seconds(value)
    return _until(value) if value is not None and seconds is None else seconds


def _seconds(value: str | None) -> float | None:
    try:
        return _sane(float(value or ""))
    except ValueError:
        return None


def _until(date: str) -> float | None:
    try:
        then = parsedate_to_datetime(date)
        return _sane((then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None


def _sane(wait: float) -> float | None:
    """This wait; None where it lies in the past, is no number or ends after years: no server means that."""
    return wait if 0 <= wait <= YEAR else None
