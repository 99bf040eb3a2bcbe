"""Posting a body of JSON to one address, many at once.

A client rests on aiohttp, which is imported with the first of them: no other command waits for that. It raises
`errors` where no whole answer came: aiohttp's own, `TimeoutError` and other `OSError`. It never asks twice or follows
a redirection (the key would travel with it); it reads a bounded answer, and goes through the proxy that the
environment names.
"""

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from curate import __version__

if TYPE_CHECKING:
    from aiohttp import ClientResponse

log = logging.getLogger(__name__)

MOST = 64 * 2**20  # bytes of an answer that are read: many times the longest reply of any model
WHOLE = 2**20  # bytes of a body that are handed on at once; what is larger goes piece by piece
IDLE = 4.0  # seconds that an idle connection is kept: uvicorn (vLLM), node and llama.cpp close theirs after 5
CONNECT = 15.0  # seconds at most until a connection stands
PATH = "/chat/completions"
ENCODINGS = "gzip, deflate"  # of an answer; several in a row could make any size out of one bounded piece


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered: its status, its headers (found in any case) and its whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class BadAnswerError(OSError):
    """An answer came, but not one that can be taken."""


class Client(Protocol):
    """One server's door, open for a run. `errors` are those that tell of a call without a whole answer."""

    errors: tuple[type[Exception], ...]

    async def post(self, body: bytes) -> Answer:
        """Send this JSON once; whatever the status, the answer."""

    async def get(self, url: str) -> Answer:
        """What is at this address, which is one of the same server's: the key goes along."""

    async def close(self) -> None:
        """Close the connections."""


class Direct:
    """aiohttp alone, without cookies. `timeout` is seconds for the whole call; without `key` no key is sent.
    `path` is behind the address.

    It holds as many connections as calls are under way. Make it inside a running loop.
    """

    def __init__(self, base_url: str, key: str | None, timeout: float, path: str = PATH) -> None:
        import aiohttp

        self.errors: tuple[type[Exception], ...] = (aiohttp.ClientError, OSError)
        self._url = base_url.rstrip("/") + path
        self._session: aiohttp.ClientSession = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=timeout, connect=connect_timeout(timeout)),
            headers=_headers(key),
            proxy=proxy(base_url),
        )

    async def post(self, body: bytes) -> Answer:
        """Send this JSON once; whatever the status, the answer."""
        size = {"Content-Length": str(len(body))}
        data = body if len(body) <= WHOLE else _slices(body)
        async with self._session.post(self._url, data=data, headers=size, allow_redirects=False) as response:
            answer = await _whole(response)
        if log.isEnabledFor(logging.DEBUG):
            task = asyncio.current_task()
            name = task.get_name() if task else "-"
            log.debug("%s: HTTP %d: sent %d bytes, got %d", name, answer.status, len(body), len(answer.body))
        return answer

    async def get(self, url: str) -> Answer:
        """What is at this address, which is one of the same server's: the key goes along."""
        async with self._session.get(url, allow_redirects=False) as response:
            return await _whole(response)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


async def _whole(response: "ClientResponse") -> Answer:
    check(response.headers)
    return Answer(response.status, response.headers, await bounded(response.content.iter_any()))


def connect_timeout(timeout: float) -> float:
    """Seconds until a connection must stand: half of the whole at most, so that it is told from a slow answer."""
    return min(timeout / 2, CONNECT)


def proxy(base_url: str) -> str | None:
    """The proxy that the environment names for this address. Raises ValueError where it is no HTTP proxy."""
    parts = urlsplit(base_url)
    if proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if found and "://" not in found:
        found = f"http://{found}"
    if found and urlsplit(found).scheme not in ("http", "https"):
        raise ValueError(f"the proxy of the environment for {base_url} is no HTTP proxy")
    return found


async def bounded(pieces: AsyncIterable[bytes]) -> bytes:
    """All of these pieces. Raises BadAnswerError where they are too many."""
    taken, size = [], 0
    async for piece in pieces:
        taken.append(piece)
        size += len(piece)
        if size > MOST:
            raise BadAnswerError(f"more than {MOST // 2**20} MiB")
    return b"".join(taken)


async def _slices(body: bytes) -> AsyncIterator[memoryview]:
    view = memoryview(body)
    for start in range(0, len(body), WHOLE):
        yield view[start : start + WHOLE]


def _headers(key: str | None) -> dict[str, str]:
    named = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": f"curate/{__version__}"}
    named["Accept-Encoding"] = ENCODINGS
    return named | ({"Authorization": f"Bearer {key}"} if key else {})


def check(headers: Mapping[str, str]) -> None:
    """Raises BadAnswerError where the body is packed in a way that nobody asked for."""
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", *ENCODINGS.split(", ")):
        raise BadAnswerError(f"an encoding that was not asked for ({encoding[:40]})")
