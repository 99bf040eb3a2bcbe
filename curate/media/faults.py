"""What FFmpeg only logs: parts of a file that its reader skips, and damage that a decoder conceals."""

import logging
from collections import Counter

import av.logging

# Containers whose readers speak of skipped parts more quietly than of errors, and of nothing else.
_QUIET = frozenset({"libav.asf", "libav.mxf", "libav.wtv"})
_NO_ROOM = "get_buffer() failed"


class _Faults(logging.Handler):
    """Counts the faults of this process by who met them (a container's reader, a decoder), and shows them to nobody."""

    def __init__(self) -> None:
        super().__init__()
        self.met: Counter[str] = Counter()
        self.without_room = 0  # how often a decoder found no room for a frame, or took its size for impossible

    def emit(self, record: logging.LogRecord) -> None:
        self.without_room += _NO_ROOM in record.getMessage()
        if record.levelno >= logging.ERROR or record.name in _QUIET or "corrupt" in record.getMessage().lower():
            self.met[record.name.removeprefix("libav.")] += 1


FAULTS = _Faults()
av.logging.set_level(av.logging.INFO)
av.logging.set_skip_repeated(False)
_LOGGER = logging.getLogger("libav")
_LOGGER.addHandler(FAULTS)
_LOGGER.setLevel(logging.INFO)
_LOGGER.propagate = False
