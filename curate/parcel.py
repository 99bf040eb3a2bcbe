"""What a push sends: the published sets and the card, file by file, and how that differs from what the Hub holds."""

import hashlib
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from curate.errors import SettingsError, StoreError
from curate.holdings import SHARD
from curate.splits import SETS

CARD = "README.md"
OURS = re.compile(rf"{re.escape(CARD)}|(?:{'|'.join(SETS)})/[^/]+\.parquet")
PLACE = "OWNER/NAME"  # in the card, where it says how to load the sets
PIECE = 1 << 20  # bytes read at a time


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds: its size in bytes and its SHA-256, or git's SHA-1 of it, or both, in hex."""

    size: int
    sha256: str | None = None
    blob: str | None = None

    def same(self, other: "Content") -> bool:
        """Whether both are the same bytes, by the strongest digest that both have."""
        if self.size != other.size:
            return False
        if self.sha256 and other.sha256:
            return self.sha256 == other.sha256
        return self.blob is not None and self.blob == other.blob


Files = Mapping[str, Content]  # by path in the repository, "sft/train-00000-of-00001.parquet"


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes the Hub's files ours: paths to send, to leave as they are and to remove, each sorted."""

    send: tuple[str, ...]
    same: tuple[str, ...]
    remove: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether the Hub holds our files already, and no other shard in their folders."""
        return not self.send and not self.remove


def parcel(work: Path, to: str) -> dict[str, Content]:
    """The published files of this work folder, as they go to the data set of this name.

    Raises SettingsError where a set is missing or not whole.
    """
    found: dict[str, Content] = {}
    for name in SETS:
        folder = work / name
        shards = {path: match for path in folder.glob("*.parquet") if (match := SHARD.fullmatch(path.name))}
        _whole(folder, shards.values())
        found |= {f"{name}/{path.name}": content(path) for path in shards}
    if not (work / CARD).is_file():
        raise SettingsError(f"{work} holds no card: `curate filter` writes the sets and their card")
    return dict(sorted((found | {CARD: _content(io.BytesIO(addressed(work, to)))}).items()))


def addressed(work: Path, name: str) -> bytes:
    """The card of this work folder as it goes to the data set of this name: it says how that one is loaded."""
    return (work / CARD).read_bytes().replace(PLACE.encode(), name.encode())


def content(path: Path) -> Content:
    """What a file holds. Raises StoreError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return _content(file)
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error


def _content(file: BinaryIO) -> Content:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    sha256 = hashlib.sha256()
    blob = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
    while piece := file.read(PIECE):
        sha256.update(piece)
        blob.update(piece)
    return Content(size, sha256.hexdigest(), blob.hexdigest())


def difference(ours: Files, theirs: Files) -> Plan:
    """What has to be done to their files."""
    same = {path for path, held in theirs.items() if path in ours and ours[path].same(held)}
    strangers = {path for path in theirs if OURS.fullmatch(path)} - set(ours)
    return Plan(*(tuple(sorted(paths)) for paths in (set(ours) - same, same, strangers)))


def _whole(folder: Path, shards: Iterable[re.Match[str]]) -> None:
    splits: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for shard in shards:
        splits[shard["split"]].add((int(shard["index"]), int(shard["count"])))
    if "train" not in splits:
        raise SettingsError(f"no set is published in {folder}: `curate filter` or `curate run` writes the sets")
    for split, found in splits.items():
        count = max(count for _, count in found)
        if found != {(index, count) for index in range(count)}:
            raise SettingsError(f"{folder} lacks shards of {split}: `curate filter` writes the sets anew")
