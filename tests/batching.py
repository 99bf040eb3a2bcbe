"""A real server on loopback with OpenAI's files and batches, which keeps a ledger of what it sold."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.running import Running
from tests.server import Answer, failure, said, sensible, stage_of

Weather = Callable[[str, str], Answer | None]
"""What becomes of a call, by its method and path: None is fine weather."""
DONE = Answer(b"", hang_up=True)  # the call does what it does, and nobody hears of it
GONE = Answer(b"", status=0, hang_up=True)  # it does nothing


def fine(_method: str, _path: str) -> None:
    """Nothing goes wrong."""


@dataclass
class Fate:
    """How a batch ends: its status, how many of its lines are answered (None: all), and why it failed."""

    status: str = "completed"
    answered: int | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    delay: float = 0.0
    telling: bool = True  # whether the error file names those that were not answered


@dataclass
class _Batch:
    number: int
    file: str
    asked: dict[str, Any]
    fate: Fate
    at: float
    output: bytes = b""
    error: bytes = b""


class BatchServer(Running):
    """Answers batches with what `answer` says to each body; `fate` says how the n-th batch ends, from 0."""

    def __init__(self, answer: Callable[[dict[str, Any]], Answer] = sensible) -> None:
        self.answer = answer
        self.fate: Callable[[int], Fate] = lambda _: Fate()
        self.weather: Weather = fine
        self.marked = True  # whether it keeps the metadata of a batch
        self.pages: dict[str, Answer] = {}  # what it answers to other GETs, by path
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, _Batch] = {}
        self.calls: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.bought: Counter[str] = Counter()  # by custom_id
        self.lag = 0.0  # seconds until it tells that a batch has begun
        self.extra = b""  # that stands in every output file, too
        self._lock = threading.Lock()
        self._number = count()
        super().__init__(self._handler())

    @property
    def url(self) -> str:
        """The base URL, as it stands in the settings."""
        return f"{super().url}/v1"

    def stages(self) -> list[list[str]]:
        """The stages of the requests of each batch so far."""
        return [[stage_of(asked["body"]) for asked in self.lines(batch)] for batch in self.batches.values()]

    def lines(self, batch: _Batch) -> list[dict[str, Any]]:
        """What a batch asks."""
        return [json.loads(line) for line in self.files[batch.file].splitlines()]

    def posted(self) -> list[str]:
        """The paths of all that was sent."""
        return [path for method, path in self.calls if method == "POST"]

    def serve(self, method: str, path: str, body: bytes, kind: str) -> Answer:
        """One call, in whatever weather."""
        with self._lock:
            self.calls.append((method, path.partition("?")[0]))
            weather = self.weather(method, path.partition("?")[0])
        if weather is not None and weather is not DONE:
            time.sleep(weather.delay)
            return weather
        with self._lock:
            done = self._done(method, path, body, kind)
        time.sleep(self.lag * (path == "/v1/batches" and method == "POST"))
        return DONE if weather is DONE else done

    def _done(self, method: str, path: str, body: bytes, kind: str) -> Answer:
        parts = urlsplit(path)
        match [method, *parts.path.removeprefix("/v1/").split("/")]:
            case ["POST", "chat", "completions"]:
                return self.answer(json.loads(body))
            case ["POST", "files"]:
                return self._filed(body, kind)
            case ["POST", "batches"]:
                return self._begun(json.loads(body))
            case ["GET", "batches"]:
                return self._listed(parse_qs(parts.query))
            case ["GET", "batches", name] if name in self.batches:
                return Answer(self._told(name))
            case ["GET", "files", name, "content"] if name in self.files:
                return Answer(self.files[name])
        page = self.pages.get(path) if method == "GET" else None
        return page or failure(404, f"nothing at {path}")

    def _filed(self, body: bytes, kind: str) -> Answer:
        parts = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body).get_payload()
        fields = {part.get_param("name", header="content-disposition"): part for part in parts}
        assert fields["purpose"].get_payload(decode=True).strip() == b"batch"
        name = f"file-{next(self._number)}"
        self.files[name] = fields["file"].get_payload(decode=True)
        return Answer({"id": name, "object": "file", "purpose": "batch"})

    def _begun(self, asked: dict[str, Any]) -> Answer:
        assert asked["endpoint"] == "/v1/chat/completions"
        assert asked["completion_window"] == "24h"
        name = f"batch_{len(self.batches)}"
        fate = self.fate(len(self.batches))
        batch = _Batch(len(self.batches), asked["input_file_id"], asked, fate, time.time())
        self.batches[name] = batch
        if fate.status != "failed":
            self._answered(batch)
        return Answer(self._told(name))

    def _answered(self, batch: _Batch) -> None:
        lines = self.lines(batch)
        most = len(lines) if batch.fate.answered is None else batch.fate.answered
        good, bad = [self.extra] if self.extra else [], []
        for number, line in enumerate(lines):
            key, said = line["custom_id"], {"id": f"r{number}", "custom_id": line["custom_id"], "error": None}
            if number >= most:
                told = {"code": f"batch_{batch.fate.status}", "message": "its turn did not come"}
                unanswered = json.dumps(said | {"response": None, "error": told}).encode()
                bad += [unanswered] if batch.fate.telling else []
                continue
            answer = self.answer(line["body"])
            said["response"] = {"status_code": answer.status, "request_id": "q", "body": answer.body}
            (good if answer.status == 200 else bad).append(json.dumps(said).encode())
            self.bought[key] += answer.status == 200
        batch.output, batch.error = b"\n".join(good), b"\n".join(bad)

    def _told(self, name: str) -> dict[str, Any]:
        batch = self.batches[name]
        said = {"id": name, "object": "batch", "input_file_id": batch.file, "status": "in_progress", "errors": None}
        said |= {"created_at": int(batch.at), "metadata": batch.asked["metadata"] if self.marked else None}
        if time.time() < batch.at + batch.fate.delay:
            return said | {"output_file_id": None, "error_file_id": None}
        for kind, held in (("output", batch.output), ("error", batch.error)):
            file = f"{kind}-{name}"
            said[f"{kind}_file_id"] = file if held else None
            self.files[file] = held
        errors = {"object": "list", "data": batch.fate.errors} if batch.fate.errors else None
        return said | {"status": batch.fate.status, "errors": errors}

    def _listed(self, query: dict[str, list[str]]) -> Answer:
        names = list(reversed(self.batches))
        after = query.get("after", [""])[0]
        start = names.index(after) + 1 if after else 0
        page = names[start : start + 2]  # less than was asked for: there is more than one page
        return Answer({"data": [self._told(name) for name in page], "has_more": start + 2 < len(names)})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self._serve(self.rfile.read(int(self.headers["Content-Length"])))

            def do_GET(self) -> None:
                self._serve(b"")

            def _serve(self, body: bytes) -> None:
                model.headers.append({k.lower(): v for k, v in self.headers.items()})
                answer = model.serve(self.command, self.path, body, self.headers.get("Content-Type", ""))
                said(self, answer)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        return Handler
