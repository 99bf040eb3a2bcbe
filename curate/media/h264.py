"""What the packets of H.264 tell: whether decoding may begin there, and whether they are whole (ITU-T H.264, 7.3).

Streams that refresh the picture bit by bit (x264's intra-refresh) have such packets too: from there on
the picture heals over the next frames, and until then it is wrong.
"""

from curate.media import nal

_SLICES = range(6)  # none has the type 0, but a slice whose head is gone
_SLICE, _WHOLE_REFRESH = 1, 5  # types of a NAL unit: a slice of any other picture, and of an IDR picture
_ONLY_I = (2, 7)  # slice types
_ENOUGH = 16  # bytes of a slice that hold all that is read of it
_LENGTHS = 4  # the byte of mp4's and mkv's extradata that tells the width of the lengths


def begins_anew(packet: bytes, extradata: bytes | None) -> bool:
    """Whether every slice in the packet stands by itself; `extradata` says how its parts are marked."""
    types = [(unit[0] & 31, unit) for unit in nal.units(packet, nal.width(extradata, _LENGTHS)) if unit]
    slices = [(kind, unit) for kind, unit in types if kind in (_SLICE, _WHOLE_REFRESH)]
    return bool(slices) and all(kind == _WHOLE_REFRESH or _slice_type(unit) in _ONLY_I for kind, unit in slices)


def hollow(packet: bytes, extradata: bytes | None) -> bool:
    """Whether a part of a slice was overwritten with zeros."""
    return nal.hollow(packet, nal.width(extradata, _LENGTHS), lambda unit: unit[0] & 31 in _SLICES)


def _slice_type(unit: bytes) -> int:
    """The second Exp-Golomb number of a slice header; -1 where it is cut off."""
    bits = "".join(f"{byte:08b}" for byte in unit[1:_ENOUGH])
    at, value = 0, -1
    for _ in range(2):
        zeros = bits.find("1", at) - at
        end = at + 2 * zeros + 1
        if zeros < 0 or end > len(bits):
            return -1
        value, at = int(bits[at + zeros : end], 2) - 1, end
    return value
