"""What the packets of HEVC tell: whether anything builds on them, and whether they are whole.

ITU-T H.265, 7.3.1.2, 7.3.2.2 and 7.4.2.2.
"""

from collections.abc import Iterator

from curate.media import nal

_LENGTHS = 21  # the byte of mp4's and mkv's extradata that tells the width of the lengths
_ARRAYS = 22  # and the one that counts the arrays of parameter sets behind it
_SPS = 33  # type of a NAL unit: the settings of a sequence
_PICTURES = 32  # types below this are parts of a picture
_LEAVES = frozenset({0, 2, 4, 6, 8, 10, 12, 14})  # no reference for frames of their own temporal layer


class Leaves:
    """Finds the frames that no other builds on: those without reference use in the highest temporal layer.

    Shown every packet from where decoding begins; `extradata` says how its parts are marked, and the
    settings that it holds, or the packets do, how many layers there are.
    """

    def __init__(self, extradata: bytes | None) -> None:
        self._width = nal.width(extradata, _LENGTHS)
        self._highest: int | None = None
        for unit in _kept(extradata or b"") if self._width else nal.units(extradata or b"", 0):
            self._learn(unit)

    def __call__(self, packet: bytes) -> bool:
        """Whether all slices of this packet say so; not before the settings are known."""
        slices = []
        for unit in nal.units(packet, self._width):
            if len(unit) < 3 or unit[0] & 1 or unit[1] >> 3:
                continue  # cut off, or of another view than the first
            self._learn(unit)
            if _type(unit) < _PICTURES:
                slices.append(unit)
        highest = self._highest
        return (
            highest is not None
            and bool(slices)
            and all(_type(unit) in _LEAVES and (unit[1] & 7) - 1 >= highest for unit in slices)
        )

    def _learn(self, unit: bytes) -> None:
        """The highest layer of all settings met so far: which of them a slice uses is not read."""
        if len(unit) > 2 and _type(unit) == _SPS:
            self._highest = max(self._highest or 0, unit[2] >> 1 & 7)


def hollow(packet: bytes, extradata: bytes | None) -> bool:
    """Whether a part of a slice was overwritten with zeros."""
    return nal.hollow(packet, nal.width(extradata, _LENGTHS), lambda unit: _type(unit) < _PICTURES)


def _type(unit: bytes) -> int:
    return unit[0] >> 1 & 63


def _kept(extradata: bytes) -> Iterator[bytes]:
    """The parameter sets in mp4's and mkv's extradata (ISO 14496-15, 8.3.3.1), each behind two bytes of length."""
    at = _ARRAYS + 1
    for _ in range(extradata[_ARRAYS] if len(extradata) > _ARRAYS else 0):
        for _ in range(int.from_bytes(extradata[at + 1 : at + 3])):
            if at >= len(extradata):
                return
            size = int.from_bytes(extradata[at + 3 : at + 5])
            yield extradata[at + 5 : at + 5 + size]
            at += 2 + size
        at += 3
