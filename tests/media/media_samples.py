"""Clips whose frames carry their own number, and the files that are no clips."""

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from curate.frame import Frame
from curate.media.frames import frames
from curate.media.probe import probe
from curate.media.shape import fitted
from curate.medium import Kind, Medium

BITS = 8
CELL = 16


def numbered(number: int, width: int, height: int) -> np.ndarray:
    """A grey picture whose top row of cells spells the number in black and white."""
    pixels = np.full((height, width, 3), 128, np.uint8)
    for bit in range(BITS):
        pixels[:CELL, bit * CELL : (bit + 1) * CELL] = 255 if number >> bit & 1 else 0
    return pixels


def number(frame: Frame | np.ndarray) -> int:
    """The number that a frame spells; it may be scaled as long as its aspect stayed."""
    pixels = pixels_of(frame) if isinstance(frame, Frame) else frame
    cell = pixels.shape[1] / (BITS * CELL) * CELL
    middles = [(round(cell / 2), round((bit + 0.5) * cell)) for bit in range(BITS)]
    return sum(int(pixels[y, x].mean() > 128) << bit for bit, (y, x) in enumerate(middles))


def pixels_of(frame: Frame) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(frame.image)).convert("RGB"))


def medium(path: Path, kind: Kind = "video") -> Medium:
    """What probing makes of this file."""
    return probe(path, kind).medium("0" * 64, kind, path)


def shown(path: Path, indices: Sequence[int], max_pixels: int = 10**9, kind: Kind = "video") -> tuple[Frame, ...]:
    """These frames of this file."""
    found = medium(path, kind)
    return frames(found, indices, fitted(found.width, found.height, max_pixels)).frames


def encode(
    path: Path,
    ticks: Sequence[int],
    *,
    base: Fraction = Fraction(1, 1000),
    codec: str = "libx264",
    size: tuple[int, int] = (BITS * CELL, 96),
    pix_fmt: str = "yuv420p",
    bframes: int = 3,
    gop: int = 12,
    rotation: int = 0,
    aspect: Fraction | None = None,
    form: str | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """A clip of one numbered frame for each tick."""
    with av.open(str(path), "w", format=form) as out:
        stream = out.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt, stream.time_base, stream.gop_size = pix_fmt, base, gop
        stream.codec_context.time_base = base
        if bframes:
            stream.codec_context.max_b_frames = bframes
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        for i, tick in enumerate(ticks):
            frame = av.VideoFrame.from_ndarray(numbered(i, *size), format="rgb24")
            frame.pts, frame.time_base = tick, base
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def trimmed(source: Path, path: Path, frames: int) -> Path:
    """A copy whose edit list hides the first frames, though their packets are still there."""
    with av.open(str(source)) as read, av.open(str(path), "w") as out:
        film = read.streams.video[0]
        stream = out.add_stream_from_template(film)
        shift = round(frames * 0.04 / film.time_base)
        for packet in read.demux(film):
            if packet.size:
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, stream
                out.mux(packet)
    return path


def tone(path: Path, cover: bytes | None = None) -> Path:
    """Half a second of sound, with a picture on the cover where given."""
    with av.open(str(path), "w") as out:
        sound = out.add_stream("libmp3lame" if path.suffix == ".mp3" else "pcm_s16le", rate=16000)
        art = out.add_stream("mjpeg") if cover else None
        if art is not None:
            art.width = art.height = 32
            art.pix_fmt = "yuvj420p"
            art.disposition = av.stream.Disposition.attached_pic
        out.start_encoding()
        if art is not None and cover is not None:
            packet = av.Packet(cover)
            packet.stream, packet.pts, packet.dts = art, 0, 0
            out.mux(packet)
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        samples.sample_rate = 16000
        out.mux(sound.encode(samples))
        out.mux(sound.encode())
    return path


def jpeg(size: tuple[int, int] = (32, 32), colour: str = "red") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, "JPEG")
    return data.getvalue()
