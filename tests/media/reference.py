"""What a clip shows, by the ffmpeg program's own full decode: every frame in order, and when."""

import re
import shutil
import subprocess
import tempfile
import unittest
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageSequence

FFMPEG = shutil.which("ffmpeg")
Pixels = NDArray[np.uint8]

_SQUARE = "scale='max(1,trunc(iw*sar+0.5))':ih:flags=bicubic,setsar=1"
_SOUND = "select='if(ld(0),1,st(0,key))'"  # nothing before the first key frame
_BASE = re.compile(rb"showinfo.* config in time_base: (\d+)/(\d+)")
_SHOWN = re.compile(rb"showinfo.* n: *(\d+) pts: *(-?\d+|NOPTS)")


@dataclass(frozen=True, slots=True)
class Reference:
    """`times` are the seconds of every frame, the first 0.0; `frames` those that were kept, by their index, RGB."""

    times: tuple[float, ...]
    frames: dict[int, Pixels]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the first frame that was kept."""
        first = self.frames[min(self.frames)]
        return first.shape[1], first.shape[0]


def reference(path: Path, keep: Collection[int] | None = None, *, square: bool = True) -> Reference:
    """Decodes the whole clip, one frame in memory at a time, and keeps those frames (None: all).

    Frames stand upright; where `square` and the pixels are not, they are made so by bicubic scaling. A frame
    of another size than the first is scaled to it. Raises RuntimeError where ffmpeg shows nothing.
    """
    with path.open("rb") as file:
        head = file.read(12)
    if head[8:] == b"WEBP":
        return _animation(path, keep)  # ffmpeg reads no animated WebP
    if FFMPEG is None:
        raise unittest.SkipTest("ffmpeg is not installed: there is nothing to compare with")
    filters = [_SOUND] if _begins_anywhere(path) else []
    filters += [_SQUARE, "showinfo"] if square else ["showinfo"]
    command = [FFMPEG, "-nostdin", "-hide_banner", "-nostats", "-copyts", "-threads", "1", "-i", f"file:{path}"]
    command += ["-map", "0:V:0", "-vf", ",".join(filters), "-vsync", "passthrough", "-pix_fmt", "rgb24"]
    command += ["-c:v", "ppm", "-f", "image2pipe", "-"]
    frames: dict[int, Pixels] = {}
    count = 0
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as run:
            assert run.stdout is not None
            for pixels in _read(run.stdout):
                if keep is None or count in keep:
                    frames[count] = pixels
                count += 1
        said.seek(0)
        told = said.read()
    times = _times(told)
    if not count or len(times) < count:
        raise RuntimeError(f"{path.name}: {count} frames, {len(times)} times: {told[-500:].decode(errors='replace')}")
    return Reference(tuple(times[:count]), frames)


def psnr(one: Pixels, other: Pixels) -> float:
    """How like two pictures of one size are, in dB; 99 where they are the same."""
    error = float(np.mean((one.astype(np.int16) - other) ** 2.0))
    return 99.0 if error == 0 else min(99.0, float(10 * np.log10(255.0**2 / error)))


def _begins_anywhere(path: Path) -> bool:
    """Whether this is HEVC in a transport stream: cut anywhere, old ffmpeg shows frames whose references are gone."""
    with path.open("rb") as file:
        head = file.read(189)
    if head[:1] + head[188:] != b"GG":
        return False
    asked = ["-select_streams", "V:0", "-show_entries", "stream=codec_name", "-of", "csv=p=0", f"file:{path}"]
    told = subprocess.run(
        [shutil.which("ffprobe") or "ffprobe", "-v", "error", *asked], capture_output=True, check=False
    )
    return b"hevc" in told.stdout


def _read(stream: IO[bytes]) -> Iterator[Pixels]:
    """Pictures of the form P6, one behind the other."""
    while stream.readline():
        width, height = map(int, stream.readline().split())
        stream.readline()
        data = stream.read(width * height * 3)
        if len(data) == width * height * 3:
            yield np.frombuffer(data, np.uint8).reshape(height, width, 3)


def _times(told: bytes) -> list[float]:
    """The seconds that showinfo told; it starts anew where the picture changes its size."""
    base = Fraction(1)
    ticks: list[float] = []
    for line in told.splitlines():
        if found := _BASE.search(line):
            base = Fraction(int(found[1]), int(found[2]))
        elif found := _SHOWN.search(line):
            ticks.append(float("nan") if found[2] == b"NOPTS" else float(int(found[2]) * base))
    origin = next((tick for tick in ticks if tick == tick), 0.0)
    return [tick - origin for tick in ticks]


def _animation(path: Path, keep: Collection[int] | None) -> Reference:
    times: list[float] = []
    frames: dict[int, Pixels] = {}
    now = 0.0
    with Image.open(path) as image:
        for count, frame in enumerate(ImageSequence.Iterator(image)):
            if keep is None or count in keep:
                frames[count] = np.asarray(frame.convert("RGB"))
            times.append(now)
            now += frame.info.get("duration", 0) / 1000
    return Reference(tuple(times), frames)
