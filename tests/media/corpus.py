"""Clips of every kind that the decoder must get right, and files that it must survive, made by ffmpeg.

Every frame of a clip differs from every other by far more than any coding loss, so that a frame that
stands one place off is seen at once. Nothing here is kept in the repository: `made` and `spoilt` make a file
in a folder of the caller's when it is asked for, once.
"""

import io
import random
import shlex
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from PIL import Image

FFMPEG = shutil.which("ffmpeg")
Edit = Callable[[bytes], bytes]

# Sharp in brightness and smooth in colour, as films are: how colour is scaled up differs between decoders.
SMOOTH = "format=yuv444p,gblur=sigma=8:planes=6,hue=s=0.6"
PLAIN = "testsrc2=s=160x120:r=25:d=2.4"
MOVING = f"{PLAIN},{SMOOTH}"
SHORT = f"testsrc2=s=160x120:r=25:d=0.8,{SMOOTH}"
ONE = f"testsrc2=s=160x120:r=25:d=0.04,{SMOOTH}"
ODD = f"{MOVING},scale=129:97,setsar=1"
FIELDS = "testsrc2=s=160x128:r=50:d=2.4,format=yuv444p,hue=s=0.1,tinterlace=interleave_top"
CIF = f"testsrc2=s=176x144:r=25:d=2.4,{SMOOTH}"
UNEVEN = f"{MOVING},settb=1/1000,setpts='N*40+300*floor(N/7)+6*mod(N*N,5)'"
TONE = "-f lavfi -i sine=r=48000:d=3 -c:a {} -ar 48000"

_X264 = "-c:v libx264 -pix_fmt yuv420p -preset veryfast"
_X265 = "-c:v libx265 -pix_fmt yuv420p -preset ultrafast -bf 3 -x265-params pools=none:frame-threads=1:log-level=none"
_HIDDEN = "-b:v 200k -g 30 -auto-alt-ref 1 -lag-in-frames 16"
X264 = f"{_X264} -g 12 -bf 3 -sc_threshold 0"
OPEN = f"{_X264} -x264-params open-gop=1:keyint=10:min-keyint=10:scenecut=0:bframes=3"
REFRESH = f"{_X264} -x264-params intra-refresh=1:keyint=12:bframes=0"
X265 = f"{_X265}:open-gop=0:keyint=12"
X265_OPEN = f"{_X265}:open-gop=1:keyint=12"
X265_LAYERS = f"{X265_OPEN}:temporal-layers=1:b-pyramid=1"
X265_SLICES = f"{X265_OPEN}:slices=2".replace("pools=none", "pools=1")  # without a pool, x265 codes broken ones
VP8 = f"-c:v libvpx -pix_fmt yuv420p -cpu-used 4 {_HIDDEN}"
VP9 = f"-c:v libvpx-vp9 -pix_fmt yuv420p -cpu-used 5 -row-mt 0 {_HIDDEN}"
VP9_PLAIN = "-c:v libvpx-vp9 -pix_fmt yuv420p -cpu-used 8 -row-mt 0 -b:v 200k -g 30"
AOM = "-c:v libaom-av1 -pix_fmt yuv420p -cpu-used 8 -row-mt 0 -b:v 200k -g 30 -lag-in-frames 20"
MPEG2 = "-c:v mpeg2video -g 12 -bf 2 -q:v 3"
MPEG4 = "-c:v mpeg4 -g 12 -bf 2 -q:v 4"
COVER = "-f lavfi -i color=red:s=320x240:d=0.04"
MILLI = "-vsync passthrough -enc_time_base 1:1000"
PASSED = "-vsync passthrough"


@dataclass(frozen=True, slots=True)
class Clip:
    """How a clip is made: `coded` are ffmpeg's options for it, in which IN stands for the input (else it comes first).

    The input is `source`, a filter graph, or `base`, another clip of the corpus. `passes` are the encoder's;
    `more` names a clip whose bytes come behind those that ffmpeg wrote; `edit` changes them all.
    """

    coded: str
    source: str = MOVING
    base: str = ""
    passes: int = 1
    edit: Edit | None = None
    more: str = ""


def _cut(start: float, end: float = 1.0) -> Edit:
    """Keeps the transport packets between two shares of the file."""

    def edit(data: bytes) -> bytes:
        packets = len(data) // 188
        return data[int(packets * start) * 188 : int(packets * end) * 188]

    return edit


def _turned(matrix: tuple[int, ...]) -> Edit:
    """Sets the upper left of the first track's display matrix: a b c d, in whole numbers."""

    def edit(data: bytes) -> bytes:
        at = data.index(b"tkhd") + 44
        a, b, c, d = (value << 16 for value in matrix)
        return data[:at] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + data[at + 36 :]

    return edit


def _piped(data: bytes) -> bytes:
    """An AVI as it is written to a pipe: no index, and a number of frames that means none."""
    at = data.index(b"vids") + 32
    return data[:at] + struct.pack("<I", 0x3FFFFFFF) + data[at + 4 : data.rindex(b"idx1")]


def _no_keys(data: bytes) -> bytes:
    """A movie without the list of its key frames, which then are all of them."""
    return data.replace(b"stss", b"free")


def _leaves(data: bytes) -> bytes:
    """A movie of HEVC whose frames all say that no other builds on them, key frames and leading ones excepted."""
    changed = bytearray(data)
    at = data.index(b"mdat")
    end = at - 4 + int.from_bytes(data[at - 4 : at])
    at += 4
    while at < end:
        if changed[at + 4] >> 1 == 1:
            changed[at + 4] = 0
        at += 4 + int.from_bytes(data[at : at + 4])
    return bytes(changed)


def _all_keys(data: bytes) -> bytes:
    """An AVI whose index calls every frame of its film a key frame."""
    changed = bytearray(data)
    at = data.rindex(b"idx1") + 8
    while data[at : at + 4] == b"00dc":
        changed[at + 4] |= 0x10
        at += 16
    return bytes(changed)


_PARENTS = (b"moov", b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl")


def replaced(data: bytes, kind: bytes, payload: bytes) -> bytes:
    """The file with the first box of this kind filled anew; `moov` must come behind the media."""
    parts: list[bytes] = []
    at = 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + size]
        if name == kind:
            body = payload
        elif name in _PARENTS and kind in body:
            body = replaced(body, kind, payload)
        if len(body) != size - 8:
            return b"".join(parts) + struct.pack(">I4s", len(body) + 8, name) + body + data[at + size :]
        parts.append(data[at : at + 8] + body)
        at += size
    return b"".join(parts) + data[at:]


def _edits(*shown: tuple[int, int]) -> Edit:
    """An edit list of these stretches, in frames of the clip: first, and how many."""

    def edit(data: bytes) -> bytes:
        # 1000 ticks a second in the movie, 12800 in the track, which starts two frames late for its B-frames
        entries = b"".join(struct.pack(">IiHH", many * 40, 1024 + first * 512, 1, 0) for first, many in shown)
        return replaced(data, b"elst", struct.pack(">II", 0, len(shown)) + entries)

    return edit


CORPUS: dict[str, Clip] = {
    # H.264: where the key frames stand, and what stands around them
    "h264-closed.mp4": Clip(X264),
    "h264-closed.mkv": Clip(X264),
    "h264-faststart.mp4": Clip(f"{X264} -movflags faststart"),
    "h264-pyramid.mp4": Clip(f"{_X264} -g 30 -bf 7 -x264-params b-pyramid=normal:ref=4:b-adapt=0"),
    "h264-open.mkv": Clip(OPEN),
    "h264-open.mp4": Clip(OPEN),
    "h264-refresh.mkv": Clip(REFRESH),
    "h264-refresh.mp4": Clip(REFRESH),
    "h264-one-gop.mp4": Clip(f"{_X264} -g 250 -bf 3"),
    "h264-mbaff.mp4": Clip(f"{X264} -flags +ildct+ilme -x264-params tff=1", FIELDS),
    "h264-mbaff.ts": Clip(f"{X264} -flags +ildct+ilme -x264-params tff=1", FIELDS),
    "h264-flagged-interlaced.mkv": Clip(f"{X264} -x264-params fake-interlaced=1"),
    "h264-odd-444.mp4": Clip(f"{X264} -pix_fmt yuv444p", ODD),
    "h264-422-10.mkv": Clip(f"{X264} -pix_fmt yuv422p10"),
    "h264-gray.mp4": Clip(f"{X264} -pix_fmt gray"),
    "h264-rgb.mkv": Clip("-c:v libx264rgb -preset veryfast -g 12 -pix_fmt rgb24"),
    "h264-709.mp4": Clip(f"{X264} -colorspace bt709 -color_primaries bt709 -color_trc bt709"),
    "h264-full-range.mp4": Clip(f"{X264} -pix_fmt yuvj420p"),
    "h264-cropped.mp4": Clip(f"{X264}", f"{MOVING},scale=146:106,setsar=1"),
    "h264-4k.mp4": Clip(f"{_X264} -g 4", f"{MOVING},trim=end=0.32,scale=3840:2160,setsar=1"),
    "h264-slow.mp4": Clip(X264, f"testsrc2=s=160x120:r=1/5:d=150,{SMOOTH},hue=h=n*50"),
    "h264-1500-a-second.mkv": Clip(X264, f"testsrc2=s=160x120:r=1500:d=0.04,{SMOOTH},hue=h=n*25:s=1+0.5*sin(n)"),
    # H.264 in other containers
    "h264.ts": Clip(X264),
    "h264-late.ts": Clip(f"{X264} -output_ts_offset 3600", f"{MOVING},negate"),
    "h264-wrap.ts": Clip(f"{X264} -output_ts_offset 95441.1"),
    "h264-cut.ts": Clip("-c copy", base="h264.ts", edit=_cut(0.27)),
    "h264-open.ts": Clip(OPEN),
    "h264-open-cut.ts": Clip("-c copy", base="h264-open.ts", edit=_cut(0.27)),
    "h264-refresh.ts": Clip(REFRESH),
    "h264-refresh-cut.ts": Clip("-c copy", base="h264-refresh.ts", edit=_cut(0.27)),
    "h264-blu-ray.m2ts": Clip(f"{X264} -mpegts_m2ts_mode 1"),
    "h264.flv": Clip(X264),
    "h264.avi": Clip(X264),
    "h264.h264": Clip(X264),
    "h264.3gp": Clip(f"{X264} -bf 0"),
    "h264-fragments.mp4": Clip(f"{X264} -movflags +frag_keyframe+empty_moov"),
    "h264-fragments-small.mp4": Clip(f"{X264} -movflags +empty_moov+default_base_moof -frag_size 4000"),
    "h264-streamed.mkv": Clip(f"{X264} -live 1 -f matroska"),
    # HEVC
    "hevc.mp4": Clip(X265),
    "hevc-10.mkv": Clip(f"{X265} -pix_fmt yuv420p10"),
    "hevc-open.mkv": Clip(X265_OPEN),
    "hevc-open.mp4": Clip(f"{X265_OPEN} -tag:v hvc1"),
    "hevc.ts": Clip(X265_OPEN),
    "hevc-cut.ts": Clip("-c copy", base="hevc.ts", edit=_cut(0.27)),
    "hevc.hevc": Clip(X265_OPEN),
    "hevc-layers.mp4": Clip(f"{X265_LAYERS} -tag:v hev1"),
    "hevc-layers.ts": Clip(X265_LAYERS),
    "hevc-slices.mp4": Clip(X265_SLICES),
    "hevc-leaves.mp4": Clip("-c copy", base="hevc.mp4", edit=_leaves),
    # VP8, VP9 and AV1: frames that are never shown
    "vp8.webm": Clip(VP8, passes=2),
    "vp8-odd.webm": Clip("-c:v libvpx -cpu-used 8 -b:v 200k -g 30", ODD),
    "vp9.webm": Clip(VP9, passes=2),
    "vp9.mp4": Clip(VP9, passes=2),
    "vp9.ivf": Clip(VP9, passes=2),
    "vp9-odd.webm": Clip(VP9_PLAIN, ODD),
    "vp9-10.webm": Clip(f"{VP9_PLAIN} -pix_fmt yuv420p10"),
    "vp9-alpha.webm": Clip(f"{VP9_PLAIN} -pix_fmt yuva420p"),
    "av1.mp4": Clip(AOM),
    "av1.mkv": Clip(AOM),
    "av1-10.webm": Clip(f"{AOM} -pix_fmt yuv420p10"),
    "av1.ivf": Clip(AOM),
    "av1.obu": Clip(AOM),
    # MPEG-1, -2 and -4
    "mpeg1.mpg": Clip("-c:v mpeg1video -g 12 -bf 2 -q:v 3 -f mpeg"),
    "mpeg2.mpg": Clip(f"{MPEG2} -f vob"),
    "mpeg2.ts": Clip(MPEG2),
    "mpeg2-sound.mpg": Clip(f"IN {TONE.format('mp2')} {MPEG2} -f vob"),
    "mpeg2-cut.mpg": Clip("-c copy -f vob", base="mpeg2.mpg", edit=lambda data: data[2048 * 20 :]),
    "mpeg2-cut.ts": Clip("-c copy", base="mpeg2.ts", edit=_cut(0.27)),
    "mpeg2-interlaced.mpg": Clip(f"{MPEG2} -flags +ildct+ilme -top 1 -f vob", FIELDS),
    "mpeg2-interlaced.ts": Clip(f"{MPEG2} -flags +ildct+ilme -top 1", FIELDS),
    "mpeg2-wide.mpg": Clip(f"{MPEG2} -aspect 16:9 -f vob"),
    "mpeg2.m2v": Clip(f"{MPEG2} -f mpeg2video"),
    "mpeg2.mxf": Clip(MPEG2),
    "mpeg2-five.mxf": Clip("-c:v mpeg2video -q:v 3 -bf 2", f"testsrc2=s=160x120:r=25:d=5,{SMOOTH}"),
    "mpeg2.wtv": Clip(MPEG2),
    "mpeg2.gxf": Clip(f"{MPEG2} -b:v 8M -r 25 -ar 48000", f"testsrc2=s=720x576:r=25:d=0.8,{SMOOTH}"),
    "mpeg4-packed.avi": Clip("-c:v libxvid -g 12 -bf 2 -q:v 4"),
    "mpeg4-no-index.avi": Clip("-c copy", base="mpeg4-b.avi", edit=lambda data: data[: data.rindex(b"idx1")]),
    "mpeg4-b.avi": Clip(f"{MPEG4} -vtag DX50"),
    "mpeg4-b.mp4": Clip(MPEG4),
    "mpeg4-b.mkv": Clip(MPEG4),
    "mpeg4-warped.avi": Clip("-c:v libxvid -g 12 -bf 2 -q:v 4 -gmc 1 -flags +qpel+mv4"),
    "mpeg4-unpacked.mp4": Clip("-c copy -bsf:v mpeg4_unpack_bframes", base="mpeg4-packed.avi"),
    # Key frames by the container's word, and not by the coding's own
    "h264-no-stss.mp4": Clip("-c copy", base="h264-closed.mp4", edit=_no_keys),
    "hevc-no-stss.mp4": Clip("-c copy -tag:v hvc1", base="hevc.mp4", edit=_no_keys),
    "vp9-no-stss.mp4": Clip("-c copy", base="vp9.mp4", edit=_no_keys),
    "mpeg4-no-stss.mp4": Clip("-c copy", base="mpeg4-b.mp4", edit=_no_keys),
    "mpeg4-all-keys.avi": Clip("-c copy", base="mpeg4-b.avi", edit=_all_keys),
    "divx3-all-keys.avi": Clip("-c copy", base="divx3.avi", edit=_all_keys),
    "h261.mkv": Clip("-c:v h261 -g 12 -q:v 4", CIF),
    "h263p.mkv": Clip("-c:v h263p -g 12 -q:v 4", CIF),
    "rpza.mov": Clip("-c:v rpza -g 12 -pix_fmt rgb555", f"{CIF},trim=end=1.2"),
    "animation-no-stss.mov": Clip("-c copy", base="animation.mov", edit=_no_keys),
    # Older and plainer codings
    "h263.3gp": Clip("-c:v h263 -g 12 -q:v 4", CIF),
    "divx3.avi": Clip("-c:v msmpeg4 -g 12 -q:v 4"),
    "wmv1.asf": Clip("-c:v wmv1 -g 12 -q:v 4"),
    "wmv2.wmv": Clip(f"IN {TONE.format('wmav2')} -c:v wmv2 -g 12 -q:v 4"),
    "theora.ogv": Clip("-c:v libtheora -g 12 -q:v 6"),
    "theora-chain.ogv": Clip("-c copy", base="theora.ogv", edit=lambda data: data * 3),
    "flv1.flv": Clip("-c:v flv -g 12 -q:v 4"),
    "rv20.rm": Clip("-c:v rv20 -g 12 -q:v 4", CIF),
    "svq1.mov": Clip("-c:v svq1 -g 12 -q:v 4", f"{CIF},trim=end=0.8"),
    "mjpeg.avi": Clip("-c:v mjpeg -q:v 4"),
    "mjpeg.mkv": Clip("-c:v mjpeg -q:v 4"),
    "mjpeg.mov": Clip("-c:v mjpeg -q:v 4 -pix_fmt yuvj422p"),
    "prores.mov": Clip("-c:v prores_ks -profile:v 1", SHORT),
    "prores-alpha.mov": Clip("-c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10", SHORT),
    "dnxhr.mov": Clip("-c:v dnxhd -profile:v dnxhr_lb -pix_fmt yuv422p", f"{SHORT},scale=256:144,setsar=1"),
    "jpeg2000.mxf": Clip("-c:v jpeg2000 -q:v 4", SHORT),
    "dv.avi": Clip("-c:v dvvideo -pix_fmt yuv420p", f"testsrc2=s=720x576:r=25:d=0.4,{SMOOTH}"),
    "dv.dv": Clip("-c:v dvvideo -pix_fmt yuv420p", f"testsrc2=s=720x576:r=25:d=0.4,{SMOOTH}"),
    "ffv1.mkv": Clip("-c:v ffv1 -level 3 -g 1", SHORT),
    "huffyuv.avi": Clip("-c:v huffyuv -pix_fmt yuv422p", SHORT),
    "raw.avi": Clip("-c:v rawvideo -pix_fmt bgr24", SHORT),
    "raw.y4m": Clip("-f yuv4mpegpipe -pix_fmt yuv420p", SHORT),
    "raw.nut": Clip("-c:v rawvideo -pix_fmt yuv420p", SHORT),
    "palette.avi": Clip("-c:v rawvideo -pix_fmt pal8", SHORT),
    "palette.mov": Clip("-c:v rawvideo -pix_fmt pal8", SHORT),
    "animation.mov": Clip("-c:v qtrle -pix_fmt rgb24 -g 5", SHORT),
    "png.mov": Clip("-c:v png -pix_fmt rgb24", SHORT),
    # Animated pictures
    "animated.gif": Clip("-vf split[a][b];[a]palettegen[p];[b][p]paletteuse", SHORT),
    "animated.apng": Clip("-c:v apng -plays 0 -pix_fmt rgb24", SHORT),
    "animated.webp": Clip("-c:v libwebp_anim -lossless 1", SHORT),
    # Times
    "uneven.mp4": Clip(f"{X264} {MILLI} -video_track_timescale 1000", UNEVEN),
    "uneven.mkv": Clip(f"{X264} {MILLI}", UNEVEN),
    "uneven.ts": Clip(f"{X264} {MILLI}", UNEVEN),
    "uneven.webm": Clip(f"{VP9_PLAIN} {MILLI}", UNEVEN),
    "offset.mp4": Clip(f"{X264} -output_ts_offset 5"),
    "offset.mkv": Clip(f"{X264} -output_ts_offset 5"),
    "early-sound.mp4": Clip(f"-itsoffset 0.5 IN {TONE.format('aac')} {X264} {PASSED}"),
    "early-sound.mkv": Clip(f"-itsoffset 0.5 IN {TONE.format('aac')} {X264} {PASSED}"),
    "early-sound.ts": Clip(f"-itsoffset 0.5 IN {TONE.format('aac')} {X264} {PASSED}"),
    "dropped.avi": Clip(f"{MPEG4} {PASSED}", f"{MOVING},select='lt(mod(n,10),7)'"),
    "gaps-no-b.avi": Clip(f"{_X264} -g 12 -bf 0 {PASSED}", f"{MOVING},select='lt(n,9)+between(n,25,33)+gt(n,50)'"),
    "gaps-b.avi": Clip(f"{X264} {PASSED}", f"{MOVING},select='lt(n,9)+between(n,25,33)+gt(n,50)'"),
    "repeats.ogv": Clip("-c:v libtheora -g 12 -q:v 6 -r 25", f"testsrc2=s=160x120:r=10:d=2.4,{SMOOTH}"),
    "screen.mkv": Clip(f"{X264} {PASSED}", f"testsrc2=s=160x120:r=60:d=4,{SMOOTH},select='lt(mod(n*n,97),11)'"),
    "repeats-last.ogv": Clip("-c:v libtheora -g 12 -q:v 6 -vsync cfr -r 25", base="screen.mkv"),
    "offset.avi": Clip("-c copy -output_ts_offset 2", base="mpeg4-b.avi"),
    "cut-out.avi": Clip("-ss 1.1 IN -c copy", base="mpeg4-packed.avi"),
    "cut-out.mxf": Clip("-ss 0.9 IN -t 0.9 -c copy", base="mpeg2.mxf"),
    "cut-out.mpg": Clip("-ss 0.9 IN -t 1.2 -c copy -f vob", base="mpeg2-sound.mpg"),
    "piped.avi": Clip("-c:v mjpeg -q:v 4", edit=_piped),
    "early-film.mp4": Clip(f"IN -itsoffset 0.5 {TONE.format('aac')} {X264} {PASSED}"),
    "edit-start.mp4": Clip("-ss 0.9 IN -c copy", base="h264-closed.mp4"),
    "edit-start-open.mp4": Clip("-ss 0.9 IN -c copy", base="h264-open.mp4"),
    "edit-start.mov": Clip("-ss 0.9 IN -c copy", base="mpeg4-b.mp4"),
    "edit-end.mp4": Clip("-c copy", base="h264-closed.mp4", edit=_edits((0, 25))),
    "edit-middle.mp4": Clip("-c copy", base="h264-closed.mp4", edit=_edits((0, 20), (40, 15))),
    "edit-twice.mp4": Clip("-c copy", base="h264-closed.mp4", edit=_edits((20, 15), (20, 15))),
    "hevc-joined.ts": Clip("-c copy", base="hevc.ts", edit=lambda data: data * 2),
    "joined-jump.ts": Clip("-c copy", base="h264.ts", more="h264-late.ts"),
    "joined-back.ts": Clip("-c copy -copyts", base="h264-late.ts", more="h264.ts"),
    # Shapes
    "turned-90.mp4": Clip("-c copy -metadata:s:v rotate=90", base="h264-closed.mp4"),
    "turned-180.mp4": Clip("-c copy -metadata:s:v rotate=180", base="h264-closed.mp4"),
    "turned-270.mp4": Clip("-c copy -metadata:s:v rotate=270", base="h264-closed.mp4"),
    "turned-wide.mov": Clip("-c copy -metadata:s:v rotate=90", base="wide.mp4"),
    "mirrored.mp4": Clip("-c copy", base="h264-closed.mp4", edit=_turned((-1, 0, 0, 1))),
    "mirrored-90.mp4": Clip("-c copy", base="h264-closed.mp4", edit=_turned((0, 1, 1, 0))),
    "wide.mp4": Clip(X264, f"{MOVING},setsar=16/15"),
    "wide.mkv": Clip(X264, f"{MOVING},setsar=2/1"),
    "narrow.webm": Clip(VP9_PLAIN, f"{MOVING},setsar=2/3"),
    "small.ts": Clip(X264, f"testsrc2=s=96x64:r=25:d=1.2,{SMOOTH}"),
    "size-change.ts": Clip("-c copy", base="h264.ts", more="small.ts"),
    "size-change.mkv": Clip("-c copy", base="size-change.ts"),
    # One frame, and more than one film
    "one.mp4": Clip(X264, ONE),
    "one.mkv": Clip(X264, ONE),
    "one.webm": Clip(VP9_PLAIN, ONE),
    "one.ts": Clip(X264, ONE),
    "one.gif": Clip("", ONE),
    "cover-behind.mp4": Clip(f"IN {COVER} -map 0 -map 1 {X264} -c:v:1 png -disposition:v:1 attached_pic"),
    "cover-before.mp4": Clip(f"IN {COVER} -map 1 -map 0 {X264} -c:v:0 png -disposition:v:0 attached_pic"),
    "two-films.mkv": Clip(f"IN -f lavfi -i mandelbrot=s=320x240:r=25 -map 0 -map 1 -t 2.4 {X264}"),
}  # fmt: skip

# Sharp in colour too: what a decoder makes of it tells how it scales, and nothing of which frame it is.
SHARP: dict[str, Clip] = {
    "sharp.mp4": Clip(X264, PLAIN),
    "sharp-odd.mp4": Clip(X264, f"{PLAIN},scale=146:106,setsar=1"),
    "sharp-wide.mkv": Clip(X264, f"{PLAIN},setsar=16/15"),
    "sharp-turned.mov": Clip("-c copy -metadata:s:v rotate=90", base="sharp-wide.mkv"),
    "sharp-narrow.webm": Clip(VP9_PLAIN, f"{PLAIN},setsar=2/3"),
    "sharp-fields.mpg": Clip(f"{MPEG2} -flags +ildct+ilme -top 1 -f vob", f"{PLAIN},setsar=16/15,setfield=tff"),
    "sharp-mpeg2.ts": Clip(MPEG2, PLAIN),
}


def made(name: str, folder: Path) -> Path:
    """The clip of this name in this folder, made where it is not there. Skips the test where there is no ffmpeg."""
    path = folder / name
    if path.exists():
        return path
    clip = CORPUS[name] if name in CORPUS else SHARP[name]
    base = made(clip.base, folder) if clip.base else None
    more = made(clip.more, folder) if clip.more else None
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        draft = Path(scratch, name)
        for number in range(1, clip.passes + 1):
            last = number == clip.passes
            _run(clip, base, draft if last else None, Path(scratch, "pass"), number)
        if more:
            draft.write_bytes(draft.read_bytes() + more.read_bytes())
        if clip.edit:
            draft.write_bytes(clip.edit(draft.read_bytes()))
        draft.replace(path)
    return path


def ffmpeg(*options: str) -> None:
    """One run of ffmpeg. Raises SkipTest where there is none and RuntimeError with what it said where it failed."""
    if FFMPEG is None:
        raise unittest.SkipTest("ffmpeg is not installed: no clips can be made")
    done = subprocess.run([FFMPEG, "-nostdin", "-v", "error", "-y", *options], capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ffmpeg {shlex.join(options)}: {done.stderr.decode(errors='replace').strip()}")


def _run(clip: Clip, base: Path | None, out: Path | None, log: Path, number: int) -> None:
    source = ["-i", str(base)] if base else ["-f", "lavfi", "-i", clip.source]
    words = shlex.split(clip.coded)
    before, after = (words[: words.index("IN")], words[words.index("IN") + 1 :]) if "IN" in words else ([], words)
    passes = ["-pass", str(number), "-passlogfile", str(log)] if clip.passes > 1 else []
    to = [str(out)] if out else ["-f", "null", "-"]
    ffmpeg(*before, *source, *after, *passes, "-threads", "1", "-filter_threads", "1", "-bitexact", *to)


@dataclass(frozen=True, slots=True)
class Bad:
    """A file that is no sound clip: `write` makes it at a path. Where `lost`, there is nothing to be shown in it."""

    write: Callable[[Path], None]
    lost: bool = True


def spoilt(name: str, folder: Path) -> Path:
    """The bad file of this name, in a folder of its own below this one; clips it is made from lie in this one."""
    path = folder / name / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        BAD[name].write(path)
    return path


def _text(content: str | bytes | Callable[[], bytes]) -> Bad:
    def write(path: Path) -> None:
        data = content() if callable(content) else content
        path.write_bytes(data.encode() if isinstance(data, str) else data)

    return Bad(write)


def _from(base: str, edit: Edit, *, lost: bool = True) -> Bad:
    """A clip of the corpus with its bytes changed."""

    def write(path: Path) -> None:
        path.write_bytes(edit(made(base, path.parents[1]).read_bytes()))

    return Bad(write, lost)


def _coded(options: str) -> Bad:
    """A file that ffmpeg writes."""
    return Bad(lambda path: ffmpeg(*shlex.split(options), "-bitexact", str(path)))


def _beside(text: str) -> Bad:
    """A list that names the sound clip beside it."""

    def write(path: Path) -> None:
        made("h264.ts", path.parent)
        path.write_text(text.format(name="h264.ts", path=path.parent / "h264.ts"))

    return Bad(write)


def _flipped(seed: int, many: int, start: float = 0.0, end: float = 1.0) -> Edit:
    """Other values for this many bytes, between two shares of the file."""

    def edit(data: bytes) -> bytes:
        chance, changed = random.Random(seed), bytearray(data)
        for _ in range(many):
            changed[chance.randrange(int(len(data) * start), int(len(data) * end))] ^= chance.randrange(1, 256)
        return bytes(changed)

    return edit


def _zeroed(start: float, end: float) -> Edit:
    """Nothing but zeros between two shares of the file."""

    def edit(data: bytes) -> bytes:
        first, last = int(len(data) * start), int(len(data) * end)
        return data[:first] + bytes(last - first) + data[last:]

    return edit


def _frames_behind(data: bytes, place: int) -> Iterable[tuple[int, int]]:
    """Where each frame of a transport stream begins, and the one after it, behind this place."""
    return pairwise(at for at in range(0, len(data), 188) if data[at + 1] & 0x40 and at > place)


def _zeroed_packets(data: bytes) -> bytes:
    """A transport stream with zeros over two packets inside a frame."""
    at = next(at for at, behind in _frames_behind(data, len(data) // 3) if behind - at >= 5 * 188) + 188
    return data[:at] + bytes(2 * 188) + data[at + 2 * 188 :]


def _struck_key(data: bytes) -> bytes:
    """A transport stream without two packets late in a key frame in its second half."""
    at, behind = max(_frames_behind(data, len(data) // 2), key=lambda pair: pair[1] - pair[0])
    at += (behind - at) * 3 // 4 // 188 * 188
    return data[:at] + data[at + 2 * 188 :]


def _box(kind: bytes, value: bytes, offset: int) -> Edit:
    """The bytes from an offset behind the name of the first box of this kind, or before it, set to this value."""

    def edit(data: bytes) -> bytes:
        at = data.index(kind) + offset
        return data[:at] + value + data[at + len(value) :]

    return edit


def _elsewhere(path: Path) -> None:
    """A movie whose pictures lie in the clip beside it, as old QuickTime could have it."""
    data = made("h264-closed.mp4", path.parent).read_bytes()
    name = b"h264-closed.mp4"
    record = bytes(10) + bytes([4]) + b"disk".ljust(27, b"\0") + bytes(12) + bytes([len(name)]) + name.ljust(63, b"\0")
    record += bytes(16) + struct.pack(">hh", 1, 1) + bytes(16)
    place = b"disk:" + name
    record += struct.pack(">hH", 2, len(place)) + place + bytes(len(place) % 2) + struct.pack(">hH", -1, 0)
    entry = struct.pack(">I4sI", len(record) + 12, b"alis", 0) + record
    path.write_bytes(replaced(_blank(data), b"dref", struct.pack(">II", 0, 1) + entry))


_SRT = "1\n00:00:00,000 --> 00:00:02,000\nOne line.\n"


def _blank(data: bytes) -> bytes:
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    return data[:start] + bytes(end - start) + data[end:]


def _subtitles(path: Path) -> None:
    text = path.with_suffix(".srt")
    text.write_text(_SRT)
    ffmpeg("-i", str(text), "-c", "copy", "-bitexact", str(path))
    text.unlink()


def _picture(form: str, size: tuple[int, int] = (64, 48)) -> bytes:
    data = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(data, form)
    return data.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, rows: int) -> bytes:
    """A grey PNG that says it is this large and holds this many rows, of one bit a pixel."""
    packer = zlib.compressobj(1)
    row = bytes(1 + (width + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


_HTML = "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n"
_SDP = (
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
)
_HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2.4,\n{}\n#EXT-X-ENDLIST\n"
_DASH = (
    '<?xml version="1.0"?><MPD type="static"><Period><AdaptationSet><Representation>'
    "<BaseURL>{name}</BaseURL></Representation></AdaptationSet></Period></MPD>"
)
_TONE = "-f lavfi -i sine=r=16000:d=1"

BAD: dict[str, Bad] = {
    "empty.mp4": _text(""),
    "one-byte.mp4": _text("\0"),
    "page.mp4": _text(_HTML),
    "text.mp4": _text("This is no film.\n" * 100),
    "random.mp4": _text(random.Random(1).randbytes(100_000)),
    "random.ts": _text(b"".join(b"\x47" + random.Random(i).randbytes(187) for i in range(500))),
    "zeros.mp4": _text(bytes(100_000)),
    "archive.mp4": _text(b"PK\x03\x04" + random.Random(2).randbytes(5_000)),
    "script.sdp": _text(_SDP),
    "script.mp4": _text(_SDP),
    "subtitles.mp4": _text(_SRT),
    # sound
    "sound.wav": _coded(_TONE),
    "sound.mp3": _coded(_TONE),
    "sound.m4a": _coded(_TONE),
    "sound.mp4": _coded(_TONE),
    "cover.mp3": _coded(f"{_TONE} {COVER} -map 0 -map 1 -c:v mjpeg -id3v2_version 3"),
    "cover.m4a": _coded(f"{_TONE} {COVER} -map 0 -map 1 -c:v png -disposition:v attached_pic"),
    # pictures
    "jpeg.mp4": _text(lambda: _picture("JPEG")),
    "png.mp4": _text(lambda: _picture("PNG")),
    "webp.mp4": _text(lambda: _picture("WEBP")),
    "bmp.mp4": _text(lambda: _picture("BMP")),
    "xhtml.mp4": _text('<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"></html>'),
    "svg.mp4": _text('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    "huge.png": _text(lambda: _png(30_000, 30_000, 30_000)),
    "huge.mp4": _text(lambda: _png(30_000, 30_000, 30_000)),
    "lies-large.png": _text(lambda: _png(9_000, 9_000, 10)),
    "lies-small.png": _text(lambda: _png(16, 16, 4_000)),
    # lists that name a sound clip beside them
    "list.m3u8": _beside(_HLS.format("{name}")),
    "list.mp4": _beside(_HLS.format("{name}")),
    "list.ts": _beside(_HLS.format("{path}")),
    "list.ffconcat": _beside("ffconcat version 1.0\nfile {name}\n"),
    "concat.mp4": _beside("ffconcat version 1.0\nfile {name}\n"),
    "concat.avi": _beside("ffconcat version 1.0\nfile '{path}'\n"),
    "list.mpd": _beside(_DASH),
    "marked.mp4": _beside("\ufeff" + _HLS.format("{name}")),
    "file.mp4": _beside("file '{name}'\n"),
    # cut short
    "cut-no-index.mp4": _from("h264-closed.mp4", lambda data: data[: len(data) * 2 // 3]),
    "cut-half.mp4": _from("h264-faststart.mp4", lambda data: data[: len(data) // 2], lost=False),
    "cut-head.mp4": _from("h264-faststart.mp4", lambda data: data[:600]),
    "cut-half.mkv": _from("h264-closed.mkv", lambda data: data[: len(data) // 2], lost=False),
    "cut-half.avi": _from("mpeg4-packed.avi", lambda data: data[: len(data) // 2], lost=False),
    "cut-half.webm": _from("vp9.webm", lambda data: data[: len(data) // 2], lost=False),
    "cut-half.mpg": _from("mpeg2.mpg", lambda data: data[: len(data) // 2], lost=False),
    "cut-half.gif": _from("animated.gif", lambda data: data[: len(data) // 2], lost=False),
    "cut-fragment.mp4": _from("h264-fragments.mp4", lambda data: data[: len(data) // 2], lost=False),
    "cut-index.mp4": _from("h264-faststart.mp4", lambda data: data[: data.index(b"stco")]),
    # stretches gone from the middle, over which the container's reader skips
    "hole.mkv": _from("h264-closed.mkv", _zeroed(0.3, 0.4), lost=False),
    "hole.webm": _from("vp9.webm", _zeroed(0.3, 0.4), lost=False),
    "hole.ts": _from("h264.ts", lambda data: _cut(0, 0.3)(data) + _cut(0.5)(data), lost=False),
    "hole-mpeg2.ts": _from("mpeg2.ts", lambda data: _cut(0, 0.3)(data) + _cut(0.5)(data), lost=False),
    "hole-mjpeg.mkv": _from("mjpeg.mkv", _zeroed(0.3, 0.4), lost=False),
    "hole.flv": _from("h264.flv", _zeroed(0.3, 0.4), lost=False),
    "hole.wmv": _from("wmv2.wmv", _zeroed(0.3, 0.4), lost=False),
    "hole.ogv": _from("theora.ogv", _zeroed(0.3, 0.4), lost=False),
    "hole.mxf": _from("mpeg2.mxf", _zeroed(0.3, 0.4), lost=False),
    "hole.wtv": _from("mpeg2.wtv", _zeroed(0.5, 0.55), lost=False),
    "hole.ivf": _from("vp9.ivf", _zeroed(0.5, 0.6), lost=False),
    "cut-foot.mxf": _from("mpeg2-five.mxf", lambda data: data[: len(data) * 97 // 100], lost=False),
    # stretches of zeros inside a slice, which its decoder takes for a picture
    "hollow.mp4": _from("h264-closed.mp4", _zeroed(0.5, 0.51), lost=False),
    "hollow.mkv": _from("hevc-open.mkv", _zeroed(0.5, 0.51), lost=False),
    "hollow-layers.mp4": _from("hevc-layers.mp4", _zeroed(0.5, 0.51), lost=False),
    "hollow.ts": _from("h264.ts", _zeroed_packets, lost=False),
    "struck-key.ts": _from("hevc.ts", _struck_key, lost=False),
    "hole.avi": _from("mpeg4-b.avi", _zeroed(0.3, 0.4), lost=False),
    "hole-small.avi": _from("mjpeg.avi", _zeroed(0.3, 0.31), lost=False),
    "hole-mjpeg.avi": _from("mjpeg.avi", _zeroed(0.3, 0.4), lost=False),
    "gone-mjpeg.avi": _from("mjpeg.avi", lambda data: data[: len(data) // 3] + data[len(data) // 2 :], lost=False),
    "hole-fragments.mp4": _from("h264-fragments-small.mp4", _zeroed(0.3, 0.4), lost=False),
    "cut-all-keys.mkv": _from("mjpeg.mkv", lambda data: data[: len(data) // 2], lost=False),
    # bytes changed, at random and where it hurts
    "flipped-few.mp4": _from("h264-closed.mp4", _flipped(1, 10, 0.05, 0.9), lost=False),
    "flipped-many.mp4": _from("h264-closed.mp4", _flipped(2, 2_000, 0.05, 0.9), lost=False),
    "flipped-index.mp4": _from("h264-closed.mp4", _flipped(3, 20, 0.97), lost=False),
    "flipped-head.mp4": _from("h264-faststart.mp4", _flipped(4, 40, 0.0, 0.04), lost=False),
    "flipped.mkv": _from("h264-closed.mkv", _flipped(5, 200, 0.15, 0.9), lost=False),
    "flipped.ts": _from("h264.ts", _flipped(6, 200), lost=False),
    "flipped.avi": _from("mpeg4-packed.avi", _flipped(7, 200, 0.15, 0.9), lost=False),
    "flipped.mpg": _from("mpeg2.mpg", _flipped(8, 200), lost=False),
    "flipped.webm": _from("vp9.webm", _flipped(9, 200, 0.15, 0.9), lost=False),
    "flipped-av1.mp4": _from("av1.mp4", _flipped(10, 100, 0.05, 0.9), lost=False),
    "flipped-hevc.mkv": _from("hevc-open.mkv", _flipped(11, 100, 0.15, 0.9), lost=False),
    "flipped.gif": _from("animated.gif", _flipped(12, 100), lost=False),
    "flipped.ogv": _from("theora.ogv", _flipped(13, 100, 0.15, 0.9), lost=False),
    "blank.mp4": _from("h264-closed.mp4", _blank),
    "no-codec.mp4": _from("h264-closed.mp4", lambda data: data.replace(b"avc1", b"zzz1")),
    # sizes that cannot be
    "size-moov.mp4": _from("h264-closed.mp4", _box(b"moov", b"\xff\xff\xff\xff", -4), lost=False),
    "size-mdat.mp4": _from("h264-closed.mp4", _box(b"mdat", b"\xff\xff\xff\xff", -4), lost=False),
    "size-zero.mp4": _from("h264-closed.mp4", _box(b"stbl", bytes(4), -4), lost=False),
    "size-samples.mp4": _from("h264-closed.mp4", _box(b"stsz", b"\0\0\0\0\x7f\xff\xff\xff", 8), lost=False),
    "size-one-sample.mp4": _from("h264-closed.mp4", _box(b"stsz", b"\x7f\xff\xff\xff\x7f\xff\xff\xff", 8), lost=False),
    "size-times.mp4": _from("h264-closed.mp4", _box(b"stts", b"\0\0\0\1\x7f\xff\xff\xff", 8), lost=False),
    "size-chunks.mp4": _from("h264-closed.mp4", _box(b"stco", b"\xff\xff\xff\xff", 8), lost=False),
    "size-edits.mp4": _from("h264-closed.mp4", _box(b"elst", b"\x7f\xff\xff\xff", 8), lost=False),
    "size-duration.mp4": _from("h264-closed.mp4", _box(b"mvhd", b"\xff" * 8, 16), lost=False),
    "size-picture.mp4": _from("mpeg4-b.mp4", _box(b"mp4v", b"\xff\xff\xff\xff", 28), lost=False),
    "size-cluster.mkv": _from("h264-closed.mkv", _box(b"\x1f\x43\xb6\x75", b"\x01\x7f" + b"\xff" * 6, 4), lost=False),
    "size-picture.gif": _from("animated.gif", lambda data: data[:6] + b"\xff\xff\xff\xff" + data[10:], lost=False),
    # elsewhere, and nothing
    "elsewhere.mov": Bad(_elsewhere),
    "subtitles.mkv": Bad(_subtitles),
}  # fmt: skip
