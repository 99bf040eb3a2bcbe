"""A server's files and batches over HTTP, as OpenAI's API has them: each call is made once, and none follows a
redirection.
"""

import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from curate import __version__
from curate.batchfile import URL
from curate.batchitems import FORGET
from curate.errors import FatalError, TransientError
from curate.faults import Faults
from curate.posting import ENCODINGS, Answer, bounded, check, connect_timeout, proxy
from curate.wire import table

if TYPE_CHECKING:
    import aiohttp

WINDOW = "24h"  # in which a batch is answered or expires; OpenAI knows no other
MARK = "curate"  # the field of a batch's metadata that holds our own name for it
PAGE = 100  # batches that are listed at once
FURTHEST = 100  # such pages that are looked through
SLOWEST = 50_000  # bytes a second that a file travels at, at least
MOST = 8 * 2**30  # bytes of answers that are taken from one batch
MISSING = (404, 405, 501)
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a batch was not taken; `line` counts from 1."""

    code: str
    message: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """What the server says of a batch."""

    batch_id: str
    status: str
    input_file: str
    mark: str
    files: tuple[str, ...]
    problems: tuple[Problem, ...] = field(default=())

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.status in ENDED


class BatchServer:
    """One server's door for files and batches. All raise TransientError, RefusedError or FatalError.

    `timeout` is seconds for one call; a file gets more, by its size. Make it inside a running loop.
    """

    def __init__(self, base_url: str, key: str | None, timeout: float, faults: Faults) -> None:
        import aiohttp

        self._errors: tuple[type[Exception], ...] = (aiohttp.ClientError, OSError)
        self._url = base_url.rstrip("/")
        self._timeout = timeout
        self._faults = faults
        headers = {"User-Agent": f"curate/{__version__}", "Accept-Encoding": ENCODINGS}
        self._session: aiohttp.ClientSession = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers | ({"Authorization": f"Bearer {key}"} if key else {}),
            proxy=proxy(base_url),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def upload(self, path: Path) -> str:
        """Bring this file there; by which name the server knows it from now on."""
        import aiohttp

        with path.open("rb") as file:
            form = aiohttp.FormData()
            form.add_field("purpose", "batch")
            form.add_field("file", file, filename=path.name, content_type="application/jsonl")
            size = os.fstat(file.fileno()).st_size
            return _word(await self._said("POST", "/files", size=size, data=form), "id")

    async def create(self, file_id: str, mark: str) -> Told:
        """Have this file answered."""
        asked = {"input_file_id": file_id, "endpoint": URL, "completion_window": WINDOW, "metadata": {MARK: mark}}
        return self._told(await self._said("POST", "/batches", json=asked))

    async def batch(self, batch_id: str) -> Told | None:
        """How far this batch is; None where the server knows none of that name."""
        async with self._answered("GET", f"/batches/{quote(batch_id, safe='')}") as response:
            if response.status == 404:
                return None
            return self._told(await self._json(response))

    async def found(self, file_id: str, mark: str) -> Told | None:
        """The batch that was made of this file; None where there is none, or only one that failed."""
        after = ""
        for _ in range(FURTHEST):
            said = await self._said("GET", f"/batches?limit={PAGE}{after}")
            page = [self._told(each) for each in _list(said)]
            for told in page:
                if told.status != "failed" and (told.mark == mark or told.input_file == file_id):
                    return told
            if not page or not said.get("has_more"):
                return None
            after = f"&after={quote(page[-1].batch_id, safe='')}"
        return None

    async def download(self, batch_id: str, file_id: str, path: Path) -> None:
        """Write this file, which holds answers of that batch, there, whole."""
        size, where = 0, f"/files/{quote(file_id, safe='')}/content"
        with path.open("wb") as file:
            async with self._answered("GET", where, MOST) as response:
                if not 200 <= response.status < 300:
                    await self._json(
                        response, f"no longer has {file_id}, which holds answers: {FORGET.format(batch_id)}"
                    )
                async for piece in response.content.iter_any():
                    if (size := size + len(piece)) > MOST:
                        raise FatalError(f"{self._url} sends more than {MOST >> 30} GiB of answers to one batch")
                    file.write(piece)

    def _told(self, said: Mapping[str, Any]) -> Told:
        metadata, errors = said.get("metadata"), said.get("errors")
        files = (said.get("output_file_id"), said.get("error_file_id"))
        return Told(
            _word(said, "id"),
            _word(said, "status"),
            _text(said.get("input_file_id")),
            _text(metadata.get(MARK)) if isinstance(metadata, dict) else "",
            tuple(file for file in files if isinstance(file, str) and file),
            tuple(map(self._problem, _list(errors))) if isinstance(errors, dict) else (),
        )

    def _problem(self, said: Mapping[str, Any]) -> Problem:
        shown = self._faults.shown
        return Problem(shown(_text(said.get("code"))), shown(_text(said.get("message"))), _number(said.get("line")))

    async def _said(self, method: str, path: str, **what: Any) -> dict[str, Any]:
        async with self._answered(method, path, **what) as response:
            return await self._json(response)

    @asynccontextmanager
    async def _answered(
        self, method: str, path: str, size: int = 0, **what: Any
    ) -> "AsyncIterator[aiohttp.ClientResponse]":
        import aiohttp

        total = self._timeout + size / SLOWEST
        limits = aiohttp.ClientTimeout(total=total, connect=connect_timeout(self._timeout), sock_read=self._timeout)
        where = self._url + path
        try:
            async with self._session.request(method, where, timeout=limits, allow_redirects=False, **what) as response:
                check(response.headers)
                yield response
        except self._errors as error:
            raise self._faults.lost(error) from None

    async def _json(self, response: "aiohttp.ClientResponse", lacks: str = "has no batches") -> dict[str, Any]:
        """The object that a good answer holds; a server that has no such thing `lacks` it."""
        answer = Answer(response.status, response.headers, await bounded(response.content.iter_any()))
        if answer.status in MISSING:
            raise FatalError(f"{self._url} {lacks} ({answer.status})")
        if not 200 <= answer.status < 300:
            raise self._faults.refused(answer)
        try:
            return table(json.loads(answer.body), "an object")
        except (ValueError, RecursionError) as error:
            raise TransientError(f"{self._url} sent no usable reply: {error}") from None


def _list(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    data = said.get("data")
    return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []


def _word(said: Mapping[str, Any], name: str) -> str:
    if not (word := _text(said.get(name))):
        raise TransientError(f"the server's reply about a batch tells no {name}")
    return word


def _text(said: Any) -> str:
    return said.encode("utf-8", "replace").decode() if isinstance(said, str) else ""


def _number(said: Any) -> int | None:
    return said if type(said) is int else None
