"""A server of plain sockets on loopback, for what no HTTP library would ever send."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

Say = Callable[[socket.socket, int], None]
"""What is done with one connection; they are counted from 0. It is closed afterwards."""


NO_LIST = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def heard(connection: socket.socket) -> bytes:
    """One whole request, after any for the list of models; b"" where the other side has gone."""
    while (request := _request(connection)).startswith(b"GET "):
        connection.sendall(NO_LIST)
    return request


def _request(connection: socket.socket) -> bytes:
    taken = b""
    while b"\r\n\r\n" not in taken:
        piece = connection.recv(65536)
        if not piece:
            return b""
        taken += piece
    head, _, body = taken.partition(b"\r\n\r\n")
    lines = [line.partition(b":") for line in head.lower().split(b"\r\n")]
    length = next((int(value) for name, _, value in lines if name == b"content-length"), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(body: bytes, *headers: bytes, length: int | None = None) -> bytes:
    """An answer in full, or one that promises another length."""
    size = b"Content-Length: %d" % (len(body) if length is None else length)
    return b"\r\n".join((b"HTTP/1.1 200 OK", size, *headers, b"", body))


class RawServer:
    """Runs `say` on every connection, each in a thread of its own."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.taken = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                count, self.taken = self.taken, self.taken + 1
                threading.Thread(target=self._serve, args=(connection, count), daemon=True).start()

    def _serve(self, connection: socket.socket, count: int) -> None:
        with connection, suppress(OSError):
            self._say(connection, count)
