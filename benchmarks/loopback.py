"""A model server on loopback that costs next to nothing: fixed latency, thousands of requests in flight.

`python -m benchmarks.loopback --latency 0.05` prints its port as the first line and serves until it is ended. It
answers `POST /v1/chat/completions` as `benchmarks.replies` says, and tells at `GET /stats` what it was asked.
"""

import argparse
import asyncio
import json
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Self, cast
from urllib.request import urlopen

from benchmarks.replies import FAULTS, failure, http, reply, stage_of

ROOT = Path(__file__).parent.parent
BACKLOG = 4096
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_BLANK = b"\r\n\r\n"


class House:
    """What all connections share: how to answer, and what was asked."""

    def __init__(self, latency: float, faults: float, seed: int) -> None:
        self._latency = latency
        self._faults = faults
        self._chance = random.Random(seed)  # noqa: S311 - nothing secret
        self._loop = asyncio.get_running_loop()
        self._asked: Counter[str] = Counter()
        self._failed = self._flying = self._most = self._connections = self._size = 0
        self._first = self._last = 0.0

    def connected(self) -> None:
        """One connection more."""
        self._connections += 1

    def take(self, transport: asyncio.Transport, head: bytes, body: bytes) -> None:
        """Answer this request, a completion after the latency."""
        if head.startswith(b"GET /stats"):
            transport.write(http(200, json.dumps(self.stats()).encode()))
            return
        stage = stage_of(body)
        if stage is None:
            transport.write(failure(400))
            return
        self._last = time.time()
        self._first = self._first or self._last
        self._asked[stage] += 1
        self._size += len(body)
        self._flying += 1
        self._most = max(self._most, self._flying)
        self._loop.call_later(self._latency, self._give, transport, self._answer(stage, body))

    def stats(self) -> dict[str, Any]:
        """Requests by stage, their bytes, faults among them, the most at once, connections.

        `first` and `last` are when requests came, in seconds since 1970; `cpu` is the server's own, in seconds.
        """
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "requests": dict(self._asked),
            "bytes": self._size,
            "faults": self._failed,
            "most_in_flight": self._most,
            "connections": self._connections,
            "first": self._first,
            "last": self._last,
            "cpu": used.ru_utime + used.ru_stime,
        }

    def _answer(self, stage: str, body: bytes) -> bytes | None:
        if self._faults and self._chance.random() < self._faults:
            self._failed += 1
            return FAULTS[self._failed % len(FAULTS)]
        return reply(stage, body, self._asked.total())

    def _give(self, transport: asyncio.Transport, answer: bytes | None) -> None:
        self._flying -= 1
        if answer is None:
            transport.abort()
        elif not transport.is_closing():
            transport.write(answer)


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with `Content-Length`, one request after another."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._held = bytearray()
        self._ends = 0  # where the request at hand ends; 0 while its head is not whole

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._house.connected()

    def data_received(self, data: bytes) -> None:
        self._held += data
        while self._whole():
            request, self._held = bytes(self._held[: self._ends]), self._held[self._ends :]
            head, _, body = request.partition(_BLANK)
            self._ends = 0
            self._house.take(self._transport, head, body)

    def _whole(self) -> bool:
        if not self._ends:
            blank = self._held.find(_BLANK)
            if blank < 0:
                return False
            length = _LENGTH.search(self._held, 0, blank)
            self._ends = blank + len(_BLANK) + (int(length[1]) if length else 0)
        return len(self._held) >= self._ends


async def serve(latency: float, faults: float, seed: int, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    house = House(latency, faults, seed)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    server = await loop.create_server(lambda: _Connection(house), "127.0.0.1", port, backlog=BACKLOG)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await ended.wait()


class Loopback:
    """The server as a process of its own, for as long as a `with` lasts."""

    def __init__(self, latency: float = 0.05, faults: float = 0.0) -> None:
        self._options = ["--latency", str(latency), "--faults", str(faults)]

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.loopback", *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)  # noqa: S603
        if self._process.stdout is None or not (line := self._process.stdout.readline()):
            raise RuntimeError("the loopback server did not start")
        self.port = int(line)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    @property
    def url(self) -> str:
        """The base URL, as it stands in the settings."""
        return f"http://127.0.0.1:{self.port}/v1"

    def stats(self) -> dict[str, Any]:
        """What it was asked so far, see `House.stats`."""
        with urlopen(f"http://127.0.0.1:{self.port}/stats") as told:
            found: dict[str, Any] = json.load(told)
        return found


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loopback", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--latency", type=float, default=0.05, help="seconds until an answer (default 0.05)")
    parser.add_argument("--faults", type=float, default=0.0, help="this share of requests is refused or cut off")
    parser.add_argument("--seed", type=int, default=0, help="which requests that are (default 0)")
    parser.add_argument("--port", type=int, default=0, help="0 (the default): a free one")
    asked = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # one file for each connection
    asyncio.run(serve(asked.latency, asked.faults, asked.seed, asked.port))


if __name__ == "__main__":
    _main()
