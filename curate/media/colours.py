"""Plain names for the colours of pixels, by rules on hue, saturation and brightness."""

import numpy as np
from numpy.typing import NDArray

NAMES = (
    "black",
    "white",
    "grey",
    "brown",
    "red",
    "orange",
    "yellow",
    "green",
    "cyan",
    "blue",
    "purple",
    "pink",
)
_BLACK, _WHITE, _GREY, _BROWN, _RED, _PINK = 0, 1, 2, 3, 4, 11
# Hues in degrees where the next name begins, from red on; the last stretch is red again.
_EDGES = (16.0, 42.0, 63.0, 165.0, 192.0, 255.0, 292.0, 345.0)
_AFTER = np.array([4, 5, 6, 7, 8, 9, 10, 11, 4])


def named(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The place in NAMES of each pixel's colour; `pixels` is (..., 3) RGB."""
    rgb = pixels.astype(np.float64)
    high, low = rgb.max(-1), rgb.min(-1)
    chroma = high - low
    saturation = chroma / np.maximum(high, 1)
    hue = _hue(rgb, high, chroma)
    names = _AFTER[np.digitize(hue, _EDGES)]
    warm = (hue < 50) | (hue >= 345)
    names = np.where(warm & (high < 165) & (names != _RED), _BROWN, names)
    names = np.where(warm & (names == _RED) & (saturation < 0.55) & (high > 190), _PINK, names)
    names = np.where((names == _RED) & (saturation < 0.6) & (high < 165), _BROWN, names)
    names = np.where((saturation < 0.18) | (chroma < 18), _GREY, names)
    names = np.where((names == _GREY) & (low > 205), _WHITE, names)
    return np.where(high < 45, _BLACK, names)


def shares(pixels: NDArray[np.uint8], most: int = 3) -> list[tuple[str, int]]:
    """The commonest colours and their shares in whole per cent, the largest first."""
    counts = np.bincount(named(pixels).ravel(), minlength=len(NAMES))
    percent = counts * 100 / counts.sum()
    best = np.argsort(-percent, kind="stable")[:most]
    return [(NAMES[i], round(float(percent[i]))) for i in best if percent[i] >= 1]


def _hue(rgb: NDArray[np.float64], high: NDArray[np.float64], chroma: NDArray[np.float64]) -> NDArray[np.float64]:
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    safe = np.maximum(chroma, 1)
    sector = np.where(
        high == red,
        (green - blue) / safe % 6,
        np.where(high == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    hue: NDArray[np.float64] = sector * 60
    return hue
