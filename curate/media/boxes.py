"""The boxes of a movie file (ISO 14496-12), as far as they tell whether its fragments can be reached."""

import re
import struct
from pathlib import Path
from typing import IO

_FRAGMENT = b"moof"
_HEAD = re.compile(rb"moof.{4}mfhd", re.DOTALL)
_CHUNK = 1 << 20


def unreached(path: Path) -> float:
    """Bytes of fragments that no chain of boxes leads to, for each byte before them; 0.0 in a sound file.

    A reader that meets a broken box ends there, as if the film did.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        end, fragments = _chain(file, size)
        if not fragments or end >= size or not _more(file, end):
            return 0.0
    return (size - end) / end


def _chain(file: IO[bytes], size: int) -> tuple[int, bool]:
    """Where the boxes on the outermost level end, and whether fragments are among them."""
    at, fragments = 0, False
    while at + 8 <= size:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        wide = file.read(8) if length == 1 else b""
        if wide:
            length = int.from_bytes(wide)
        if not kind.isalnum() or not 8 <= length <= size - at:
            break
        fragments = fragments or kind == _FRAGMENT
        at += length
    return at, fragments


def _more(file: IO[bytes], at: int) -> bool:
    """Whether a fragment begins anywhere behind this place, which itself begins none."""
    file.seek(at + 8)
    last = b""
    while data := file.read(_CHUNK):
        if _HEAD.search(last + data):
            return True
        last = data[-11:]
    return False
