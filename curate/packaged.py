"""Posting with the openai package, which names itself to the server and costs four times the CPU of aiohttp alone."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from curate.posting import ENCODINGS, IDLE, PATH, Answer, BadAnswerError, bounded, check, connect_timeout, proxy


class Packaged:
    """The openai package over aiohttp, opened like `Direct`, with at most `concurrency` connections."""

    def __init__(self, base_url: str, key: str | None, timeout: float, concurrency: int) -> None:
        # A second of imports that nobody else should wait for.
        import aiohttp
        import httpx2
        import openai

        class Http(openai.DefaultAioHttpClient):
            """Reads bounded answers."""

            async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
                response = await super().send(request, **options | {"stream": True})
                try:
                    check(response.headers)
                    body = await bounded(response.aiter_bytes())
                finally:
                    await response.aclose()
                headers = {k: v for k, v in response.headers.items() if k != "content-encoding"}
                return httpx2.Response(response.status_code, headers=headers, content=body, request=request)

        connect = connect_timeout(timeout)
        limits = httpx2.Limits(max_connections=concurrency, keepalive_expiry=IDLE)
        self._timeout = timeout
        self.errors: tuple[type[Exception], ...] = (aiohttp.ClientError, OSError)
        self._kind = httpx2.Response
        self._status = openai.APIStatusError
        self._error = openai.APIError
        # The client would take OPENAI_API_KEY from the environment and send it to any server.
        self._options: Any = {} if key else {"headers": {"Authorization": openai.Omit()}}
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=key or "none",
            max_retries=0,
            default_headers={"Accept-Encoding": ENCODINGS},
            timeout=openai.Timeout(timeout, connect=connect, pool=connect),
            http_client=Http(limits=limits, follow_redirects=False, proxy=proxy(base_url)),
        )

    async def post(self, body: bytes) -> Answer:
        """Send this JSON once; whatever the status, the answer."""
        return await self._answered(self._client.post(PATH, cast_to=self._kind, content=body, options=self._options))

    async def get(self, url: str) -> Answer:
        """What is at this address, which is one of the same server's: the key goes along."""
        return await self._answered(self._client.get(url, cast_to=self._kind, options=self._options))

    async def _answered(self, call: Awaitable[Any]) -> Answer:
        try:
            async with asyncio.timeout(self._timeout):
                said = await call
        except self._status as error:
            said = error.response
        except self._error as error:
            raise self._root(error) from None
        return Answer(said.status_code, said.headers, said.content)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _root(self, error: BaseException) -> BaseException:
        """aiohttp's own error below the package's."""
        found: BaseException | None = error
        while found and not isinstance(found, self.errors):
            found = found.__cause__
        return found or BadAnswerError(str(error))
