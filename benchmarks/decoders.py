"""The decoders that are compared, all behind one interface, and the processes that they run in.

A decoder is asked for in a process of its own (`Worker`, `timed`), under the first of several Pythons that has
what it needs, so that it may crash, hang or clash with another without harm to the comparison.
"""

import argparse
import contextlib
import importlib
import importlib.metadata
import io
import json
import os
import re
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
MAX_PIXELS = 401408
QUALITY = 85
Pixels = NDArray[np.uint8]


def spread(total: int, count: int) -> list[int]:
    """So many indices, evenly from the first to the last of all; all where there are no more (or `count` is 0)."""
    if count in (0, 1) or total <= count:
        return [0] if count == 1 else list(range(total))
    return [round(i * (total - 1) / (count - 1)) for i in range(count)]


def fitted(width: int, height: int, max_pixels: int) -> tuple[int, int]:
    """The size scaled down, never up, to at most this many pixels."""
    scale = min(1.0, (max_pixels / (width * height)) ** 0.5)
    return max(1, int(width * scale)), max(1, int(height * scale))


@dataclass(frozen=True, slots=True)
class Reading:
    """How many frames the decoder says there are, and those that it read, each with its index."""

    total: int
    frames: Iterator[tuple[int, Pixels]]


class Decoder(ABC):
    """One way to read films. `package` is what its version is asked of, `modules` what it imports."""

    name: str
    package: str
    modules: tuple[str, ...]

    def available(self) -> str | None:
        """Why it cannot be used under this Python, in one line, or None."""
        for module in self.modules:
            try:
                importlib.import_module(module)
            except ModuleNotFoundError:
                return "not installed"
            except Exception as error:
                return f"does not import: {str(error).splitlines()[0][:80]}"
        return None

    def version(self) -> str:
        """The version that is installed."""
        return importlib.metadata.version(self.package)

    @abstractmethod
    def read(self, path: Path, count: int) -> Reading:
        """So many frames, evenly over what the decoder takes for the whole, in full size, RGB."""

    def jpegs(self, path: Path, count: int, max_pixels: int) -> list[bytes]:
        """The same frames, scaled down to at most so many pixels, as JPEG."""
        return [jpeg(pixels, max_pixels) for _, pixels in self.read(path, count).frames]


class Ours(Decoder):
    """The decoder of this package. Everything here that knows its interface is in this class."""

    name, package, modules = "ours", "curate", ("curate.media.probe", "curate.media.frames")

    def __init__(self) -> None:
        self._known: dict[Path, Any] = {}

    def probe(self, path: Path) -> Any:
        """The medium, looked at once and then remembered, as the library does."""
        from curate.media.probe import probe

        if path not in self._known:
            self._known[path] = probe(path, "video").medium("0" * 64, "video", path)
        return self._known[path]

    def _frames(self, path: Path, indices: Sequence[int], size: tuple[int, int], form: str) -> list[bytes]:
        from curate.media.frames import frames

        return [frame.image for frame in frames(self.probe(path), indices, size, form).frames]  # type: ignore[arg-type]

    def read(self, path: Path, count: int) -> Reading:
        """Through PNG, which loses nothing."""
        from PIL import Image

        medium = self.probe(path)
        indices = spread(len(medium.times), count)
        images = self._frames(path, indices, (medium.width, medium.height), "png")
        pixels = (np.asarray(Image.open(io.BytesIO(image)).convert("RGB")) for image in images)
        return Reading(len(medium.times), zip(indices, pixels, strict=True))

    def jpegs(self, path: Path, count: int, max_pixels: int) -> list[bytes]:
        """Its own scaling and JPEG."""
        medium = self.probe(path)
        size = fitted(medium.width, medium.height, max_pixels)
        return self._frames(path, spread(len(medium.times), count), size, "jpeg")


class OursKnown(Ours):
    """The same for a film that was looked at before: its probe is remembered, and not counted."""

    name = "ours, known"


class Bare(Decoder):
    """PyAV's plain decoding of every packet, pixels left where they are: what reading it all costs at least."""

    name, package, modules = "bare", "av", ("av",)

    def read(self, path: Path, count: int) -> Reading:
        """Nothing is read out."""
        import av

        total = 0
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for packet in container.demux(stream):
                total += len(packet.decode())
        return Reading(total, iter(()))


class Decord(Decoder):
    """`get_batch` of full frames; the packages decord, decord2 and eva-decord share the import."""

    name, package, modules = "decord2", "decord2", ("decord",)

    def version(self) -> str:
        """Of whichever of the packages it is."""
        for package in ("decord2", "decord", "eva-decord"):
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                return f"{package} {importlib.metadata.version(package)}"
        return "?"

    def read(self, path: Path, count: int) -> Reading:
        """All frames at once, as it is used."""
        return self._batch(path, count, -1, -1)

    def _batch(self, path: Path, count: int, width: int, height: int) -> Reading:
        import decord

        reader = decord.VideoReader(str(path), ctx=decord.cpu(0), width=width, height=height, num_threads=1)
        indices = spread(len(reader), count)
        batch = reader.get_batch(indices).asnumpy()
        return Reading(len(reader), ((i, pixels[:, :, :3]) for i, pixels in zip(indices, batch, strict=True)))


class DecordSmall(Decord):
    """The same, told the size beforehand, so that it scales while it decodes."""

    name = "decord2, small"
    modules = ("decord", "av")

    def jpegs(self, path: Path, count: int, max_pixels: int) -> list[bytes]:
        """Scaled by decord."""
        reading = self._batch(path, count, *fitted(*header(path), max_pixels))
        return [jpeg(pixels, max_pixels) for _, pixels in reading.frames]


class OpenCV(Decoder):
    """Reads forward, and takes out the frames that are wanted."""

    name, package, modules = "OpenCV", "opencv-python", ("cv2",)

    def version(self) -> str:
        """The module's own: there are several packages."""
        import cv2

        return str(cv2.__version__)

    def read(self, path: Path, count: int) -> Reading:
        """Evenly over the count that the file claims."""
        import cv2

        cv2.setNumThreads(1)
        film = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        if not film.isOpened():
            raise ValueError("does not open")
        total = max(0, int(film.get(cv2.CAP_PROP_FRAME_COUNT)))
        return Reading(total, self._taken(film, spread(total, count)))

    def _taken(self, film: Any, indices: Iterable[int]) -> Iterator[tuple[int, Pixels]]:
        at = -1
        for index in indices:
            while at < index:
                if not film.grab():
                    return
                at += 1
            good, pixels = film.retrieve()
            if good:
                yield index, pixels[:, :, ::-1]


class OpenCVSeek(OpenCV):
    """Jumps to each frame."""

    name = "OpenCV, seeking"

    def _taken(self, film: Any, indices: Iterable[int]) -> Iterator[tuple[int, Pixels]]:
        import cv2

        for index in indices:
            film.set(cv2.CAP_PROP_POS_FRAMES, index)
            good, pixels = film.read()
            if good:
                yield index, pixels[:, :, ::-1]


class TorchCodec(Decoder):
    """Its exact mode, which reads the file through once to know every frame."""

    name, package, modules = "torchcodec", "torchcodec", ("torch", "torchcodec.decoders")

    def read(self, path: Path, count: int) -> Reading:
        """All frames at once, in full size."""
        return self._batch(path, count, None)

    def _batch(self, path: Path, count: int, size: tuple[int, int] | None) -> Reading:
        import torch
        from torchcodec.decoders import VideoDecoder

        torch.set_num_threads(1)
        more = {}
        if size:
            from torchcodec.transforms import Resize

            more = {"transforms": [Resize((size[1], size[0]))]}
        film = VideoDecoder(str(path), seek_mode="exact", num_ffmpeg_threads=1, dimension_order="NHWC", **more)
        total = len(film)
        indices = spread(total, count)
        return Reading(total, zip(indices, film.get_frames_at(indices).data.numpy(), strict=True))


class TorchCodecSmall(TorchCodec):
    """The same, told the size beforehand, so that it scales while it decodes."""

    name = "torchcodec, small"
    modules = ("torch", "torchcodec.decoders", "torchcodec.transforms")

    def jpegs(self, path: Path, count: int, max_pixels: int) -> list[bytes]:
        """Scaled by torchcodec."""
        from torchcodec.decoders import VideoDecoder

        known = VideoDecoder(str(path), seek_mode="approximate").metadata
        reading = self._batch(path, count, fitted(known.width or 1, known.height or 1, max_pixels))
        return [jpeg(pixels, max_pixels) for _, pixels in reading.frames]


DECODERS: dict[str, type[Decoder]] = {
    kind.name: kind
    for kind in (
        Ours,
        OursKnown,
        Bare,
        Decord,
        DecordSmall,
        OpenCV,
        OpenCVSeek,
        TorchCodec,
        TorchCodecSmall,
    )
}


def header(path: Path) -> tuple[int, int]:
    """Width and height as the file's header tells."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return stream.width, stream.height


def jpeg(pixels: Pixels, max_pixels: int) -> bytes:
    """Scaled down and coded with what is fastest here: OpenCV, else Pillow."""
    size = fitted(pixels.shape[1], pixels.shape[0], max_pixels)
    try:
        import cv2
    except ImportError:
        from PIL import Image

        body = io.BytesIO()
        Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC).save(body, "JPEG", quality=QUALITY)
        return body.getvalue()
    cv2.setNumThreads(1)
    turned = np.ascontiguousarray(pixels[:, :, ::-1])
    if size != (pixels.shape[1], pixels.shape[0]):
        turned = cv2.resize(turned, size, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", turned, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1])


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a decoder runs: the Python that has what it needs, and its version there; or why there is none."""

    python: str
    version: str
    lacks: str | None = None


def seated(names: Iterable[str], pythons: Sequence[str]) -> dict[str, Seat]:
    """A seat for each decoder, under the first of these Pythons that it can be used with."""
    seats: dict[str, Seat] = {}
    for name in names:
        lacks = "not installed"
        for python in pythons:
            done = _python(python, ["check", name])
            told = json.loads(done) if done.startswith("{") else {"lacks": "its check failed"}
            if told["lacks"] is None:
                seats[name] = Seat(python, told["version"])
                break
            lacks = told["lacks"] if told["lacks"] != "not installed" else lacks
        else:
            seats[name] = Seat("", "", lacks)
    return seats


class Worker:
    """A decoder in a process that reads one film after another, and is begun anew where it died or hung."""

    def __init__(self, name: str, python: str, timeout: float) -> None:
        self._command = [python, "-m", "benchmarks.decoders", "serve", name]
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, path: Path, count: int, folder: Path) -> tuple[int, list[int]] | str:
        """The total that it claims and the indices whose pixels now lie in the folder as INDEX.npy; or its failure."""
        self._process = self._process or _started(self._command)
        try:
            _say(self._process, json.dumps([str(path), count, str(folder)]))
        except BrokenPipeError:
            return self._ended(self._process, "crashed")
        told = _told(self._process, self._timeout)
        if told.get("error") in ("crashed", "hangs"):
            return self._ended(self._process, told["error"])
        return told["error"] if "error" in told else (told["total"], told["indices"])

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._ended(self._process, "")

    def _ended(self, process: subprocess.Popen[bytes], how: str) -> str:
        if how == "crashed":
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(5)
                how = f"crashed ({signal.Signals(-code).name})" if code < 0 else f"exit code {code}"
        process.kill()
        process.communicate()
        self._process = None
        return how


@dataclass(frozen=True, slots=True)
class Cost:
    """What one job took: seconds of CPU, seconds on the clock, most memory in MB; frames and bytes it brought."""

    cpu: float
    wall: float
    peak: float
    frames: int
    size: int


def _cached(path: Path) -> None:
    """Read the file once, so that whoever comes first does not pay for the disk."""
    with path.open("rb") as file:
        while file.read(1 << 20):
            pass


def timed(
    name: str,
    python: str,
    path: Path,
    count: int,
    tiny: Path,
    *,
    pixels: int = MAX_PIXELS,
    at_once: int = 1,
    patience: float = 600,
) -> list[Cost] | str:
    """The cost of this job in `at_once` fresh processes that begin together, or how it failed."""
    _cached(path)
    job = ["time", name, str(path), str(count), str(pixels), str(tiny)]
    runs = [_started([python, "-m", "benchmarks.decoders", *job]) for _ in range(at_once)]
    try:
        ready = [_told(run, patience) for run in runs]
        for run in runs:
            if not any("error" in told for told in ready):
                _say(run, "go")
        costs = ready if any("error" in told for told in ready) else [_told(run, patience) for run in runs]
        failed = [str(told["error"]) for told in costs if "error" in told]
        return failed[0] if failed else [Cost(**told) for told in costs]
    finally:
        for run in runs:
            run.kill()
            run.communicate()


def _started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd=ROOT, env=_ENVIRONMENT
    )


def _told(process: subprocess.Popen[bytes], timeout: float) -> dict[str, Any]:
    line = _heard(process, timeout)
    if not line:
        return {"error": "hangs" if line is None else "crashed"}
    told: dict[str, Any] = json.loads(line)
    return told


def _say(process: subprocess.Popen[bytes], line: str) -> None:
    if process.stdin is not None:
        process.stdin.write(line.encode() + b"\n")
        process.stdin.flush()


def _heard(process: subprocess.Popen[bytes], timeout: float) -> bytes | None:
    """The next line that it prints; nothing where it ended, None where it says nothing for so long."""
    if process.stdout is None or not select.select([process.stdout], [], [], timeout)[0]:
        return None
    return process.stdout.readline()


def _python(python: str, args: Sequence[str]) -> str:
    command = [python, "-m", "benchmarks.decoders", *args]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, env=_ENVIRONMENT, check=False)  # noqa: S603
    return done.stdout.decode().strip()


_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_ENVIRONMENT = {**os.environ, **dict.fromkeys(_THREADS, "1"), "OPENCV_LOG_LEVEL": "OFF"}


def _quiet(modules: Iterable[str]) -> None:
    """Say nothing but what the caller reads. Imports nothing more: two copies of FFmpeg in a process may clash."""
    with contextlib.suppress(ImportError, AttributeError):
        if "av" in modules or "curate.media.frames" in modules:
            import av

            av.logging.set_level(av.logging.PANIC)
        if "decord" in modules:
            import decord

            decord.logging.set_level(decord.logging.QUIET)


def _serve(name: str, out: Any) -> None:
    decoder = DECODERS[name]()
    for line in sys.stdin:
        path, count, folder = json.loads(line)
        try:
            reading = decoder.read(Path(path), count)
            indices = []
            for index, pixels in reading.frames:
                np.save(Path(folder, f"{index}.npy"), pixels)
                indices.append(index)
            told = {"total": reading.total, "indices": indices}
        except Exception as error:
            told = {"error": _words(error)}
        print(json.dumps(told), file=out, flush=True)


def _time(name: str, path: Path, count: int, pixels: int, tiny: Path, out: Any) -> None:
    decoder = DECODERS[name]()
    bare, known = isinstance(decoder, Bare), isinstance(decoder, OursKnown)

    def job(film: Path, frames: int) -> tuple[int, int]:
        if bare:
            return decoder.read(film, frames).total, 0
        images = decoder.jpegs(film, frames, pixels)
        return len(images), sum(map(len, images))

    try:
        job(tiny, 3)
        if known and isinstance(decoder, Ours):
            decoder.probe(path)
        print("{}", file=out, flush=True)
        sys.stdin.readline()
        began, wall = _cpu(), time.perf_counter()
        frames, size = job(path, count)
        cost = Cost(_cpu() - began, time.perf_counter() - wall, _peak(), frames, size)
        told = {key: getattr(cost, key) for key in Cost.__slots__}
    except Exception as error:
        told = {"error": _words(error)}
    print(json.dumps(told), file=out, flush=True)


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak() -> float:
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


def _words(error: Exception) -> str:
    """One short line, without places in files of the decoder's authors."""
    text = " ".join(str(error).split())
    text = re.sub(
        r"\[\d\d:\d\d:\d\d\] \S+:\d+: ?|\[[^\]]*/[^\]]*\] ?|\w+, /\S+:\d+, |Check failed: \w+\(.*?\) >= 0 ", "", text
    )
    return text.replace("|", "/")[:70].strip() or type(error).__name__


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=("check", "serve", "time"))
    parser.add_argument("name", choices=DECODERS)
    parser.add_argument("rest", nargs="*")
    asked = parser.parse_args()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _quiet(DECODERS[asked.name].modules)
    if asked.job == "check":
        decoder = DECODERS[asked.name]()
        lacks = decoder.available()
        print(json.dumps({"lacks": lacks, "version": "" if lacks else decoder.version()}), file=out, flush=True)
    elif asked.job == "serve":
        _serve(asked.name, out)
    else:
        path, count, pixels, tiny = asked.rest
        _time(asked.name, Path(path), int(count), int(pixels), Path(tiny), out)


def cache(name: str) -> Path:
    """A folder below build/ that is kept between runs; a temporary one where that cannot be written."""
    folder = ROOT / "build" / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix=f"{name}-"))
    return folder


if __name__ == "__main__":
    _main()
