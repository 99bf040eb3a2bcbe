"""A real OpenAI-compatible server on loopback, port 0, for as long as a test needs it."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.running import Running

THINKING = (
    "Let me watch the whole clip in my mind first. At the beginning the grey shape stands still on the green "
    "ground, and around the middle it begins to move to the right. The question asks what can be seen, so the "
    "first choice fits what the video shows."
)
OPENINGS = {
    "You are a": "caption", "You answer": "draft", "You check": "revise", "You judge": "judge", "You take": "blind",
    "Greet me": "probe", "You read": "canary",
}  # fmt: skip
REVISED = THINKING.replace("begins to move", "slowly begins to move")


@dataclass
class Answer:
    """One HTTP answer: its status, headers and body (a dict is sent as JSON, bytes as they are)."""

    body: dict[str, Any] | bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    hang_up: bool = False


def completion(content: str | None, finish: str = "stop", **message: Any) -> Answer:
    """A chat completion with this text."""
    said = {"role": "assistant", "content": content, **message}
    answered = 8192 if finish == "length" else 5
    usage = {"prompt_tokens": 10, "completion_tokens": answered, "prompt_tokens_details": {"cached_tokens": 4}}
    choice = {"index": 0, "message": said, "finish_reason": finish}
    return Answer({"id": "c", "model": "served", "choices": [choice], "usage": usage})


def failure(status: int, message: str, **headers: str) -> Answer:
    """An error in OpenAI's form."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Answer({"error": {"message": message, "type": "error"}}, status, named)


def stage_of(body: dict[str, Any]) -> str:
    """Which stage asks: each has its own system prompt."""
    system = body["messages"][0]["content"]
    for opening, stage in OPENINGS.items():
        if system.startswith(opening):
            return stage
    raise AssertionError(system)


def caption(body: dict[str, Any]) -> Answer:
    """A caption record that fits the request's schema."""
    schema = body["response_format"]["json_schema"]["schema"]
    if "image_caption" in schema["properties"]:
        scene = {"environment": "a plain wall", "activity": "none"}
        metadata = {"objects": [], "text": [], "scene_context": scene, "relations": []}
        return completion(json.dumps({"image_caption": "A CAPTION of a sign.", "metadata": metadata}))
    count = schema["properties"]["frames"]["minItems"]
    elements = {
        "objects": ["shape"],
        "actions": ["standing"],
        "scene": "a field",
        "notable_features": ["grey"],
        "spatial_relations": ["shape on field"],
        "human_attributes": None,
        "potential_interactions": [],
    }
    frame = {"timestamp": "99:99:99", "caption": "A CAPTION of one frame.", "key_elements": elements}
    return completion(json.dumps({"video_caption": "A CAPTION of the clip.", "frames": [frame] * count}))


def sensible(body: dict[str, Any]) -> Answer:
    """What a good model would say; the answer is always A."""
    stage = stage_of(body)
    if stage == "canary":  # it tells no tokens, by which its frames could be counted
        return Answer(completion("I see.").body | {"usage": None})
    if stage == "probe":  # whether a schema is kept
        properties = body["response_format"]["json_schema"]["schema"]["properties"]
        return completion(json.dumps({name: shape["enum"][0] for name, shape in properties.items()}))
    if stage == "caption":
        return caption(body)
    if stage == "draft":
        return completion("So it is <answer>A</answer>", reasoning_content=THINKING)
    return completion(f"<think>{REVISED}</think>")


def said(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """Answer so."""
    if answer.hang_up:
        handler.close_connection = True
        return
    data = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    handler.send_response(answer.status)
    for name, value in {"Content-Type": "application/json", **answer.headers}.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


class ModelServer(Running):
    """Answers /v1/chat/completions with what `answer` says, and remembers what it was asked.

    `pages` are what it answers to GET, by path; anything else is a 404.
    """

    def __init__(self, answer: Callable[[dict[str, Any]], Answer] = sensible) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.pages: dict[str, Answer] = {}
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()
        super().__init__(self._handler())

    @property
    def url(self) -> str:
        """The base URL, as it stands in the settings."""
        return f"{super().url}/v1"

    def stages(self) -> list[str]:
        """The stage of every request so far."""
        return [stage_of(body) for body in self.asked]

    def _take(self, body: dict[str, Any], headers: dict[str, str]) -> Answer:
        with self._lock:
            self.asked.append(body)
            self.headers.append(headers)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        answer = self.answer(body)
        time.sleep(answer.delay)
        with self._lock:
            self.at_once -= 1
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                model.paths.append(self.path)
                self._say(model._take(body, {k.lower(): v for k, v in self.headers.items()}))

            def do_GET(self) -> None:
                model.paths.append(self.path)
                model.headers.append({k.lower(): v for k, v in self.headers.items()})
                page = model.pages.get(self.path, failure(404, "no such page"))
                time.sleep(page.delay)
                self._say(page)

            def _say(self, answer: Answer) -> None:
                said(self, answer)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        return Handler
