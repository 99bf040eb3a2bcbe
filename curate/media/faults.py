"""What FFmpeg only logs: parts of a file that its reader skips, and damage that a decoder conceals."""

import logging

import av.logging

# Containers whose readers speak of skipped parts more quietly than of errors, and of nothing else.
_QUIET = frozenset({"libav.asf", "libav.mxf"})


class _Faults(logging.Handler):
    """Counts the faults of this process, and shows them to nobody."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += record.levelno >= logging.ERROR or record.name in _QUIET


FAULTS = _Faults()
av.logging.set_level(av.logging.INFO)
av.logging.set_skip_repeated(False)
_LOGGER = logging.getLogger("libav")
_LOGGER.addHandler(FAULTS)
_LOGGER.setLevel(logging.INFO)
_LOGGER.propagate = False
