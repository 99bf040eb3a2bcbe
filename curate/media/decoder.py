"""The contract of a decoder, a way to read the frames of a film: one file in `decoders`, found by its name.

`pyav` is exact. Every other has `opened(path)`, a context that gives a `Film`, and is believed only where the
index agrees with it; and `why_not()`, one line where it cannot work here, else None.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the parent of the decoders' processes asks for names only
    import numpy as np
    from numpy.typing import NDArray

EXACT = "pyav"
_PLACE = "curate.media.decoders"


@dataclass(frozen=True, slots=True)
class Film:
    """A film as another decoder sees it.

    `count` is the number of frames that it claims. `frame(i)` gives the time in seconds and the RGB
    pixels (height, width, 3) of one of them; the indices are asked in rising order.
    """

    count: int
    frame: "Callable[[int], tuple[float, NDArray[np.uint8]]]"


def known() -> Sequence[str]:
    """The names of all decoders, sorted."""
    return sorted(module.name for module in iter_modules(import_module(_PLACE).__path__))


def module(name: str) -> Any:
    """The decoder of this name; imports what it needs only when it is used."""
    return import_module(f"{_PLACE}.{name}")


def why_not(name: str) -> str | None:
    """Why this decoder cannot work here, in one line, or None."""
    if name == EXACT:
        return None  # it is always there, and importing it takes as long as all else that a command begins with
    reason: str | None = module(name).why_not()
    return reason
