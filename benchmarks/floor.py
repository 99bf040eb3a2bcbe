"""The least that asking can cost: a bare loop posts JSON, reads the replies and appends them to a file.

No journal, no retries, no checks, one connection for each request in flight, HTTP by hand.
"""

import argparse
import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from benchmarks.cost import Clock
from benchmarks.replies import ANSWER, asking

ROOT = Path(__file__).parent.parent
RECORD = 4250  # characters: of the caption record that a real prompt holds
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_BLANK = b"\r\n\r\n"


def bodies(requests: int) -> Iterator[bytes]:
    """What a stage would post: as long as the real thing, each made when it is its turn."""
    system = (ROOT / "prompts/draft/video/system.md").read_text()
    user = (ROOT / "prompts/draft/video/user.md").read_text()
    shape = json.loads((ROOT / "schemas/draft.json").read_text())
    for number in range(requests):
        text = f"{'x' * RECORD}\n{user}\nWhat moves in part {number} of this scene? {asking(ANSWER)}"
        messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
        form = {"type": "json_schema", "json_schema": {"name": "draft", "schema": shape, "strict": True}}
        said = {"model": "reasoner-1", "messages": messages, "max_tokens": 8192, "response_format": form}
        yield json.dumps(said).encode()


class _Line(asyncio.Protocol):
    """One connection: posts the next body as soon as the reply to the last one is in the file."""

    def __init__(self, waiting: Iterator[bytes], out: BinaryIO) -> None:
        self._waiting = waiting
        self._out = out
        self._held = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._post()

    def data_received(self, data: bytes) -> None:
        self._held += data
        blank = self._held.find(_BLANK)
        length = _LENGTH.search(self._held, 0, blank) if blank >= 0 else None
        if length and len(self._held) >= blank + len(_BLANK) + int(length[1]):
            reply = json.loads(self._held[blank + len(_BLANK) :])
            self._out.write(json.dumps(reply["choices"][0]["message"]).encode() + b"\n")
            self._held = b""
            self._post()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server hung up"))

    def _post(self) -> None:
        body = next(self._waiting, None)
        if body is None:
            self.done.set_result(None)
            self._transport.close()
        else:
            head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: loopback\r\nContent-Length: %d\r\n\r\n" % len(body)
            self._transport.write(head + body)


async def asked(port: int, requests: int, flying: int, file: Path) -> None:
    """Post so many requests, at most `flying` at once, and append the replies to this file."""
    loop, waiting = asyncio.get_running_loop(), bodies(requests)
    with file.open("ab") as out:
        made = [await loop.create_connection(lambda: _Line(waiting, out), "127.0.0.1", port) for _ in range(flying)]
        await asyncio.gather(*(line.done for _, line in made))


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("port", type=int)
    parser.add_argument("requests", type=int)
    parser.add_argument("flying", type=int)
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    clock = Clock()
    asyncio.run(asked(given.port, given.requests, given.flying, given.file))
    clock.tell()


if __name__ == "__main__":
    _main()
