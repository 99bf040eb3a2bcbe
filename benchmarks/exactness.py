"""Which decoder brings the frames that it was asked for: each compared with ffmpeg's own decode of the whole film.

    python -m benchmarks.exactness [FOLDER ...] [--python OTHER_PYTHON] [--write FILE]

Every clip of the corpus of the tests, and every film in the folders named, is read by every decoder that is
installed: 32 frames, evenly over what the decoder takes for the whole, in full size. A frame is right where it
is at least 38 dB from the frame of that number. Each decoder runs in a process of its own, with a time limit.
"""

import argparse
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.decoders import DECODERS, Pixels, Seat, Worker, cache, seated
from tests.media import corpus
from tests.media.reference import Reference, psnr, reference

NAMES = ("ours", "decord2", "OpenCV", "OpenCV, seeking", "torchcodec")
COUNT = 32
NEAR = 38.0  # dB: the same frame
NEAR_SCALED = 36.0  # dB: the same where its pixels had to be made square, which everyone does in his own way
BLANK = 8  # between the darkest and the brightest: one colour all over
LIKE = 15.0  # dB: the same frame in other colours, where no other frame is nearer
FILMS = (
    "mp4",
    "mkv",
    "webm",
    "avi",
    "mov",
    "ts",
    "mpg",
    "mpeg",
    "flv",
    "wmv",
    "m4v",
    "ogv",
    "gif",
    "3gp",
    "mts",
    "m2ts",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a decoder made of a clip: a class to count, and a few words."""

    kind: str
    words: str


RIGHT, OFF, WRONG, FAILED = "right", "right frames, but turned or in other colours", "wrong frames", "not read"
KINDS = (RIGHT, OFF, WRONG, FAILED)


@dataclass(frozen=True, slots=True)
class Truth:
    """What the clip shows; `native` are the same frames where their pixels are not square, as they are coded."""

    shown: Reference
    native: Reference | None

    def views(self, index: int) -> Iterator[tuple[Pixels, str]]:
        """The frame as it should be, then as some hand it over, each with what is wrong with that."""
        right = self.shown.frames[index]
        yield right, ""
        plain = self.native.frames[index] if self.native else right
        if self.native:
            yield plain, "not square"
        for turns in (1, 2, 3):
            yield np.rot90(plain, turns), "not upright"
        yield plain[:, ::-1], "mirrored"
        yield plain[::-1], "mirrored"
        yield np.rot90(plain)[:, ::-1], "mirrored"


def truth(path: Path, keep: Iterable[int] | None) -> Truth:
    """The clip's own frames, of these numbers or all."""
    wanted = None if keep is None else set(keep)
    shown = reference(path, wanted)
    native = reference(path, wanted, square=False)
    return Truth(shown, native if native.size != shown.size else None)


def judged(found: Truth, total: int, frames: dict[int, Pixels], asked: int) -> Verdict:
    """Compares what a decoder read with what there is."""
    count = len(found.shown.times)
    said: Counter[str] = Counter()
    worst, example = 99.0, ""
    for index, pixels in frames.items():
        fault, value = _compared(found, index, pixels)
        if fault == "colours":
            worst = min(worst, value)
        elif fault.startswith("shows") and not example:
            example = f"{index} {fault}"
        said["wrong" if fault.startswith("shows") else fault] += 1
    if said["colours"] < len(frames):  # other colours are other in every frame; else these are damaged
        said["wrong"] += said.pop("colours", 0)
        example = example or "damaged"
    words = []
    if total != count:
        words.append(f"{total - count:+d} frames".replace("-", "−"))
    if said["wrong"]:
        words.append(f"{said['wrong']} of {len(frames)} wrong ({example})")
    if len(frames) < asked:
        words.append(f"{asked - len(frames)} missing")
    kind = WRONG if words else RIGHT
    if said["colours"]:
        words.append(f"colours {worst:.0f} dB")
        kind = max(kind, OFF, key=KINDS.index)
    for fault in ("not upright", "mirrored"):
        if said[fault]:
            words.append(fault)
            kind = max(kind, OFF, key=KINDS.index)
    if said["not square"]:
        words.append("ok, not square" if kind == RIGHT else "not square")
    return Verdict(kind, ", ".join(words) or "ok")


def _compared(found: Truth, index: int, pixels: Pixels) -> tuple[str, float]:
    """What is wrong with this frame, nothing where it is right; and how near it is."""
    if index not in found.shown.frames:
        return "shows what is not there", 0.0
    if pixels.max() - pixels.min() < BLANK and np.ptp(found.shown.frames[index]) > 2 * BLANK:
        return "shows nothing", 0.0
    same = NEAR_SCALED if found.native else NEAR
    best = ("", 0.0)
    for view, fault in found.views(index):
        value = _near(view, pixels)
        if value >= same:
            return fault, value
        best = max(best, (fault, value), key=lambda one: one[1])
    nearest, value = index, best[1]
    for other in found.shown.frames:
        for view, _ in [*found.views(other)][: 2 if found.native else 1]:
            if (like := _near(view, pixels)) > value:
                nearest, value = other, like
    if nearest == index and value >= LIKE:
        return best[0] or "colours", value
    return f"shows {nearest}" if value >= same else "shows what is no frame", value


def _near(view: Pixels, pixels: Pixels) -> float:
    """How like they are; another size is scaled, if its sides are in the same order."""
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        return 0.0
    if pixels.shape == view.shape:
        return psnr(view, pixels)
    ratio = view.shape[1] / view.shape[0] * pixels.shape[0] / pixels.shape[1]
    if abs(ratio - 1) > 0.02:
        return 0.0
    scaled = Image.fromarray(np.ascontiguousarray(pixels)).resize(view.shape[1::-1], Image.Resampling.BICUBIC)
    return psnr(view, np.asarray(scaled))


def compared(path: Path, seats: dict[str, Seat], workers: dict[str, Worker], whole: bool) -> dict[str, Verdict]:
    """Every decoder's verdict on one clip; `whole` keeps all its frames at hand, to say which one was shown."""
    verdicts: dict[str, Verdict] = {}
    with tempfile.TemporaryDirectory() as scratch:
        read: dict[str, tuple[int, list[int]]] = {}
        for number, name in enumerate(seats):
            folder = Path(scratch, str(number))
            folder.mkdir()
            told = workers[name].read(path, COUNT, folder)
            if isinstance(told, str):
                verdicts[name] = Verdict(FAILED, told)
            else:
                read[name] = told
        found = truth(path, None if whole else {i for _, indices in read.values() for i in indices} | {0})
        for number, name in enumerate(seats):
            if name in read:
                total, indices = read[name]
                frames = {i: np.load(Path(scratch, str(number), f"{i}.npy")) for i in indices}
                verdicts[name] = judged(found, total, frames, min(COUNT, total))
    return verdicts


def films(folders: Iterable[Path]) -> Iterator[Path]:
    """Every film below these folders, by its name."""
    for folder in folders:
        yield from sorted(p for p in folder.rglob("*") if p.suffix[1:].lower() in FILMS and p.is_file())


def table(rows: dict[str, dict[str, Verdict]], seats: dict[str, Seat], lacking: dict[str, Seat]) -> str:
    """All as Markdown: totals first, then clip by clip."""
    lines = [
        f"{len(rows)} clips, {COUNT} frames each, compared with {_ffmpeg()}; Python {platform.python_version()}.",
        "",
        f"| | {' | '.join(f'{name} {seat.version.split()[-1]}' for name, seat in seats.items())} |",
        f"|---|{'---|' * len(seats)}",
    ]
    for kind in KINDS:
        counts = [sum(row[name].kind == kind for row in rows.values()) for name in seats]
        lines.append(f"| {kind} | {' | '.join(map(str, counts))} |")
    if lacking:
        lines += ["", *(f"Not compared: {name} ({seat.lacks})." for name, seat in lacking.items())]
    lines += ["", f"| clip | {' | '.join(seats)} |", f"|---|{'---|' * len(seats)}"]
    lines += [f"| {clip} | {' | '.join(row[name].words for name in seats)} |" for clip, row in rows.items()]
    return "\n".join(lines) + "\n"


def _ffmpeg() -> str:
    told = subprocess.run([corpus.FFMPEG or "ffmpeg", "-version"], capture_output=True, check=False)  # noqa: S603
    return " ".join(told.stdout.decode().split()[:3]) or "ffmpeg"


def _clips(asked: Sequence[str], folders: Sequence[Path]) -> Iterator[tuple[str, Path, bool]]:
    """Name, place and whether it is of the corpus, whose clips are made again where their recipe changed."""
    recipe = sha256(Path(corpus.__file__).read_bytes()).hexdigest()[:12]
    folder = cache(f"corpus-{recipe}")
    for name in corpus.CORPUS:
        if not asked or name in asked:
            yield name, corpus.made(name, folder), True
    for path in films(folders):
        yield path.name, path, False


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exactness", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, help="more films")
    parser.add_argument("--only", action="append", default=[], metavar="CLIP", help="of the corpus only this clip")
    parser.add_argument("--decoder", action="append", choices=DECODERS, help=f"instead of {', '.join(NAMES)}")
    parser.add_argument(
        "--python", action="append", default=[], metavar="PATH", help="another Python to look for decoders"
    )
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one clip (default 120)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table there too")
    asked = parser.parse_args()
    every = seated(asked.decoder or NAMES, [sys.executable, *asked.python])
    seats = {name: seat for name, seat in every.items() if seat.lacks is None}
    lacking = {name: seat for name, seat in every.items() if seat.lacks is not None}
    workers = {name: Worker(name, seat.python, asked.timeout) for name, seat in seats.items()}
    rows: dict[str, dict[str, Verdict]] = {}
    try:
        for name, path, whole in _clips(asked.only, asked.folders):
            try:
                rows[name] = compared(path, seats, workers, whole)
            except RuntimeError as error:
                sys.stderr.write(f"{name}: {error}\n")
                continue
            sys.stderr.write(f"{name}: {'; '.join(f'{who} {row.words}' for who, row in rows[name].items())}\n")
    finally:
        for worker in workers.values():
            worker.close()
    text = table(rows, seats, lacking)
    sys.stdout.write(text)
    if asked.write:
        asked.write.write_text(text)


if __name__ == "__main__":
    _main()
