"""`curate frames`: the frames of one file as a model will see them, as pictures and a list."""

import json
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.media.media_samples import encode, jpeg, number, tone
from tests.test_damage import STEADY, spoil
from tests.workplace import Workplace

EVEN = [40 * i for i in range(40)]


@pytest.fixture
def clip(place: Workplace) -> Path:
    """Forty frames at 25 a second."""
    return encode(place.folder / "clip.mp4", EVEN)


def frames(place: Workplace, *options: str, code: int = 0) -> Any:
    ran = place.run("frames", *options, "--out", "out", "--json")
    assert ran.code == code, ran.err
    return ran


def listed(place: Workplace) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((place.folder / "out" / "frames.json").read_text())
    return found


def pixels(place: Workplace, entry: dict[str, Any]) -> np.ndarray:
    image = Image.open(place.folder / "out" / entry["file"])
    assert image.format == "PNG"
    assert list(image.size) == entry["size"]
    return np.asarray(image)


def test_one_frame_a_second_unless_asked_otherwise(place, clip):
    told = frames(place, "clip.mp4").json
    assert [(e["index"], e["timestamp"], e["size"]) for e in listed(place)] == [
        (0, 0.0, [128, 96]),
        (25, 1.0, [128, 96]),
    ]
    assert [number(pixels(place, entry)) for entry in listed(place)] == [0, 25]
    assert {k: told[k] for k in ("kind", "codec", "size", "frames", "fps", "duration", "rotation", "lost")} == {
        "kind": "video", "codec": "h264", "size": [128, 96], "frames": 40, "fps": 25.0, "duration": 1.6,
        "rotation": 0, "lost": 0,
    }  # fmt: skip
    assert (told["constant_rate"], told["exit"], told["written"], len(told["sha256"])) == (True, 0, 2, 64)


@pytest.mark.parametrize(("count", "shown"), [(1, [0]), (3, [0, 19, 39]), (40, list(range(40))), (99, list(range(40)))])
def test_so_many_evenly_spaced(place, clip, count, shown):
    frames(place, "clip.mp4", "--count", str(count))
    assert [entry["index"] for entry in listed(place)] == shown
    assert [number(pixels(place, entry)) for entry in listed(place)] == shown


def test_so_many_a_second_up_to_a_number(place, clip):
    frames(place, "clip.mp4", "--fps", "5")
    assert [entry["index"] for entry in listed(place)] == [0, 5, 10, 15, 20, 25, 30, 35]
    frames(place, "clip.mp4", "--fps", "5", "--max-frames", "2")
    assert [entry["index"] for entry in listed(place)] == [0, 39]
    assert sorted(p.name for p in (place.folder / "out").iterdir()) == ["000000.png", "000039.png", "frames.json"]


def test_other_files_in_the_folder_stay(place, clip):
    (place.folder / "out").mkdir()
    (place.folder / "out" / "mine.png").write_bytes(b"mine")
    (place.folder / "out" / "frames.json").write_text('[{"file": "../clip.mp4"}, {"file": "mine.png"}, {"file": 3}]')
    frames(place, "clip.mp4")
    assert (place.folder / "out" / "mine.png").read_bytes() == b"mine"
    assert clip.is_file()


def test_sizes_are_bounded_and_never_grow(place, clip):
    frames(place, "clip.mp4", "--max-pixels", "3072")
    assert [entry["size"] for entry in listed(place)] == [[64, 48]] * 2
    assert number(pixels(place, listed(place)[1])) == 25


def test_a_processor_counts_and_sizes(place, clip):
    frames(place, "clip.mp4", "--processor", "qwen2.5-vl")
    assert [entry["index"] for entry in listed(place)] == [0, 13, 26, 39], "at least four, and even"
    assert all(side % 28 == 0 for entry in listed(place) for side in entry["size"])
    frames(place, "clip.mp4", "--processor", "qwen3-vl", "--count", "7")
    assert len(listed(place)) == 8, "as Qwen rounds seven"
    assert all(side % 32 == 0 for entry in listed(place) for side in entry["size"])


@pytest.mark.parametrize("options", [[], ["--processor", "qwen2.5-vl"], ["--count", "8"]])
def test_a_film_of_one_frame(place, options):
    encode(place.folder / "one.mp4", [0])
    told = frames(place, "one.mp4", *options).json
    assert [(e["index"], e["timestamp"]) for e in listed(place)] == [(0, 0.0)]
    assert told["kind"] == "video"


def test_a_picture(place):
    (place.folder / "a.jpg").write_bytes(jpeg((48, 32)))
    told = frames(place, "a.jpg").json
    assert (told["kind"], told["codec"], told["frames"], told["size"]) == ("image", "jpeg", 1, [48, 32])
    assert [entry["size"] for entry in listed(place)] == [[48, 32]]
    frames(place, "a.jpg", "--processor", "qwen2.5-vl")
    assert [entry["size"] for entry in listed(place)] == [[84, 56]], "by its rules at least four tokens"


def test_where_the_file_starts_its_clock(place):
    encode(place.folder / "late.mkv", [5000 + t for t in EVEN])
    told = frames(place, "late.mkv").json
    assert (told["start"], listed(place)[0]["timestamp"]) == (5.0, 0.0)


def test_turned_and_with_square_pixels(place):
    encode(place.folder / "turned.mp4", EVEN, rotation=90, aspect=Fraction(2, 1))
    told = frames(place, "turned.mp4").json
    assert told["rotation"] == 90
    assert listed(place)[0]["size"] == told["size"] == [48, 128]


def test_a_damaged_file_is_refused_or_gives_what_is_readable(place):
    path = encode(place.folder / "clip.mp4", [40 * i for i in range(100)], gop=10, options=STEADY)
    spoil(path, 25)
    ran = place.run("frames", "clip.mp4", "--out", "out")
    assert ran.code == 0
    assert "5 of 100 frames (5.0%) cannot be read; the others are used" in ran.err
    assert [entry["index"] for entry in listed(place)] == [0, 24, 50, 75]
    spoil(path, 61, 84)
    ran = place.run("frames", "clip.mp4", "--out", "out")
    assert (ran.code, ran.lines) == (1, ["error: damaged: 20 of 100 frames (20.0%) cannot be read"])
    assert list((place.folder / "out").iterdir()) == []
    assert frames(place, "clip.mp4", "--damaged", "keep").json["lost"] == 20


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["nothing.mp4"], "there is no file nothing.mp4"),
        (["media"], "media is no regular file"),
        (["loop.mp4"], "there is no file loop.mp4"),
        (["pipe.mp4"], "pipe.mp4 is no regular file"),
        (["clip.mp4", "--count", "3", "--fps", "1"], "--count and --fps: choose one of them"),
        (["clip.mp4", "--fps", "0"], "--fps: expected a number above 0, 240 at most"),
        (["clip.mp4", "--processor", "qwen2.5"], "--processor: unknown 'qwen2.5'; did you mean 'qwen2.5-vl'?"),
        (["clip.mp4", "--decoder", "ffmpeg"], "media.decoder: unknown decoder 'ffmpeg'; known: decord, opencv, pyav"),
        (["clip.mp4", "--damaged", "no"], "--damaged: unknown 'no'; known: keep, refuse"),
    ],
)
def test_what_cannot_work_exits_2_in_one_line(place, clip, options, said):
    (place.folder / "loop.mp4").symlink_to("loop.mp4")
    os.mkfifo(place.folder / "pipe.mp4")
    ran = place.run("frames", *options, "--out", "out")
    assert (ran.code, ran.lines) == (2, [f"error: {said}"])


def test_a_file_that_is_no_medium_exits_1_with_its_reason(place):
    tone(place.folder / "a.wav")
    ran = place.run("frames", "a.wav", "--out", "out")
    assert (ran.code, ran.lines) == (1, ["error: audio only: wav: audio"])


def test_a_folder_that_cannot_be_written(place, clip):
    (place.folder / "out").write_text("a file")
    ran = place.run("frames", "clip.mp4", "--out", "out")
    assert (ran.code, len(ran.lines)) == (1, 1)
    assert "cannot write to out" in ran.err


def test_names_are_no_addresses(place, clip):
    for name in ("file:clip.mp4", "concat:clip.mp4", "http://127.0.0.1/clip.mp4"):
        ran = place.run("frames", name, "--out", "out")
        assert (ran.code, ran.lines) == (2, [f"error: there is no file {Path(name)}"])
    odd = place.folder / "concat:a|b%20 ü.mp4"
    odd.write_bytes(clip.read_bytes())
    frames(place, odd.name, "--count", "2")
    assert [number(pixels(place, entry)) for entry in listed(place)] == [0, 39]
