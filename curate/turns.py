"""A record as turns of a conversation, in which a marker holds the place of the medium."""

import re
from typing import Any

from pydantic import create_model

from curate.record import Output, Record, Thought
from curate.tags import process

MARKER = re.compile(r"<(image|video|audio)>")
MARKERS = ("<image>", "<video>", "<audio>")
WIDTH = 7  # characters of each


class Message(Output):
    """One turn, as OpenAI names its parts."""

    role: str
    content: str


# One turn as ShareGPT and LLaVA name its parts; one of them is a word that Python keeps for itself.
PARTS: dict[str, Any] = {"from": (str, ...), "value": (str, ...)}
Turn = create_model("Turn", __base__=Output, __module__=__name__, **PARTS)


def target(record: Record) -> str:
    """What a model is to answer: the last thinking and the reference answer (VideoRFT's SFT trainer joins them so)."""
    return f"{process(record[Thought].thinking)}\n{record.solution}"


def marked(record: Record, marker: str | None = None) -> str:
    """The question with its options, behind the one marker of its medium: that of its kind, or this one."""
    return f"{marker or f'<{record.data_type}>'}\n{unmarked(record.question)}"


def unmarked(text: str) -> str:
    """The text without markers, which trainers count: at its ends they go, within it they get other brackets."""
    start, end = 0, len(text)
    while start < end and (text[start].isspace() or text.startswith(MARKERS, start, end)):
        start += 1 if text[start].isspace() else WIDTH
    while start < end and (text[end - 1].isspace() or text.endswith(MARKERS, start, end)):
        end -= 1 if text[end - 1].isspace() else WIDTH
    return MARKER.sub(r"[\1]", text[start:end])


def messages(record: Record, marker: str | None = None) -> tuple[Message, ...]:
    """The question, and the answer where the record carries a thought."""
    question = Message(role="user", content=marked(record, marker))
    if Thought not in record:
        return (question,)
    return (question, Message(role="assistant", content=unmarked(target(record))))


def conversation(record: Record, marker: str | None = None) -> tuple[Output, ...]:
    """The question and the answer of a record that carries a thought, as turns of `human` and `gpt`."""
    question, answer = messages(record, marker)
    return (
        Turn(**{"from": "human", "value": question.content}),
        Turn(**{"from": "gpt", "value": answer.content}),
    )


def columns(record: Record, row_type: type[Output]) -> dict[str, Any]:
    """The record's own values for those columns of a row that are called as its fields are."""
    return {name: getattr(record, name) for name in row_type.model_fields if name in Record.model_fields}


def shown(record: Record, path: str) -> dict[str, Any]:
    """The medium at this path in the lists `images` and `videos`, one of which is empty."""
    return {f"{kind}s": (path,) if record.data_type == kind else () for kind in ("image", "video")}
