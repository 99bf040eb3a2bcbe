"""The NAL units of a packet of H.264 or HEVC (ITU-T H.264 and H.265, 7.3.1 and annex B)."""

from collections.abc import Callable, Iterator

_START = b"\x00\x00\x01"
_NEVER = b"\x00\x00\x00"  # inside a unit: whoever writes one parts its zeros


def units(packet: bytes, width: int) -> Iterator[bytes]:
    """Every unit: behind its length of `width` bytes, or behind a start code where that is 0."""
    if not width:
        yield from packet.split(_START)[1:]
        return
    at = 0
    while at + width < len(packet):
        size = int.from_bytes(packet[at : at + width])
        yield packet[at + width : at + width + size]
        at += width + size


def hollow(packet: bytes, width: int, is_slice: Callable[[bytes], bool]) -> bool:
    """Whether zeros stand in a slice where no encoder writes them (7.4.1), so that what was there is gone.

    Decoders take them for a picture, and say nothing. Zeros at the end of a unit may fill it up.
    """
    if _NEVER not in packet:
        return False
    return any(_NEVER in unit.rstrip(b"\0") for unit in units(packet, width) if unit and is_slice(unit))


def width(extradata: bytes | None, at: int) -> int:
    """Of the lengths before the units, which mp4 and mkv tell in this byte of their extradata; 0 with start codes."""
    if not extradata or extradata[0] != 1:
        return 0
    return (extradata[at] & 3) + 1 if len(extradata) > at else 4
