"""The exact decoder: seeks to the key frame before each frame wanted, and believes only the pts it meets.

What a seek does not bring, or brings damaged, is read again from the start of the file.
"""

import struct
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby, islice
from pathlib import Path
from typing import Any, cast

import numpy as np
from av.error import FFmpegError
from av.packet import Packet
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from curate.media.clip import Opened, Reel, opened
from curate.media.hevc import Leaves
from curate.media.scaler import Scaler
from curate.timeline import Spot

Pixels = NDArray[np.uint8]
Packets = Iterator["Packet[VideoStream]"]
_SAYING = frozenset({"h264", "mpeg2video"})  # codings whose frames say truly that nothing builds on them
_DIRECT = ("mov,", "matroska,", "flv")  # formats that seek to a key frame by their own index
_QUARTERS = (  # display matrices by counter-clockwise quarter turns
    (1, 0, 0, 0, 1, 0, 0, 0, 1),
    (0, -1, 0, 1, 0, 0, 0, 0, 1),
    (-1, 0, 0, 0, -1, 0, 0, 0, 1),
    (0, 1, 0, -1, 0, 0, 0, 0, 1),
)
_AHEAD = 1.5  # seconds by which a seek in other formats aims too early


def read(path: Path, spots: Sequence[Spot], size: tuple[int, int]) -> Iterator[tuple[Spot, Pixels | None]]:
    """RGB pixels (height, width, 3) of each spot that can be read, upright and of this size, in any order.

    A spot that comes again with None was damaged after all. Raises MediaError where nothing can be read.
    """
    upright = Upright(size)
    sought = {spot.pts: spot for spot in spots if spot.key is not None}
    good: set[int] = set()
    for pts, frame in _sought(path, sorted(sought.values(), key=lambda spot: spot.pts)):
        yield sought[pts], upright(frame) if frame else None
        good = good | {pts} if frame else good - {pts}
    if missed := sought.keys() - good:
        for pts, frame in _through(path, missed):
            yield sought[pts], upright(frame) if frame else None
    counted = {spot.index: spot for spot in spots if spot.key is None}
    for index, frame in _counted(path, counted.keys()):
        yield counted[index], upright(frame)


def _counted(path: Path, wanted: Collection[int]) -> Iterator[tuple[int, VideoFrame]]:
    """The frames with these places in the order shown, decoded from the start."""
    if wanted:
        with opened(path) as film:
            last = max(wanted)
            for index, frame in enumerate(islice(Reel(*film).decoded(), last + 1)):
                if index in wanted:
                    yield index, frame


def _through(path: Path, wanted: Collection[int]) -> Iterator[tuple[int, VideoFrame | None]]:
    """The frames with these pts, decoded from the start; None for one that damage has reached."""
    with opened(path) as film:
        reel, last = Reel(*film), max(wanted)
        for frame in reel.decoded():
            if frame.pts is None:
                continue
            if frame.pts in wanted:
                yield frame.pts, frame
            if frame.pts >= last:
                break
        yield from ((pts, None) for pts in reel.lost() & set(wanted))


def _sought(path: Path, spots: Sequence[Spot]) -> Iterator[tuple[int, VideoFrame | None]]:
    """By pts, what seeking finds of these spots, which are in order; None for one that damage has reached."""
    with ExitStack() as stack:
        film: Opened | None = None
        for key, group in groupby(spots, lambda spot: spot.key):
            if film is None or not _seek(film, key or 0):
                stack.close()
                film = stack.enter_context(opened(path))
                _seek(film, key or 0)  # or from the start, where no seek leads to it
            yield from _group(film, key or 0, {spot.pts for spot in group})


def _group(film: Opened, key: int, wanted: set[int]) -> Iterator[tuple[int, VideoFrame | None]]:
    """The frames with these pts that build on this key frame, which is ahead; None for one that damage has reached."""
    reel, ahead, begun = Reel(*film), set(wanted), False
    for packet in _sparing(film.stream, _from(key, reel.packets()), wanted, ahead):
        for frame in reel.sent(packet):
            if frame.pts == key and not frame.key_frame:
                return  # the container calls it a key frame, the coding does not
            begun = begun or frame.pts == key
            if begun and frame.pts in wanted:
                yield frame.pts, frame
    yield from ((pts, None) for pts in reel.lost() & wanted)


def _seek(film: Opened, key: int) -> bool:
    """Go to this key frame or before it; false where it is so near the start that only reading leads to it."""
    container, stream, _ = film
    if not container.format.name.startswith(_DIRECT):
        key -= round(_AHEAD / (stream.time_base or 1))
        if stream.start_time is None or key < stream.start_time:
            return False
    try:
        container.seek(key, stream=stream)
    except FFmpegError:
        return False
    return True


def _from(key: int, packets: Packets) -> Packets:
    """The packets from this key frame on; nothing where the seek has missed it."""
    for packet in packets:
        if packet.pts == key and packet.is_keyframe:
            yield packet
            yield from packets
            return
        if packet.is_keyframe and packet.pts is not None and packet.pts > key:
            return


def _sparing(stream: VideoStream, packets: Packets, wanted: set[int], ahead: set[int]) -> Packets:
    """The packets up to the last of `ahead`, then an empty one that brings out what is held back.

    What nothing builds on is not decoded unless wanted.
    """
    context = stream.codec_context
    leaf = _leaf(stream)
    for packet in packets:
        # asked of every packet: HEVC tells in some what it means in others
        context.skip_frame = "NONREF" if leaf(packet) and packet.pts not in wanted else "DEFAULT"
        yield packet
        if packet.pts is not None:
            ahead.discard(packet.pts)
        if not ahead and packet.size:
            last = cast("Packet[VideoStream]", Packet())
            last.stream = stream
            yield last
            return


def _leaf(stream: VideoStream) -> Callable[["Packet[VideoStream]"], bool]:
    """Whether a packet says truly that nothing builds on it, if the decoder finds that it says so at all."""
    context = stream.codec_context
    if context.codec.canonical_name == "hevc":
        leaves = Leaves(context.extradata)
        return lambda packet: leaves(bytes(packet))
    saying = context.codec.canonical_name in _SAYING
    return lambda _: saying


class Upright:
    """Makes frames upright: turned and mirrored as their display matrix says, in one size (width, height)."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._turns: dict[int, tuple[str, ...]] = {}
        self._scaler: Scaler | None = None

    def __call__(self, frame: VideoFrame) -> Pixels:
        """The frame's pixels."""
        turns = self._turn(frame)
        if self._scaler is None or not self._scaler.fits(frame, turns):
            self._scaler = Scaler(frame, turns, self._size)
        return self._scaler(frame)

    def _turn(self, frame: VideoFrame) -> tuple[str, ...]:
        """The filters that turn the frame as its matrix says (ISO 14496-12, 8.3.2), to the nearest quarter.

        Looked up once for each rotation: a frame whose side data were looked at is held by them, and
        its memory with it, until the garbage collector comes by.
        """
        if frame.rotation not in self._turns:
            try:
                matrix = struct.unpack("9i", bytes(cast(Any, frame.side_data)[Type.DISPLAYMATRIX]))
            except (KeyError, ValueError):  # no matrix, or beside it side data that PyAV does not know, such as Exif
                matrix = _QUARTERS[round(frame.rotation / 90) % 4]
            a, b, _, c, d, *_ = matrix
            turned = abs(b) > abs(a)
            across, down = (c, b) if turned else (a, d)
            flips = (("hflip", across < 0), ("vflip", down < 0))
            self._turns[frame.rotation] = (*(["transpose"] if turned else []), *(name for name, on in flips if on))
        return self._turns[frame.rotation]
