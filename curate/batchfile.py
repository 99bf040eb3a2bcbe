"""The lines of OpenAI's batch files: what is asked goes out as one line each, and comes back as one.

`vllm run-batch` reads and writes the same lines, but for errors, which it keeps outside of the response.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import IO, Any

from curate.errors import TransientError
from curate.posting import PATH, Answer
from curate.wire import read, table

URL = f"/v1{PATH}"
LONGEST = 64 * 2**20  # bytes of a line that is read: many times the longest reply of any model
EXPIRED = "batch_expired"
UNSAID = 0  # the status of an answer that tells none: what was asked may be asked again
_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the request of this key; without an answer where the batch ended before its turn came."""

    key: str
    answer: Answer | None


class Unread(Enum):
    """A line that tells nothing: because it breaks off at the end of the file, or for another reason."""

    CUT = "cut"
    ODD = "odd"


def line(key: str, body: bytes) -> bytes:
    """The line that asks this body; its key comes back with the answer."""
    head = f'{{"custom_id":"{key}","method":"POST","url":"{URL}","body":'
    return b"".join((head.encode(), body, b"}\n"))


def outcomes(file: IO[bytes]) -> Iterator[Outcome | Unread]:
    """What each line tells, if anything. Empty ones do not count."""
    while said := file.readline(LONGEST):
        if said.strip():
            try:
                yield outcome(said)
            except ValueError:
                cut = said.startswith(b"{") and not said.endswith((b"}", b"\n")) and len(said) < LONGEST
                yield Unread.CUT if cut else Unread.ODD


def holds(answer: Answer) -> bool:
    """Whether there is a reply in it."""
    try:
        return 200 <= answer.status < 300 and read(answer.body) is not None
    except TransientError:
        return False


def failure(message: str) -> bytes:
    """The body of an HTTP answer that says this."""
    return json.dumps({"error": {"message": message}}).encode()


def outcome(said: bytes) -> Outcome:
    """What this line of an output or error file tells. Raises ValueError where it is none."""
    try:
        told = table(json.loads(said), "a line of a batch")
        key = told.get("custom_id")
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise ValueError("no custom_id of a request of ours")
        return Outcome(key, _answer(told.get("response"), told.get("error")))
    except RecursionError as error:
        raise ValueError(str(error)) from None


def _answer(response: Any, error: Any) -> Answer | None:
    if not isinstance(response, dict):
        if not error:
            raise ValueError("neither a response nor an error")
        return None if _code(error) == EXPIRED else Answer(UNSAID, {}, _told(error))
    status, body = response.get("status_code"), response.get("body")
    if type(status) is not int or not 100 <= status <= 599:
        raise ValueError("no status of HTTP")
    if error and (not body or 200 <= status < 300):
        return Answer(UNSAID if 200 <= status < 300 else status, {}, _told(error))
    return Answer(status, {}, json.dumps(body).encode())


def _code(error: Any) -> Any:
    return error.get("code") if isinstance(error, dict) else None


def _told(error: Any) -> bytes:
    """The error as the body of an HTTP answer has it."""
    whole = error if isinstance(error, dict) and "error" in error else {"error": error}
    if isinstance(whole["error"], str):
        whole = {"error": {"message": whole["error"]}}
    return json.dumps(whole).encode()
