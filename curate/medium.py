"""What is known of a video or an image without its pixels, and which of its frames are shown."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from curate.timeline import Timeline

Kind = Literal["video", "image"]


def short(sha256: str) -> bytes:
    """A short name of this content, among all media of one input: 8 bytes."""
    return bytes.fromhex(sha256)[:8]


@dataclass(frozen=True, slots=True)
class Medium:
    """One video or image.

    `sha256` names the content; `path` is where it lies today and never enters a request's key.
    `times` holds the presentation time in seconds of every frame, in the order shown, the first
    frame at 0.0; an image has one. `width` and `height` are pixels as shown: after rotation
    (`rotation`, degrees anticlockwise), with square pixels. `fps` is the average rate. `missing` counts
    frames that the file promises and does not hold; frames that do not decode are `times.lost_frames`.
    """

    sha256: str
    kind: Kind
    path: Path
    width: int
    height: int
    times: Timeline
    fps: float
    codec: str
    rotation: int = 0
    missing: int = 0

    @property
    def lost(self) -> int:
        """How many frames are known not to be readable."""
        return len(self.times.lost_frames) + self.missing

    @property
    def lost_share(self) -> float:
        """That number as a share of all frames that should be there, 0.0 to 1.0."""
        return self.lost / (len(self.times) + self.missing)

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the end of the last; 0.0 for an image."""
        if self.kind == "image":
            return 0.0
        return self.times[-1] + (1.0 / self.fps if self.fps > 0 else 0.0)

    def sample(self, fps: float, max_frames: int) -> tuple[int, ...]:
        """Indices of the frames on show at 0, 1/fps, 2/fps, … seconds; strictly increasing.

        Where that gives more than `max_frames`, `max_frames` of them (`uniform`; paper, section 3.1:
        uniform, 1 fps). A medium of one frame gives it; a frame that does not decode gives way to the
        nearest that does.
        """
        return _sampled(self.times, self.duration, fps, max_frames)

    def uniform(self, count: int) -> tuple[int, ...]:
        """`count` frames nearest to evenly spaced times from the first to the last, or all there are."""
        return _uniform(self.times, count)


@lru_cache(maxsize=256)
def _sampled(times: Timeline, duration: float, fps: float, max_frames: int) -> tuple[int, ...]:
    ticks = int(duration * fps - 1e-6) + 1
    if ticks > max_frames:
        return _uniform(times, max_frames)
    return times.readable(sorted({times.at(k / fps) for k in range(ticks)}))


@lru_cache(maxsize=256)
def _uniform(times: Timeline, count: int) -> tuple[int, ...]:
    """Each frame is the nearest to its time that leaves one for every time before it and after it."""
    last, count = len(times) - 1, min(count, len(times))
    step = times[-1] / max(count - 1, 1)
    found: list[int] = []
    for k in range(count):
        lowest = found[-1] + 1 if found else 0
        found.append(min(max(times.nearest(k * step), lowest), last - (count - 1 - k)))
    return times.readable(found)


def clock(seconds: float, fine: bool = False) -> str:
    """Seconds as HH:MM:SS, with milliseconds where `fine`: 75.5 → "00:01:15" or "00:01:15.500"."""
    milliseconds = round(seconds * 1000)
    whole, rest = divmod(milliseconds, 1000)
    text = f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{text}.{rest:03d}" if fine else text


def clocks(times: tuple[float, ...]) -> tuple[str, ...]:
    """The times as HH:MM:SS, all of them with milliseconds where whole seconds would repeat."""
    coarse = tuple(clock(t) for t in times)
    return coarse if len(set(coarse)) == len(coarse) else tuple(clock(t, fine=True) for t in times)
