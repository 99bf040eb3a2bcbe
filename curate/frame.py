"""A frame on its way to a model, plain enough for a decoder's process to load nothing else for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame ready to send: its index in the medium, its time in seconds, its size, its JPEG (or PNG) bytes."""

    index: int
    time: float
    width: int
    height: int
    image: bytes
