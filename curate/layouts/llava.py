"""Conversations for LLaVA's trainers (github.com/haotian-liu/LLaVA, docs/Finetune_Custom_Data.md; LLaVA-NeXT).

Both know one marker, `<image>`, for a video too (LLaVA-NeXT at 45f2d92, llava/train/train.py:
`LazySupervisedDataset._get_item` and `preprocess_multimodal`); `<video>` would be plain text to them.
"""

from typing import ClassVar

from curate.layout import Layout, Sparse
from curate.record import Output, Record
from curate.turns import Turn, conversation

MARKER = "<image>"


class LlavaRow(Sparse):
    """A conversation about an image or a video; the key of the other one is left out of JSON."""

    absent: ClassVar[frozenset[str]] = frozenset({"image", "video"})
    id: str
    image: str | None = None
    video: str | None = None
    conversations: tuple[Turn, ...]  # type: ignore[valid-type]


class LlavaLayout(Layout):
    """Conversations as LLaVA's trainers read them: `<image>` once, be it a video, then the question."""

    sft = LlavaRow

    def row(self, record: Record) -> Output:
        """The medium under the key of its kind, and two turns."""
        medium = {record.data_type: self.path(record)}
        return LlavaRow(id=str(record.problem_id), conversations=conversation(record, MARKER), **medium)
