"""The frames decoded last, within a number of bytes: requests about one medium come close together."""

from collections import OrderedDict
from collections.abc import Hashable

from curate.frame import Frame


class Kept:
    """Frames by what was asked, the least recently used let go first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes = 0
        self._frames: OrderedDict[Hashable, tuple[Frame, ...]] = OrderedDict()

    def get(self, key: Hashable) -> tuple[Frame, ...] | None:
        """The frames, if they are still here."""
        found = self._frames.get(key)
        if found is not None:
            self._frames.move_to_end(key)
        return found

    def put(self, key: Hashable, frames: tuple[Frame, ...]) -> None:
        """Keep these frames, unless they alone are too many."""
        if key in self._frames or _size(frames) > self._most:
            return
        self._frames[key] = frames
        self._bytes += _size(frames)
        while self._bytes > self._most:
            _, gone = self._frames.popitem(last=False)
            self._bytes -= _size(gone)


def _size(frames: tuple[Frame, ...]) -> int:
    return sum(len(frame.image) for frame in frames)
