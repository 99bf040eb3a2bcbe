"""What this work folder knows of its own pushes: the commit that each repository stood at, and what was sent to it."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, RootModel, ValidationError

from curate.parcel import Content, Files, difference
from curate.swap import synced, told

FILE = "pushed.json"


class Push(BaseModel):
    """The commit that a push found or made, and the files that it sent, whether or not that was acknowledged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    commit: str
    files: dict[str, Content]


class _Pushes(RootModel[dict[str, Push]]):
    """By the repository's address."""


class Pushed:
    """The pushes of one work folder, kept in pushed.json; one that cannot be read counts as none."""

    def __init__(self, work: Path) -> None:
        self._path = work / FILE

    def knows(self, address: str, commit: str, held: Files) -> bool:
        """Whether what this repository holds at this commit came from here, acknowledged or not."""
        push = self._read().root.get(address)
        return push is not None and (push.commit == commit or difference(push.files, held).empty)

    def note(self, address: str, commit: str, files: Files) -> None:
        """Keep that these files go, or went, to a repository that stands at this commit. Raises StoreError."""
        pushes = _Pushes({**self._read().root, address: Push(commit=commit, files=dict(files))})
        new = self._path.with_suffix(".new")
        with told(self._path):
            with new.open("w", encoding="utf-8") as file:
                file.write(pushes.model_dump_json(indent=1) + "\n")
                file.flush()
                os.fsync(file.fileno())
            new.rename(self._path)
            synced(self._path.parent)

    def _read(self) -> _Pushes:
        try:
            return _Pushes.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            return _Pushes({})
