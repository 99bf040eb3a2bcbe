"""Which frames of a medium are shown, and how large."""

from dataclasses import dataclass

from curate.chat import Media
from curate.medium import Medium
from curate.processor import Name, Processor

MAX_PIXELS = 512 * 28 * 28
_GRACE = 0.0005  # seconds: many files round the times of their frames to a millisecond


@dataclass(frozen=True, slots=True)
class Sampling:
    """`fps` frames a second, evenly spaced `max_frames` where that is more, or `count` evenly spaced ones.

    `max_pixels` bounds width x height of a frame. `processor` counts and sizes frames as that family of
    models does; `min_pixels` is then what a frame is enlarged to at least (None: the family's own).
    """

    fps: float = 1.0
    max_frames: int = 128
    max_pixels: int = MAX_PIXELS
    processor: Name | None = None
    min_pixels: int | None = None
    count: int | None = None

    def media(self, medium: Medium) -> Media:
        """These frames of this medium. Raises MediaError where a processor's rules cannot size it."""
        rules = Processor.of(self.processor) if self.processor else None
        if rules is None:
            return Media(medium, self._plain(medium), self.max_pixels)
        size = (medium.width, medium.height)
        if medium.kind == "image":
            return Media(medium, (0,), self.max_pixels, rules.image_size(size, self.min_pixels, self.max_pixels))
        total = len(medium.times)
        if self.count:
            shown = rules.pairs(total, self.count)
        else:
            shown = rules.count(total, medium.duration + _GRACE, self.fps, self.max_frames)
        frames = medium.times.readable(rules.indices(total, shown))
        sized = rules.frame_size(size, len(frames), self.min_pixels, self.max_pixels)
        return Media(medium, frames, self.max_pixels, sized)

    def _plain(self, medium: Medium) -> tuple[int, ...]:
        return medium.uniform(self.count) if self.count else medium.sample(self.fps, self.max_frames)
