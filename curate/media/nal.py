"""The NAL units of a packet of H.264 or HEVC (ITU-T H.264 and H.265, 7.3.1 and annex B)."""

from collections.abc import Iterator

_START = b"\x00\x00\x01"
_ENOUGH = 16  # bytes of a unit that hold all that is read of it


def units(packet: bytes, width: int) -> Iterator[bytes]:
    """The beginning of every unit: behind its length of `width` bytes, or behind a start code where that is 0."""
    if not width:
        yield from (unit[:_ENOUGH] for unit in packet.split(_START)[1:])
        return
    at = 0
    while at + width < len(packet):
        size = int.from_bytes(packet[at : at + width])
        yield packet[at + width : at + width + min(size, _ENOUGH)]
        at += width + size


def width(extradata: bytes | None, at: int) -> int:
    """Of the lengths before the units, which mp4 and mkv tell in this byte of their extradata; 0 with start codes."""
    if not extradata or extradata[0] != 1:
        return 0
    return (extradata[at] & 3) + 1 if len(extradata) > at else 4
