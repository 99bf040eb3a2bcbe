"""A model server that fails in every way that real ones do, and keeps a ledger of what it sold.

It runs in a thread with a loop of its own and speaks HTTP by hand, so that it can send half a reply,
fall silent or be gone. Only a completion that was sent to its last byte counts as bought.
"""

import asyncio
import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, Self

from tests.faults import Asked, Rule, Wire, wired
from tests.server import Answer, failure, sensible, stage_of

ENOUGH = 60.0  # seconds after which a test gives up waiting
SOON = 0.002


class ChaosServer:
    """Answers sensibly, `delay` seconds late, unless one of the rules has an answer of its own.

    The rules are asked in their order when a request has arrived; the first answer counts.
    """

    def __init__(self, *rules: Rule, delay: float = 0.02, answer: Callable[[dict[str, Any]], Answer] = sensible):
        self.rules: list[Rule] = list(rules)
        self.delay = delay
        self.answer = answer
        self.asked: list[Asked] = []
        self.in_flight = self.most_in_flight = 0
        self._times: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._open: set[_Connection] = set()
        self._listening: asyncio.Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The base URL, as it stands in the settings."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def bought(self) -> list[Asked]:
        """The ledger: every completion that was sent to its last byte, in the order of asking."""
        return [asked for asked in list(self.asked) if asked.bought]

    def __enter__(self) -> Self:
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def up(self) -> None:
        """Listen, on the same port as before."""
        self._done(self._listen())

    def down(self) -> None:
        """Refuse connections, and break those that are open."""
        self._done(self._hush())

    def settled(self) -> None:
        """Wait until every request has left: its client is answered or gone."""
        until(lambda: not self.in_flight)

    def _done(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(ENOUGH)

    async def _listen(self) -> None:
        self._listening = await self._loop.create_server(
            lambda: _Connection(self), "127.0.0.1", self._port, backlog=1024, reuse_address=True
        )
        self._port = self._listening.sockets[0].getsockname()[1]

    async def _hush(self) -> None:
        if self._listening:
            self._listening.close()
        for connection in list(self._open):
            connection.broken()

    def arrived(self, body: dict[str, Any]) -> Asked:
        """Note a request."""
        digest = digest_of(body)
        self._times[digest] += 1
        number, nth = len(self.asked) + 1, self._times[digest]
        asked = Asked(number, digest, nth, stage_of(body), body["model"], words(body), time.monotonic())
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.asked.append(asked)
        return asked

    def left(self, asked: Asked) -> None:
        """Note that a request has been answered, or that nobody waits for it any more."""
        asked.left = time.monotonic()
        self.in_flight -= 1

    def reply(self, asked: Asked, body: dict[str, Any]) -> Wire:
        """What the first rule with an answer says, or the model."""
        for rule in self.rules:
            if wire := rule(asked, body):
                return wire
        return wired(self.answer(body), asked)


class _Connection(asyncio.Protocol):
    """One connection that is kept alive; one request at a time."""

    def __init__(self, server: ChaosServer) -> None:
        self._server = server
        self._buffer = b""
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        self._server._open.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._server._open.discard(self)
        if self._task:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        length = _length(head)
        if not found or len(rest) < length:
            return
        self._buffer = rest[length:]
        if head.startswith(b"POST /v1/chat/completions "):
            self._task = asyncio.get_running_loop().create_task(self._serve(json.loads(rest[:length])))
        else:
            asked = Asked(0, "", 0, "", "", "", 0.0)
            self._transport.write(wired(failure(404, "no such page"), asked).data or b"")

    def broken(self) -> None:
        """Gone from one moment to the next."""
        self._transport.abort()

    async def _serve(self, body: dict[str, Any]) -> None:
        asked = self._server.arrived(body)
        try:
            wire = self._server.reply(asked, body)
            asked.outcome = wire.name
            await asyncio.sleep(self._server.delay)
            await self._send(asked, wire)
        finally:
            self._server.left(asked)

    async def _send(self, asked: Asked, wire: Wire) -> None:
        if wire.data is None:
            await asyncio.Event().wait()  # until the client has had enough
            return
        if self._transport.is_closing():
            return
        self._transport.write(wire.data)
        while self._transport.get_write_buffer_size() and not self._transport.is_closing():
            await asyncio.sleep(SOON)
        asked.bought = wire.paid and not self._transport.is_closing()
        if wire.close:
            self._transport.close()


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")), 0)


def digest_of(body: dict[str, Any]) -> str:
    """A name for what is asked: the messages with their pictures, the schema, the model and the seed."""
    said = [body.get(key) for key in ("messages", "response_format", "model", "seed")]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def words(body: dict[str, Any]) -> str:
    """All text of a request, without its pictures."""
    contents = [message["content"] for message in body["messages"]]
    parts = [part for c in contents for part in ([{"type": "text", "text": c}] if isinstance(c, str) else c)]
    return "\n".join(part["text"] for part in parts if part["type"] == "text")


def until(true: Callable[[], object]) -> None:
    """Wait for this. Raises AssertionError after a minute."""
    end = time.monotonic() + ENOUGH
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(SOON)
