"""Sizes: what a frame measures when it is shown, and what it measures when it is sent."""

from fractions import Fraction

_ODDEST = 8


def upright(width: int, height: int, rotation: int) -> tuple[int, int]:
    """The size after a rotation in degrees, to the nearest quarter turn."""
    return (height, width) if round(rotation / 90) % 2 else (width, height)


def squared(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """The size with square pixels, at the same height; an aspect beyond 8 to 1 is taken for a fault in the file."""
    if not aspect or not Fraction(1, _ODDEST) <= aspect <= _ODDEST:
        return width, height
    return max(1, int(width * aspect + Fraction(1, 2))), height


def fitted(width: int, height: int, max_pixels: int) -> tuple[int, int]:
    """The size scaled down, never up, to at most `max_pixels`; the aspect stays, to the pixel."""
    scale = min(1.0, (max_pixels / (width * height)) ** 0.5)
    high = max(1, int(height * scale))
    wide = max(1, int(width * scale))
    return min(wide, max(1, max_pixels // high)), min(high, max(1, max_pixels))
