"""What probing a medium finds out; light enough to travel between processes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a medium without keeping its pixels.

    `width` and `height` are pixels as shown: after rotation, and for video with non-square pixels
    corrected. `times` are the seconds of every presented frame, strictly increasing from 0.0; an
    image has one. `fps` is the average rate, 0.0 for an image. `codec` is the coding's common name.
    """

    width: int
    height: int
    times: tuple[float, ...]
    fps: float
    codec: str
