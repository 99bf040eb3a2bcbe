"""What is known of a video or an image without its pixels, and which of its frames are shown."""

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["video", "image"]


@dataclass(frozen=True, slots=True)
class Medium:
    """One video or image.

    `sha256` names the content; `path` is where it lies today and never enters a request's key.
    `times` holds the presentation time in seconds of every frame, in the order shown, the first
    frame at 0.0; an image has one. `width` and `height` are pixels as shown, after rotation.
    """

    sha256: str
    kind: Kind
    path: Path
    width: int
    height: int
    times: tuple[float, ...]
    fps: float
    codec: str

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the end of the last; 0.0 for an image."""
        if self.kind == "image":
            return 0.0
        return self.times[-1] + (1.0 / self.fps if self.fps > 0 else 0.0)

    def sample(self, fps: float, max_frames: int) -> tuple[int, ...]:
        """Indices of the frames on show at 0, 1/fps, 2/fps, … seconds; strictly increasing.

        Where that gives more than `max_frames`, the frames nearest to `max_frames` evenly spaced times
        from the first to the last (paper, section 3.1: uniform, 1 fps). A medium of one frame gives it.
        """
        last = len(self.times) - 1
        if last <= 0:
            return (0,)
        ticks = int(self.duration * fps - 1e-6) + 1
        if ticks > max_frames:
            step = self.times[-1] / max(max_frames - 1, 1)
            return tuple(sorted({self._nearest(k * step) for k in range(max_frames)}))
        return tuple(sorted({bisect_right(self.times, k / fps + 1e-6) - 1 for k in range(ticks)}))

    def _nearest(self, time: float) -> int:
        after = min(bisect_right(self.times, time), len(self.times) - 1)
        before = max(after - 1, 0)
        return before if time - self.times[before] <= self.times[after] - time else after


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
