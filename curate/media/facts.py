"""What a look at a medium brings back; light enough to travel between processes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from curate.frame import Frame
from curate.medium import Kind, Medium
from curate.timeline import Timeline

Form = Literal["jpeg", "png"]
"""How a frame is written: to send, or without loss."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a medium without keeping its pixels.

    `width` and `height` are pixels as shown: after rotation, and for video with non-square pixels
    corrected. `times` are the seconds of every presented frame; an image has one. `fps` is the average
    rate, 0.0 for an image. `codec` is the coding's common name, `rotation` the quarter turn to upright
    in degrees anticlockwise. `missing` counts frames that the file promises and does not hold;
    `surveyed` is true once every frame has been decoded, so that `times.lost` is all there is.
    """

    width: int
    height: int
    times: Timeline
    fps: float
    codec: str
    rotation: int = 0
    missing: int = 0
    surveyed: bool = False

    def medium(self, sha256: str, kind: Kind, path: Path) -> Medium:
        """The medium with this content at this place."""
        return Medium(
            sha256, kind, path, self.width, self.height, self.times, self.fps, self.codec, self.rotation, self.missing
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """Frames, and what must be told of how they were read."""

    frames: tuple[Frame, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """The clips of a trial by name: those that a decoder read right, and what it did with the others."""

    right: tuple[str, ...]
    wrong: tuple[str, ...]
