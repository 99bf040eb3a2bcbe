"""One video file as its decoder sees it: opened safely, indexed by packets, decoded in the order shown."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from curate.errors import MediaError

# Demuxers that read one file and nothing else: no playlist, no image, no device.
_VIDEO = "mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,gif,apng,ivf,obu,h264,hevc,m4v,nut,mxf,rm,dv"
_AUDIO = "wav,mp3,aac,flac,aiff,amr,ac3,eac3,w64,caf,au"
_SAFE = {"format_whitelist": f"{_VIDEO},{_AUDIO}", "protocol_whitelist": "file"}
_NO_FILM = Disposition.attached_pic | Disposition.timed_thumbnails
# Where one packet is one frame and its pts is the container's own; anything else is decoded to be sure.
_INDEXED_FORMATS = ("mov,", "matroska,")
_INDEXED_CODECS = frozenset({"h264", "hevc", "vp9", "av1"})


@dataclass(frozen=True, slots=True)
class Index:
    """Presentation times read from the packets, in ticks of the stream's time base after `origin`."""

    origin: int
    ticks: tuple[int, ...]
    keys: tuple[int, ...]


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The file and its film stream, one decode thread. Raises MediaError where there is no film."""
    if path.stat().st_size == 0:
        raise MediaError("empty file")
    try:
        container = av.open(f"file:{path}", options=_SAFE, metadata_errors="replace")
    except av.error.MemoryError:
        raise
    except FFmpegError as error:
        raise _refusal(path, error) from None
    with container:
        stream = _film(container)
        stream.codec_context.thread_count = 1
        yield container, stream


def _film(container: InputContainer) -> VideoStream:
    """The first video stream that is no picture on a cover."""
    videos = container.streams.video
    films = [stream for stream in videos if not stream.disposition & _NO_FILM]
    found = ", ".join(sorted({stream.type for stream in container.streams})) or "no streams"
    if films and getattr(films[0], "codec_context", None) is None:
        raise MediaError("no decoder", f"{container.format.name}: its coding is not known here")
    if films:
        return films[0]
    if videos:
        raise MediaError("cover art only", f"{container.format.name}: {found}")
    reason = "audio only" if container.streams.audio else "not a video"
    raise MediaError(reason, f"{container.format.name}: {found}")


def _refusal(path: Path, error: FFmpegError) -> MediaError:
    """Why nothing could be opened, judged by the first bytes."""
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"BM", b"II*\0", b"MM\0*")) or head[8:12] == b"WEBP":
        return MediaError("an image, not a video", f"starts with {head[:4]!r}")
    known = head[4:8] == b"ftyp" or head.startswith((b"\x1a\x45\xdf\xa3", b"RIFF"))
    return MediaError("damaged" if known else "not a video", error.strerror or type(error).__name__)


def _packets(container: InputContainer, stream: VideoStream) -> "Iterator[Packet[VideoStream]]":
    try:
        yield from container.demux(stream)
    except av.error.MemoryError:
        raise
    except FFmpegError:
        flush = cast("Packet[VideoStream]", Packet())  # frames read before the damage are still owed
        flush.stream = stream
        yield flush


def decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Frames in the order shown, from where the file stands; packets that do not decode are skipped."""
    for packet in _packets(container, stream):
        try:
            yield from packet.decode()
        except av.error.MemoryError:
            raise
        except FFmpegError:
            continue


def clocked(frames: Iterable[VideoFrame], stream: VideoStream) -> Iterator[tuple[int, VideoFrame]]:
    """Each frame with its ticks since the first; one without a usable time comes a step after the last."""
    rate = stream.average_rate or stream.guessed_rate or 25
    step = max(1, round(1 / (rate * (stream.time_base or 1))))
    origin = last = -1
    for frame in frames:
        if last < 0:
            origin, last = frame.pts or 0, 0
        else:
            at = -1 if frame.pts is None else frame.pts - origin
            last = at if at > last else last + step
        yield last, frame


def index(path: Path) -> Index | None:
    """The index of a file whose packets can be trusted, else None: then only decoding tells."""
    with opened(path) as (container, stream):
        first = next(decoded(container, stream), None)
    with opened(path) as (container, stream):
        if not container.format.name.startswith(_INDEXED_FORMATS):
            return None
        if stream.codec_context.codec.canonical_name not in _INDEXED_CODECS:
            return None
        packets = [p for p in _stamps(container, stream) if not p[2]]
    times = sorted(pts for pts, _, _ in packets if pts is not None)
    sound = len(set(times)) == len(packets) and first is not None and first.pts == times[0]
    if not sound:
        return None
    origin = times[0]
    keys = sorted(pts - origin for pts, key, _ in packets if key and pts is not None)
    return Index(origin, tuple(t - origin for t in times), tuple(keys))


def _stamps(container: InputContainer, stream: VideoStream) -> Iterator[tuple[int | None, bool, bool]]:
    """Pts, key and discard flag of every packet; a damaged packet or file spoils the pts of the last."""
    try:
        for packet in container.demux(stream):
            if packet.size:
                yield None if packet.is_corrupt else packet.pts, packet.is_keyframe, packet.is_discard
    except av.error.MemoryError:
        raise
    except FFmpegError:
        yield None, False, False
