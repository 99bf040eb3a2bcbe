"""How many frames a film has, and when: by its packets where they can be trusted, else by decoding it all."""

import re
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from curate.errors import MediaError
from curate.media.boxes import unreached
from curate.media.clip import MOST_FRAMES, Reel, clocked, key
from curate.timeline import Timeline, pack, unpack

# Where one packet is one frame and its pts is the container's own; anything else is decoded to be sure.
_FORMATS = ("mov,", "matroska,", "mpegts", "flv")
_CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg2video"})
_EACH_ITSELF = frozenset({"mjpeg", "prores", "dnxhd", "ffv1", "huffyuv", "rawvideo"})
_FLAT = (0, 1)  # field orders: unknown, progressive; two fields may be two packets
_HEAD = 8  # frames at the beginning that are decoded to see whether the packets tell the truth
_SLACK = 3  # frames by which a film may end before its file says so, or does
_REGULAR, _UNEVEN = 0.8, 0.02  # the share of steps that are even, and how even, where a film has one rate
# Codings whose frames say themselves whether decoding may begin at them; containers are mistaken about it.
_TELLING = _CODECS | {
    "mpeg1video", "mpeg4", "h263", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2", "wmv3", "vc1", "flv1",
    "theora",
}  # fmt: skip
_HELD_BACK = 2  # frames shown before a gap that may have been coded behind it, where frames are reordered
_TO_THE_END = frozenset({"gif", "apng", "ivf", "obu"})  # containers that hold nothing behind their last frame
_REORDER = 16  # frames that the codings above may hold back
_SHOWN = 0x10  # of a VP8 packet's first byte; without it the packet is for reference only


@dataclass(frozen=True, slots=True)
class Survey:
    """The frames of a film, and the first of them; `missing` counts those that should be there and are not."""

    times: Timeline
    missing: int
    first: VideoFrame


def by_packets(container: InputContainer, stream: VideoStream) -> Survey | None:
    """The survey of a file whose packets can be trusted, else None. Reads it all, decodes `_HEAD` frames."""
    form, codec = container.format.name, stream.codec_context.codec.canonical_name
    if not (codec in _EACH_ITSELF or (codec in _CODECS and form.startswith(_FORMATS))):
        return None
    if stream.codec_context.field_order not in _FLAT and codec not in _EACH_ITSELF:
        return None
    # Only this container lists its frames at the beginning, so that what a cut took away can be counted.
    promised = len(stream.index_entries) if form.startswith("mov,") else 0
    reel = Reel(container, stream)
    head: list[VideoFrame] = []
    pts, keys, whole = array("q"), bytearray(), 0
    for packet in reel.packets():
        if len(head) < _HEAD:
            head += reel.sent(packet)
        if not packet.size:
            continue
        if packet.is_corrupt:
            if not promised:
                return None
            continue
        whole += 1
        if packet.is_discard or _unseen(packet, codec):
            continue
        if packet.pts is None:
            return None
        pts.append(packet.pts)
        keys.append(not keys or key(packet, stream))
        _bounded(len(pts))
    times = _timeline(stream, pts, keys)
    if times is None or not _begins(times, [frame.pts for frame in head]):
        return None
    times, missing = _reckoned(times, reel, unpack(times.keys))
    return Survey(times, max(missing, promised - whole), head[0])


def by_decoding(container: InputContainer, stream: VideoStream) -> Survey:
    """The survey of what decodes, from the first frame to the last. Raises MediaError where nothing does."""
    reel = Reel(container, stream)
    first: VideoFrame | None = None
    stamps: list[tuple[int | None, int | None]] = []
    sound, keyed = bytearray(), bytearray()
    for frame in reel.decoded():
        first = first or frame
        stamps.append((frame.pts, frame.dts))
        keyed.append(frame.key_frame)
        sound.append(not frame.is_corrupt and bool(frame.key_frame or not sound or sound[-1]))
        _bounded(len(stamps))
    if first is None:
        raise MediaError("no frames", f"{container.format.name}, {stream.codec_context.name}")
    true, base = _traced([pts for pts, _ in stamps], reel), stream.time_base or Fraction(1)
    if true:
        key_pts, lost = {at for at, begins in reel.order if begins}, reel.lost()
        codec = stream.codec_context.codec.canonical_name
        sure = codec in _TELLING or codec in _EACH_ITSELF
        keys = [i for i, at in enumerate(true) if at in key_pts and keyed[i]] if sure else []
        times = Timeline.of(base, true, keys, [i for i, at in enumerate(true) if at in lost])
    else:
        times = Timeline.of(base, clocked(stamps, stream), (), [i for i, good in enumerate(sound) if not good])
    times, missing = _reckoned(times, reel, [i for i, begins in enumerate(keyed) if begins])
    return Survey(times, max(missing, reel.failed), first)


def _traced(shown: list[int | None], reel: Reel) -> list[int]:
    """The pts of the frames shown, if each rises above the last and is a packet's own; else none."""
    known = {at for at, _ in reel.order}
    own = [at for at in shown if at is not None and at in known]
    return own if len(own) == len(shown) and all(a < b for a, b in pairwise(own)) else []


def resurveyed(container: InputContainer, stream: VideoStream, times: Timeline) -> Timeline:
    """The same frames, with those marked as lost that do not decode; reads and decodes it all."""
    reel = Reel(container, stream)
    clean = {frame.pts for frame in reel.decoded()} - reel.lost()
    torn = {i for i, tick in enumerate(unpack(times.ticks)) if times.origin + tick not in clean}
    return replace(times, lost=pack(sorted(torn.union(times.lost_frames))))


def _reckoned(times: Timeline, reel: Reel, keys: Sequence[int]) -> tuple[Timeline, int]:
    """The timeline, and how many frames are not in it: gone from between others, cut off, or out of reach.

    Those next to a gap, up to the next of `keys`, build on frames that are gone: they are lost too.
    """
    gone = _holes(times) if reel.torn else {}
    before = _HELD_BACK if reel.stream.codec_context.has_b_frames else 0
    lost = set(times.lost_frames)
    for behind in gone:
        key = bisect_left(keys, behind)
        lost.update(range(max(0, behind - before), keys[key] if key < len(keys) else len(times)))
    missing = sum(gone.values()) + _cut_off(reel.container, reel.stream, times) + _unreached(reel, len(times))
    return replace(times, lost=pack(sorted(lost))), missing


def _unreached(reel: Reel, found: int) -> int:
    """About how many frames stand in a part of the file that its reader has given up on, by that part's length."""
    form = reel.container.format.name
    if form.startswith("mov,"):
        return round(found * unreached(Path(reel.container.name.removeprefix("file:"))))
    if form not in _TO_THE_END or not reel.end:
        return 0
    left = round(found * (reel.container.size - reel.end) / reel.end)
    return left if left > _SLACK else 0


def _cut_off(container: InputContainer, stream: VideoStream, times: Timeline) -> int:
    """How many frames are missing at the end, by what the file itself says of the film's length."""
    rate = stream.average_rate or stream.guessed_rate
    if not rate:
        return 0
    last = float((times.origin + unpack(times.ticks)[-1]) * times.base)
    said = _seconds(stream.metadata.get("DURATION", ""))
    if container.format.name == "avi":
        said = float(stream.frames / rate)  # its head counts places in time, also those without a frame
    elif container.format.name == "ogg" and stream.duration:
        said = float(stream.duration * times.base)
    short = round((said - last) * float(rate)) - 1
    return short if short > _SLACK else 0


def _holes(times: Timeline) -> dict[int, int]:
    """Gaps in a film of one rate that is known to be torn: the frame behind each, and how many are gone.

    A gap longer than the film is a clock that was set anew.
    """
    steps = np.diff(np.array(unpack(times.ticks)))
    if len(steps) < 2:
        return {}
    step = float(np.median(steps))
    regular = np.abs(steps - step) <= max(1.0, _UNEVEN * step)
    if regular.mean() < _REGULAR:
        return {}
    gaps = np.rint(steps / step).astype(int) - 1
    torn = np.flatnonzero((gaps > 0) & (gaps < len(times)))
    return dict(zip((torn + 1).tolist(), gaps[torn].tolist(), strict=True))


def _seconds(clock: str) -> float:
    """The tag "00:00:10.500000000" in seconds; 0.0 where it is none."""
    found = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", clock)
    return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]) if found else 0.0


def _unseen(packet: "Packet[VideoStream]", codec: str) -> bool:
    """Whether this packet is only there for others to build on."""
    return codec == "vp8" and not memoryview(packet)[0] & _SHOWN


def _timeline(stream: VideoStream, pts: "array[int]", keys: bytearray) -> Timeline | None:
    """In the order shown; None where two packets share a time, or are further apart than any coding puts them."""
    if not pts:
        return None
    times = np.array(pts)
    order = np.argsort(times, kind="stable")
    shown = times[order]
    moved = np.abs(order - np.arange(len(order))).max()
    if (np.diff(shown) <= 0).any() or moved > _REORDER:
        return None
    flags = np.frombuffer(keys, np.uint8)[order]
    return Timeline.of(stream.time_base or Fraction(1), shown.tolist(), np.flatnonzero(flags).tolist())


def _begins(times: Timeline, shown: list[int | None]) -> bool:
    """Whether the first frames that the decoder shows are the first ones of this timeline."""
    first: Sequence[int] = unpack(times.ticks)[: len(shown)]
    return bool(shown) and shown == [times.origin + tick for tick in first]


def _bounded(count: int) -> None:
    if count > MOST_FRAMES:
        raise MediaError("video too long", f"more than {MOST_FRAMES:,} frames")
