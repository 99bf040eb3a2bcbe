"""Rows for ms-swift (github.com/modelscope/ms-swift, docs: custom dataset, standard and GRPO format)."""

from curate.layout import Layout
from curate.record import Output, Record, Thought
from curate.turns import Message, columns, messages, shown


class SwiftRow(Output):
    """A conversation, and the media that its markers stand for."""

    messages: tuple[Message, ...]
    images: tuple[str, ...]
    videos: tuple[str, ...]


class SwiftPrompt(SwiftRow):
    """A question, and the columns that a reward function is handed."""

    solution: str
    problem_id: int
    problem_type: str
    options: tuple[str, ...]
    data_source: str
    pass_rate: float | None = None


class MsSwiftLayout(Layout):
    """Messages with `<image>` or `<video>` as ms-swift reads them; in the RL set `solution` beside the question."""

    sft = SwiftRow
    rl = SwiftPrompt

    def row(self, record: Record) -> Output:
        """One turn, or two where the record carries a thought."""
        media = shown(record, self.path(record))
        if Thought in record:
            return SwiftRow(messages=messages(record), **media)
        return SwiftPrompt(messages=messages(record), **columns(record, SwiftPrompt), **media)
