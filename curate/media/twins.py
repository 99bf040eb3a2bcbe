"""Which clips are others in another encoding, told from how long they are and how they look."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRAMES = 4  # of a look
SIDE = 16  # parts of a frame's side
SIZE = FRAMES * SIDE * SIDE  # bytes of a look
LONGER = 0.25  # seconds that one encoding may be longer than another
WORST = 24  # levels of grey by which the part that differs most may differ
MEAN = 4.0  # and all parts on average
FLAT = 3.0  # spread of grey below which a clip shows nothing to tell it by
_DARK = 4.0  # difference of the mean grey of everything above which nothing else is compared (MEAN at least)
_MOST = 4096  # clips of the same length and grey that one is compared with

Clip = tuple[float, bytes]  # its seconds, and how it looks


def twins(clips: Sequence[Clip]) -> list[int]:
    """For each clip the number of the first one that it is a copy of; its own where there is none."""
    import numpy as np  # not at the top: most commands compare no clips

    found, first = list(range(len(clips))), np.ones(len(clips), bool)
    for number, same in _alike(clips, first):
        found[number] = int(same[0])
        first[number] = False
    return found


def kin(clips: Sequence[Clip]) -> list[int]:
    """For each clip the lowest number among its copies, their copies, and so on; its own where there are none.

    What is together does not depend on the order of the clips (but where so many are alike that not all are compared).
    """
    import numpy as np

    found = list(range(len(clips)))

    def lowest(number: int) -> int:
        while found[number] != number:
            found[number] = number = found[found[number]]
        return number

    for number, same in _alike(clips, np.ones(len(clips), bool)):
        heads = {lowest(int(other)) for other in same}
        for head in heads:
            found[head] = min(heads)
        found[number] = min(heads)
    return [lowest(number) for number in found]


def _alike(clips: Sequence[Clip], among: "NDArray[np.bool_]") -> "Iterator[tuple[int, NDArray[np.intp]]]":
    """Each clip that is a copy of ones before it, and these; of those before it only the ones `among` are compared."""
    import numpy as np

    seconds = np.array([length for length, _ in clips])
    looks = np.frombuffer(b"".join(look for _, look in clips), np.uint8).reshape(-1, SIZE)
    mean = looks.mean(axis=1)
    few = looks[:, :: SIZE // 16].astype(np.int16)  # of most pairs these tell already that they differ
    plain = looks.std(axis=1) < FLAT
    order = np.argsort(seconds, kind="stable")
    length = seconds[order]
    for number in np.flatnonzero(~plain):
        low, high = np.searchsorted(length, [seconds[number] - LONGER, seconds[number] + LONGER], side="left")
        near = order[low:high]
        near = near[(near < number) & among[near] & ~plain[near]]
        near = near[np.abs(few[near] - few[number]).max(axis=1) <= WORST] if len(near) else near
        near = np.sort(near[np.abs(mean[near] - mean[number]) <= _DARK])[:_MOST]
        if len(same := near[_same(looks[near], looks[number])]):
            yield int(number), same


def _same(looks: "NDArray[np.uint8]", look: "NDArray[np.uint8]") -> "NDArray[np.bool_]":
    import numpy as np

    away = np.abs(looks.astype(np.int16) - look.astype(np.int16))
    alike: NDArray[np.bool_] = (away.max(axis=1) <= WORST) & (away.mean(axis=1) <= MEAN)
    return alike
