"""Files that are no sound clip: each has its reason, none harms the process, and none opens anything else."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from curate.errors import MediaError
from curate.media.eyes import Eyes
from curate.media.frames import read
from curate.media.library import Library
from curate.media.probe import probe, survey
from curate.medium import Kind, Medium
from curate.sampling import Sampling
from tests.media.corpus import BAD, made, spoilt
from tests.media.reference import Pixels, psnr, reference

LIST, IMAGE, NONE = "a playlist, not a video", "an image, not a video", "not a video"
REASONS = {
    "empty.mp4": "empty file",
    "page.mp4": "a web page, not a video",
    "xhtml.mp4": "a web page, not a video",
    "sound.wav": "audio only",
    "sound.mp3": "audio only",
    "sound.m4a": "audio only",
    "sound.mp4": "audio only",
    "cover.mp3": "cover art only",
    "cover.m4a": "cover art only",
    "jpeg.mp4": IMAGE,
    "png.mp4": IMAGE,
    "webp.mp4": IMAGE,
    "bmp.mp4": IMAGE,
    "huge.png": IMAGE,
    "huge.mp4": IMAGE,
    "lies-large.png": IMAGE,
    "lies-small.png": IMAGE,
    "script.sdp": LIST,
    "script.mp4": LIST,
    "list.m3u8": LIST,
    "list.mp4": LIST,
    "list.ts": LIST,
    "list.ffconcat": LIST,
    "concat.mp4": LIST,
    "concat.avi": LIST,
    "list.mpd": LIST,
    "marked.mp4": LIST,
    "file.mp4": LIST,
    "svg.mp4": IMAGE,
    "cut-index.mp4": "no frames",
    "cut-no-index.mp4": "damaged",
    "cut-head.mp4": "damaged",
    "blank.mp4": "no frames",
    "no-codec.mp4": "no decoder",
    "elsewhere.mov": "no frames",
}
FAULTS = {"damaged", "no frames", "not a video", "not an image", "no decoder", "empty file", "image too large"}
# A limit that stopped a file did its work; a decoder that fell over did not.
BASES = (
    "h264-closed.mp4", "h264-open.mkv", "h264-fragments.mp4", "hevc.mp4", "vp8.webm", "vp9.webm", "av1.mp4",
    "mpeg2.mpg", "mpeg2.ts", "mpeg4-packed.avi", "theora.ogv", "wmv2.wmv", "mjpeg.mov", "prores.mov", "animated.gif",
    "animated.webp",
)  # fmt: skip


@pytest.fixture(scope="module")
def eyes() -> Iterator[Eyes]:
    eyes = Eyes(workers=2, timeout=30)
    yield eyes
    eyes.close()


async def looked_at(eyes: Eyes, path: Path, scratch: Path, kind: Kind = "video", max_lost: float = 0.05) -> Medium:
    """The medium and eight of its frames, as a run would come by them. Raises MediaError."""
    library = Library(scratch / "media.sqlite", path.parent, eyes, max_lost)
    try:
        medium = await library.identify(path.name, kind)
        sampling = Sampling(count=8, max_pixels=100_000)
        try:
            frames = await eyes.frames(sampling.media(medium))
        except MediaError:
            again = await library.surveyed(medium)
            if again is None:
                raise
            medium = again
            frames = await eyes.frames(sampling.media(medium))
        assert [frame.index for frame in frames] == sorted({frame.index for frame in frames})
        assert 1 <= len(frames) <= 8
        assert not {frame.index for frame in frames} & set(medium.times.lost_frames)
        return medium
    finally:
        library.close()


def reason(eyes: Eyes, path: Path, scratch: Path, kind: Kind = "video") -> str | None:
    try:
        asyncio.run(looked_at(eyes, path, scratch, kind))
    except MediaError as error:
        return error.reason
    return None


@pytest.mark.parametrize("name", [name for name, bad in BAD.items() if bad.lost])
def test_what_is_no_clip_says_what_it_is(corpus: Path, tmp_path: Path, eyes: Eyes, name: str) -> None:
    assert reason(eyes, spoilt(name, corpus), tmp_path) == REASONS.get(name, NONE)


@pytest.mark.parametrize("name", [name for name, bad in BAD.items() if not bad.lost])
def test_a_damaged_clip_is_read_or_refused(corpus: Path, tmp_path: Path, eyes: Eyes, name: str) -> None:
    assert reason(eyes, spoilt(name, corpus), tmp_path) in {*FAULTS, None}


@pytest.mark.parametrize(("name", "kind"), [("huge.png", "image"), ("page.mp4", "image")])
def test_pictures_that_are_none(corpus: Path, tmp_path: Path, eyes: Eyes, name: str, kind: Kind) -> None:
    said = {"huge.png": "image too large", "page.mp4": "a web page, not an image"}
    assert reason(eyes, spoilt(name, corpus), tmp_path, kind) == said[name]


CUT = {
    "cut-half.mp4": (60, 35), "cut-half.mkv": (60, 38), "cut-half.avi": (60, 37), "cut-half.webm": (60, 30),
    "cut-all-keys.mkv": (60, 30), "hole.mkv": (60, 14), "hole.webm": (60, 15), "hole.ts": (60, 24),
    "hole-mpeg2.ts": (60, 22), "hole-mjpeg.mkv": (60, 7), "hole-fragments.mp4": (50, 36), "hole.flv": (60, 14),
    "hole.wmv": (60, 19), "hole.ogv": (60, 23), "hole.mxf": (60, 24), "hole.avi": (60, 47), "hole-mjpeg.avi": (60, 43),
    "gone-mjpeg.avi": (60, 60), "hole.wtv": (60, 28), "hole.ivf": (60, 30), "struck-key.ts": (60, 16),
    "hole-small.avi": (60, 41),
}  # fmt: skip


@pytest.mark.parametrize("name", CUT)
def test_what_a_cut_took_is_counted(corpus: Path, tmp_path: Path, eyes: Eyes, name: str) -> None:
    path = spoilt(name, corpus)
    medium = probe(path, "video").medium("0" * 64, "video", path)
    whole, lost = CUT[name]
    assert abs(medium.lost - lost) <= 3
    assert abs(len(medium.times) + medium.missing - whole) <= 3
    with pytest.raises(MediaError, match=r"^damaged: \d+ of \d+ frames \(\d\d+\.\d%\) cannot be read$"):
        asyncio.run(looked_at(eyes, path, tmp_path / "strict", max_lost=0.05))


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("cut-half.mkv", "h264-closed.mkv"),
        ("hole.mkv", "h264-closed.mkv"),
        ("hole.ts", "h264.ts"),
        ("hole-mpeg2.ts", "mpeg2.ts"),
        ("hole-mjpeg.mkv", "mjpeg.mkv"),
        ("hole.flv", "h264.flv"),
        ("hole.wmv", "wmv2.wmv"),
        ("hole.ogv", "theora.ogv"),
        ("hole.mxf", "mpeg2.mxf"),
        ("hole.avi", "mpeg4-b.avi"),
        ("hole-mjpeg.avi", "mjpeg.avi"),
        ("hole.wtv", "mpeg2.wtv"),
        ("hole.ivf", "vp9.ivf"),
        ("struck-key.ts", "hevc.ts"),
        ("hollow.mp4", "h264-closed.mp4"),
        ("hollow.mkv", "hevc-open.mkv"),
        ("hollow-layers.mp4", "hevc-layers.mp4"),
        ("hollow.ts", "h264.ts"),
        ("cut-foot.mxf", "mpeg2-five.mxf"),
        ("hole-fragments.mp4", "h264-fragments-small.mp4"),
    ],
)
def test_what_is_left_is_right_at_its_time(corpus: Path, name: str, base: str) -> None:
    true, path = reference(made(base, corpus)), spoilt(name, corpus)
    medium = survey(path, probe(path, "video")).medium("0" * 64, "video", path)
    good = sorted({*range(len(medium.times))} - {*medium.times.lost_frames})
    found: dict[int, Pixels] = {}
    read(medium, good, (medium.width, medium.height), "pyav", found.__setitem__)
    assert len(found) == len(good) > 10
    for i, pixels in found.items():
        nearest = min(range(len(true.times)), key=lambda k: abs(true.times[k] - medium.times[i]))
        assert psnr(pixels, true.frames[nearest]) >= 45, f"frame {i}"


@pytest.mark.parametrize("name", ["animated.gif", "wmv2.wmv", "divx3.avi"])
def test_what_a_decoder_only_mutters_about_is_damage(corpus: Path, tmp_path: Path, eyes: Eyes, name: str) -> None:
    path = tmp_path / name
    data = bytearray(made(name, corpus).read_bytes())
    for at in range(len(data) // 2, len(data) // 2 + 1500, 3):
        data[at] ^= 0x55
    path.write_bytes(data)
    medium = asyncio.run(looked_at(eyes, path, tmp_path / "scratch", max_lost=1.0))
    assert medium.times.lost_frames


def test_nothing_reaches_the_console(corpus: Path) -> None:
    names = ["flipped-few.mp4", "flipped-many.mp4", "flipped.ts", "cut-half.avi", "flipped-hevc.mkv", "lies-large.png"]
    code = (
        "import asyncio, sys; from pathlib import Path; from curate.media.eyes import Eyes\n"
        "from curate.errors import MediaError\n"
        "async def look(eyes, path):\n"
        "    try: facts = await eyes.probe(path, 'video'); await eyes.survey(path, facts)\n"
        "    except MediaError: pass\n"
        "async def main():\n"
        "    eyes = Eyes(workers=1)\n"
        "    for path in sys.argv[1:]: await look(eyes, Path(path))\n"
        "    eyes.close()\n"
        "if __name__ == '__main__': asyncio.run(main())\n"
    )
    script = corpus / "look.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, script, *(spoilt(n, corpus) for n in names)], capture_output=True, check=True, timeout=120
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Bytes flipped, taken out, doubled, or set to the values that sizes overflow with."""
    body = bytearray(data)
    for _ in range(chance.choice([1, 3, 10, 100])):
        at = chance.randrange(len(body))
        match chance.randrange(6):
            case 0 | 1:
                body[at] ^= 1 << chance.randrange(8)
            case 2:
                body[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4), b"\0\0\0\1"])
            case 3:
                del body[at : at + chance.randrange(1, 200)]
            case 4:
                body[at:at] = body[at : at + chance.randrange(1, 200)]
            case 5 if chance.random() < 0.1:
                del body[at:]
        if not body:
            return b"\0"
    return bytes(body)


def memory(pid: int) -> int:
    """MiB of memory in use by this process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def children() -> dict[int, str]:
    """The state of every process that this one has begun."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if int(parent) == os.getpid():
                found[int(entry.name)] = state
    return found


def test_hundreds_of_mutated_files_do_no_harm(corpus: Path, tmp_path: Path) -> None:
    """No crash, no hang, no fault without a name, no memory that grows, no process left behind."""
    before = set(children())
    eyes = Eyes(workers=2, timeout=20)
    chance = random.Random(20261124)
    sources = [made(name, corpus).read_bytes() for name in BASES]

    async def one(number: int) -> str | None:
        path = tmp_path / f"{number}.bin"
        await asyncio.to_thread(path.write_bytes, mutated(sources[number % len(sources)], chance))
        try:
            await looked_at(eyes, path, tmp_path / str(number % 2), max_lost=chance.choice([0.05, 1.0]))
        except MediaError as error:
            return str(error) if error.reason not in FAULTS | {IMAGE, "audio only", "cover art only"} else None
        return None

    async def main() -> tuple[list[str], list[int]]:
        faults, weights = [], []
        for start in range(0, 320, 2):
            faults += [fault for fault in await asyncio.gather(one(start), one(start + 1)) if fault]
            if start in (78, 318):
                weights.append(max(memory(pid) for pid in children() if pid not in before))
        return faults, weights

    began = time.monotonic()
    faults, (early, late) = asyncio.run(main())
    eyes.close()
    assert faults == []
    assert late < early + 100, "memory grows with the files seen"
    assert time.monotonic() - began < 320 * 20 / 2
    left = {pid: state for pid, state in children().items() if pid not in before}
    assert left == {} or set(left.values()) == {"S"}  # multiprocessing keeps one tracker of its resources
    assert "Z" not in left.values()
