"""How many frames a film has, and when: by its packets where they can be trusted, else by decoding it all."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from curate.errors import MediaError
from curate.media.clip import MOST_FRAMES, Opened, Reel, key
from curate.media.clock import clocked
from curate.media.losses import astray, reckoned
from curate.timeline import Timeline, pack, unpack

# Where one packet is one frame and its pts is the container's own; anything else is decoded to be sure.
_FORMATS = ("mov,", "matroska,", "mpegts", "flv")
_CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg2video"})
_EACH_ITSELF = frozenset({"mjpeg", "prores", "dnxhd", "ffv1", "huffyuv", "rawvideo"})
_FLAT = (0, 1)  # field orders: unknown, progressive; two fields may be two packets
# Frames at the beginning that are decoded to see whether the packets tell the truth: fewer where the coding
# shows its frames in the order of its packets, so that the second is already like all others.
_HEAD, _PLAIN_HEAD = 8, 2
_PLAIN = frozenset({"vp8", "vp9", "av1"}) | _EACH_ITSELF
# Codings whose frames say themselves whether decoding may begin at them; containers are mistaken about it.
_TELLING = _CODECS | {
    "mpeg1video", "mpeg4", "h263", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2", "wmv3", "vc1", "flv1",
    "theora",
}  # fmt: skip
_PALETTE = "pal8"  # colours may come from a palette that only an earlier packet carries
_REORDER = 16  # frames that the codings above may hold back
_SHOWN = 0x10  # of a VP8 packet's first byte; without it the packet is for reference only


@dataclass(frozen=True, slots=True)
class Survey:
    """The frames of a film, and the first of them; `missing` counts those that should be there and are not."""

    times: Timeline
    missing: int
    first: VideoFrame


def by_packets(film: Opened) -> Survey | None:
    """The survey of a file whose packets can be trusted, else None. Reads it all, decodes the first frames."""
    container, stream, _ = film
    form, codec = container.format.name, stream.codec_context.codec.canonical_name
    if not (codec in _EACH_ITSELF or (codec in _CODECS and form.startswith(_FORMATS))):
        return None
    if stream.codec_context.field_order not in _FLAT and codec not in _EACH_ITSELF:
        return None
    if stream.codec_context.pix_fmt == _PALETTE:
        return None
    # Only this container lists its frames at the beginning, so that what a cut took away can be counted.
    promised = len(stream.index_entries) if form.startswith("mov,") else 0
    reel = Reel(*film)
    head: list[VideoFrame] = []
    first = _PLAIN_HEAD if codec in _PLAIN else _HEAD
    pts, keys, whole = array("q"), bytearray(), 0
    for packet in reel.packets():
        if len(head) < first:
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
    times = None if reel.anew else _timeline(stream, pts, keys)
    if times is None or not _begins(times, [frame.pts for frame in head]):
        return None
    if stray := astray(reel):
        lost = (i for i, tick in enumerate(unpack(times.ticks)) if times.origin + tick in stray)
        times = replace(times, lost=pack(lost))
    times, missing = reckoned(times, reel, unpack(times.keys))
    return Survey(times, max(missing, promised - whole), head[0])


def by_decoding(film: Opened) -> Survey:
    """The survey of what decodes, from the first frame to the last. Raises MediaError where nothing does."""
    container, stream, _ = film
    reel = Reel(*film)
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
    stray = astray(reel)
    if true:
        lost = reel.lost() | stray
        bad, missing = [i for i, at in enumerate(true) if at in lost], 0
        counted = _counted(reel, true)
        times = Timeline.of(base, counted or true, () if counted else _keys(reel, true, keyed), bad)
    else:
        step = max(1, round(1 / ((stream.average_rate or stream.guessed_rate or 25) * base)))
        ticks, units = clocked([pts for pts, _ in stamps], [dts for _, dts in stamps], step)
        times = Timeline.of(base / units, ticks, (), [i for i, good in enumerate(sound) if not good])
        missing = len(stray)
    times, more = reckoned(times, reel, [i for i, begins in enumerate(keyed) if begins])
    return Survey(times, max(missing + more, reel.failed), first)


def _keys(reel: Reel, true: list[int], keyed: bytearray) -> list[int]:
    """The frames that container and coding both call key frames, by index; none where that is not enough to seek."""
    if not _sought(reel, len(true)):
        return []
    marked = {at for at, begins in reel.order if begins}
    return [i for i, at in enumerate(true) if at in marked and keyed[i]]


def _sought(reel: Reel, found: int) -> bool:
    """Whether this film's frames say themselves, and truly, that decoding may begin at them, and seeks find them."""
    context = reel.stream.codec_context
    codec = context.codec.canonical_name
    if context.pix_fmt == _PALETTE or reel.anew:
        return False
    if reel.container.format.name == "mxf" and found < (reel.stream.duration or 0):
        return False  # its table of places was cut off, and without it a seek guesses
    return codec in _TELLING or codec in _EACH_ITSELF


def _counted(reel: Reel, true: list[int]) -> list[int]:
    """The times of an AVI's frames by their places, where its reader guesses others; none where it does not.

    AVI knows no other time than a packet's place; where frames are shown in the order coded, that is theirs.
    """
    shown = [at for at, _ in reel.order]
    places = [dts for _, dts, _ in reel.places if dts is not None]
    if shown != true or len(places) != len(true) or any(a >= b for a, b in pairwise(places)):
        return []
    return [] if all(at - true[0] == place - places[0] for at, place in zip(true, places, strict=True)) else places


def _traced(shown: list[int | None], reel: Reel) -> list[int]:
    """The pts of the frames shown, if each rises above the last and is a packet's own; else none."""
    known = {at for at, _ in reel.order}
    own = [at for at in shown if at is not None and at in known]
    return own if len(own) == len(shown) and all(a < b for a, b in pairwise(own)) else []


def resurveyed(film: Opened, times: Timeline) -> Timeline:
    """The same frames, with those marked as lost that do not decode; reads and decodes it all."""
    reel = Reel(*film)
    clean = {frame.pts for frame in reel.decoded()} - reel.lost()
    torn = {i for i, tick in enumerate(unpack(times.ticks)) if times.origin + tick not in clean}
    return replace(times, lost=pack(sorted(torn.union(times.lost_frames))))


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
