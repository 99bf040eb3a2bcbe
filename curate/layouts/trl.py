"""Rows for TRL's SFTTrainer and GRPOTrainer (huggingface.co/docs/trl/dataset_formats, conversational)."""

from typing import ClassVar

from curate.layout import Layout, Sparse
from curate.record import Output, Record, Thought
from curate.turns import columns, shown, target


class Part(Sparse):
    """One part of a turn: text, the path of a video, or the place of the row's image."""

    absent: ClassVar[frozenset[str]] = frozenset({"text", "video"})
    type: str
    text: str | None = None
    video: str | None = None


class TypedMessage(Output):
    """One turn with typed content."""

    role: str
    content: tuple[Part, ...]


def _video(messages: tuple[TypedMessage, ...]) -> str | None:
    """The path of the video in these turns: embedded bytes stand under it, in a column that the row itself has not."""
    return next((part.video for message in messages for part in message.content if part.video), None)


class TRLRow(Output):
    """A conversation. TRL puts `images` in the places that its messages leave for them."""

    messages: tuple[TypedMessage, ...]
    images: tuple[str, ...]

    @property
    def video(self) -> str | None:
        """The path of its video; None of an image."""
        return _video(self.messages)


class TRLPrompt(Output):
    """A question, and the columns that a reward function is handed."""

    prompt: tuple[TypedMessage, ...]
    images: tuple[str, ...]
    solution: str
    problem_id: int
    problem_type: str
    options: tuple[str, ...]
    data_type: str
    data_source: str
    pass_rate: float | None = None

    @property
    def video(self) -> str | None:
        """The path of its video; None of an image."""
        return _video(self.prompt)


class TRLLayout(Layout):
    """Messages with typed content as TRL's trainers read them; in the RL set `prompt`, `solution` and its kind."""

    sft = TRLRow
    rl = TRLPrompt

    def row(self, record: Record) -> Output:
        """One turn, or two where the record carries a thought."""
        path = self.path(record)
        images = shown(record, path)["images"]
        medium = Part(type="image") if images else Part(type="video", video=path)
        question = TypedMessage(role="user", content=(medium, Part(type="text", text=record.question)))
        if Thought in record:
            answer = TypedMessage(role="assistant", content=(Part(type="text", text=target(record)),))
            return TRLRow(messages=(question, answer), images=images)
        return TRLPrompt(prompt=(question,), images=images, **columns(record, TRLPrompt))
