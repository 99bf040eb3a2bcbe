"""Conversations for LLaMA-Factory (github.com/hiyouga/LLaMA-Factory, data/README.md: sharegpt format)."""

from pathlib import Path
from typing import Any

from curate.layout import Layout
from curate.record import Output, Record
from curate.turns import Turn, conversation, shown

COLUMNS = {"messages": "conversations", "images": "images", "videos": "videos"}


class SharegptRow(Output):
    """A conversation, and the media that its markers stand for."""

    conversations: tuple[Turn, ...]  # type: ignore[valid-type]
    images: tuple[str, ...]
    videos: tuple[str, ...]


class SharegptLayout(Layout):
    """Conversations as LLaMA-Factory reads them; `media_dir` there is the folder that the paths start from."""

    sft = SharegptRow

    def row(self, record: Record) -> Output:
        """Two turns and the lists of media."""
        return SharegptRow(conversations=conversation(record), **shown(record, self.path(record)))

    def beside(self, file: str) -> dict[str, dict[str, Any]]:
        """The entry without which LLaMA-Factory does not know the file; its name is that of the file."""
        entry = {"file_name": file, "formatting": "sharegpt", "columns": COLUMNS}
        return {"dataset_info.json": {Path(file).stem: entry}}
