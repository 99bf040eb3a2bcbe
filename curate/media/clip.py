"""One video file as its decoder sees it: opened safely, its packets read, its frames decoded as shown."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, cast

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from curate.errors import MediaError
from curate.media import h264, hevc
from curate.media.faults import FAULTS

# Demuxers that read one file and nothing else: no playlist, no image, no device.
_VIDEO = (
    "mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,gif,apng,ivf,obu,h264,hevc,m4v,nut,mxf,rm,dv,wtv,gxf,"
    "yuv4mpegpipe"
)
_AUDIO = "wav,mp3,aac,flac,aiff,amr,ac3,eac3,w64,caf,au"
_SAFE = {"format_whitelist": f"{_VIDEO},{_AUDIO}", "protocol_whitelist": "file"}
_NO_FILM = Disposition.attached_pic | Disposition.timed_thumbnails
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG", b"BM", b"II*\0", b"MM\0*", b"GIF8")
_LISTS = (b"#EXTM3U", b"ffconcat", b"file ", b"<?xml", b"<MPD", b"[playlist]", b"v=0")
_BOM = b"\xef\xbb\xbf"
# Decoders that conceal damage without flagging the frame unless they are told to report it.
_SILENT = frozenset({"hevc", "mjpeg"})
# Decoders that also log errors over the first frames of a sound recording that begins anywhere.
_TALKATIVE = frozenset({"h264", "hevc"})
_PARSED = ("mpegts", "mpeg")
_HEADING = b"\x80"  # least first byte of a Theora packet that is no picture but the head of a film: a chain has many
_HOLLOW = {"h264": h264.hollow, "hevc": hevc.hollow}
MOST_PIXELS = 72_000_000  # of one frame; 8K has 33 million
MOST_FRAMES = 4_000_000  # 10 hours at 60 frames a second have 2.2 million


class Opened(NamedTuple):
    """A file and its film stream; `faults` is how many its reader's kind had met before it was opened."""

    container: InputContainer
    stream: VideoStream
    faults: int


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """The file and its film stream, one decode thread. Raises MediaError where there is no film."""
    if path.stat().st_size == 0:
        raise MediaError("empty file")
    before = FAULTS.met.copy()
    try:
        container = av.open(f"file:{path}", options=_SAFE, metadata_errors="replace")
    except av.error.MemoryError:
        raise
    except FFmpegError as error:
        raise _refusal(path, error) from None
    with container:
        stream = _film(container)
        context = stream.codec_context
        context.thread_count = 1
        if context.codec.canonical_name in _SILENT:
            context.options = {"err_detect": "explode"}
        if context.width * context.height > MOST_PIXELS:
            raise MediaError("video too large", f"{context.width}x{context.height} pixels")
        yield Opened(container, stream, before[container.format.name])


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
    if not container.streams:
        raise MediaError("damaged", f"{container.format.name}: {found}")
    reason = "audio only" if container.streams.audio else "not a video"
    raise MediaError(reason, f"{container.format.name}: {found}")


def _refusal(path: Path, error: FFmpegError) -> MediaError:
    """Why nothing could be opened, judged by the first bytes."""
    with path.open("rb") as file:
        head = file.read(512).removeprefix(_BOM)
    if head.startswith(_IMAGES) or head[8:12] == b"WEBP" or b"<svg" in head:
        return MediaError("an image, not a video", f"starts with {head[:4]!r}")
    if b"<html" in head.lower() or head.lstrip()[:9].lower() == b"<!doctype":
        return MediaError("a web page, not a video", "starts with HTML")
    if head.lstrip().startswith(_LISTS):
        return MediaError("a playlist, not a video", "it names other files, and none of them is opened")
    if isinstance(error, av.error.ArgumentError):
        return MediaError("not a video", "its format is none of those that are read here")
    known = head[4:8] == b"ftyp" or head.startswith((b"\x1a\x45\xdf\xa3", b"RIFF"))
    return MediaError("damaged" if known else "not a video", error.strerror or type(error).__name__)


@dataclass(slots=True)
class Reel:
    """A film on its way through the decoder, and what went wrong on the way.

    `order` holds pts and key flag of every packet sent, in decoding order; `bad` the pts of packets
    that do not decode and of frames that the decoder flags; `failed` counts packets that gave nothing
    behind the first frame (before it, a recording may begin between two key frames); `flagged` those
    that the container knows to be broken; `end` is the last byte that belongs to a packet; `places` holds
    pos, dts and pts of every packet of an AVI; `anew` tells that a later packet brought settings which those
    behind it need, so that decoding cannot begin there; `held` is the pts of the last packet without content,
    which shows the frame before it on; `listed` is how long the container's index was at first.
    """

    container: InputContainer
    stream: VideoStream
    faults: int
    order: list[tuple[int | None, bool]] = field(default_factory=list)
    bad: set[int | None] = field(default_factory=set)
    failed: int = 0
    flagged: int = 0
    end: int = 0
    anew: bool = False
    places: list[tuple[int | None, int | None, int | None]] = field(default_factory=list)
    begun: bool = False
    held: int = 0
    _struck: bool = False
    _suspects: list[int | None] = field(default_factory=list)
    listed: int = 0

    def __post_init__(self) -> None:
        self.listed = len(self.stream.index_entries)

    @property
    def path(self) -> Path:
        """The file that it comes from."""
        return Path(self.container.name.removeprefix("file:"))

    @property
    def torn(self) -> bool:
        """Whether parts of the file were met as broken, or skipped by its reader."""
        return bool(self.flagged or self.failed or self.bad) or FAULTS.met[self.container.format.name] > self.faults

    def packets(self) -> "Iterator[Packet[VideoStream]]":
        """Every packet, and a last one without content; a damaged end of the file is an end."""
        numbered = self.container.format.name == "avi"
        try:
            for packet in self._demuxed():
                self.flagged += packet.is_corrupt
                self.anew |= self.end > 0 and _settles(packet)
                self.end = max(self.end, (packet.pos or 0) + packet.size)
                if numbered and packet.size:
                    self.places.append((packet.pos, packet.dts, packet.pts))
                yield packet
        except av.error.MemoryError:
            raise
        except FFmpegError:
            self.failed += self.begun
            flush = cast("Packet[VideoStream]", Packet())  # frames read before the damage are still owed
            flush.stream = self.stream
            yield flush

    def _demuxed(self) -> "Iterator[Packet[VideoStream]]":
        last: Packet[VideoStream] | None = None
        while True:
            try:
                for last in self.container.demux(self.stream):
                    yield last
                return
            except IndexError:  # a packet of a stream that came up after the file was opened: read on behind it
                if last and not last.size:
                    return

    def decoded(self, packets: "Iterable[Packet[VideoStream]] | None" = None) -> Iterator[VideoFrame]:
        """Frames in the order shown, from where the file stands; packets that do not decode are skipped."""
        for packet in self.packets() if packets is None else packets:
            yield from self.sent(packet)

    def sent(self, packet: "Packet[VideoStream]") -> list[VideoFrame]:
        """The frames that this packet brings out; none where it does not decode."""
        codec = self.stream.codec_context.codec.canonical_name
        before, without_room = FAULTS.met.total(), FAULTS.without_room
        if packet.size:
            begins = key(packet, self.stream)
            self.order.append((packet.pts, begins))
            self._marked(packet, codec, begins)
            if codec in _HOLLOW and _HOLLOW[codec](bytes(packet), self.stream.codec_context.extradata):
                self.bad.add(packet.pts)
        elif packet.pts is not None:
            self.held = max(self.held, packet.pts)
            return []
        try:
            frames = packet.decode()
        except av.error.MemoryError:
            raise
        except FFmpegError:
            if FAULTS.without_room > without_room:
                _roomy(self.stream)
            if codec != "theora" or bytes(packet)[:1] < _HEADING:
                self.bad.add(packet.pts)
                self.failed += self.begun
            return []
        if self.begun and codec not in _TALKATIVE and FAULTS.met.total() > before:
            self.bad.add(packet.pts)
        self.begun = self.begun or bool(frames)
        self.bad.update(frame.pts for frame in frames if frame.is_corrupt)
        return frames

    def _marked(self, packet: "Packet[VideoStream]", codec: str, begins: bool) -> None:
        """Take for bad what the container marks as broken.

        A parser puts the mark on the frame that it brings out then, the one before the broken one, so that both are
        suspected. It marks a joint, too, at which nothing is lost: there a key frame follows.
        """
        if self.container.format.name not in _PARSED:
            if packet.is_corrupt and codec in _SILENT:
                self.bad.add(packet.pts)
            return
        if self._suspects and not (self._struck or packet.is_corrupt):
            self.bad.update(() if begins else self._suspects)
            self._suspects = []
        if (packet.is_corrupt or self._struck) and (self.begun or codec in _SILENT):
            self._suspects.append(packet.pts)
        self._struck = packet.is_corrupt

    def lost(self) -> set[int]:
        """The pts of all frames that cannot be right, so far: the bad ones and what builds on them.

        Damage lasts from the packet it strikes to the next key frame, and in frames that follow that
        key frame in the file but are shown before it; on those nothing builds that is shown behind it.
        """
        lost: set[int] = set()
        start: int | None = None
        tainted = carried = False
        for pts, is_key in self.order:
            if is_key:
                start, carried, tainted = pts, tainted, False
            leading = pts is not None and start is not None and pts < start
            tainted = tainted or (pts in self.bad and not leading)
            if pts is not None and (tainted or (leading and (carried or pts in self.bad))):
                lost.add(pts)
        return lost


def _roomy(stream: VideoStream) -> None:
    """Raises MemoryError where this process has no room for two frames more: decoders call that damage."""
    bytearray(2 * 3 * stream.codec_context.width * stream.codec_context.height)


def _settles(packet: "Packet[VideoStream]") -> bool:
    """Whether this packet brings settings for the decoder; hardly any has side data, which is the cheaper question."""
    if next(packet.iter_sidedata(), None) is None:
        return False
    return packet.has_sidedata("new_extradata") or packet.has_sidedata("palette")


def key(packet: "Packet[VideoStream]", stream: VideoStream) -> bool:
    """Whether decoding may begin at this packet."""
    if not packet.is_keyframe or stream.codec_context.codec.canonical_name != "h264":
        return packet.is_keyframe
    return h264.begins_anew(bytes(packet), stream.codec_context.extradata)
