"""Every frame is the one asked for: each spells its own number."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from media_samples import encode, medium, number, pixels_of, shown, trimmed
from PIL import Image

from curate.errors import MediaError
from curate.frame import Frame
from curate.media import clip as clips
from curate.media.decoders import pyav
from curate.media.frames import frames
from curate.media.shape import fitted, squared, upright
from curate.timeline import pack, unpack
from tests.media.corpus import ffmpeg
from tests.media.reference import psnr, reference

PLENTY = 10**9


def still(path: Path, max_pixels: int = PLENTY) -> Frame:
    (frame,) = shown(path, (0,), max_pixels, "image")
    return frame


ODD = [0, 13, 100, 101, 777, 1500, 1540, 3001, 3002, 3003, 3004, 4100, 4101, 5000, 5001, 5002, 5003]
EVEN = [40 * i for i in range(40)]
LATE = [7_000 + tick for tick in EVEN]
CLIPS = [
    ("cfr.mp4", EVEN, {}),
    ("cfr.mkv", EVEN, {}),
    ("vfr.mp4", ODD, {"gop": 4}),
    ("vfr.mkv", ODD, {"gop": 4}),
    ("late.ts", LATE, {}),
    ("late.mp4", LATE, {}),
    ("open.mkv", EVEN, {"options": {"x264-params": "open-gop=1:keyint=8:min-keyint=8"}}),
    ("fresh.mkv", EVEN, {"options": {"x264-params": "intra-refresh=1:keyint=8"}, "bframes": 0}),
    ("full.mp4", EVEN, {"size": (129, 97), "pix_fmt": "yuv444p"}),
    ("one.mp4", [0], {}),
    ("raw.h264", EVEN, {}),
    ("b.avi", range(40), {"codec": "mpeg4", "base": Fraction(1, 25)}),
    ("b.mpg", range(40), {"codec": "mpeg2video", "base": Fraction(1, 25)}),
    (
        "hevc.mp4",
        EVEN,
        {"codec": "libx265", "options": {"x265-params": "log-level=none:keyint=8:pools=none"}},
    ),
    ("vp9.webm", EVEN, {"codec": "libvpx-vp9", "bframes": 0, "options": {"cpu-used": "8"}}),
]


@pytest.mark.parametrize(("name", "ticks", "how"), CLIPS, ids=[name for name, _, _ in CLIPS])
def test_each_frame_is_the_right_one(tmp_path: Path, name: str, ticks: Sequence[int], how: dict[str, object]) -> None:
    path = encode(tmp_path / name, ticks, **how)
    every = shown(path, range(len(ticks)))
    assert [number(frame) for frame in every] == list(range(len(ticks)))
    some = [i for i in (0, 1, 7, 9, 16, 31, 39) if i < len(ticks)]
    assert [number(frame) for frame in shown(path, some)] == some
    for i in some[::3]:
        assert number(shown(path, [i])[0]) == i


def test_what_an_edit_list_hides_is_not_counted(clip: Path, tmp_path: Path) -> None:
    path = trimmed(clip, tmp_path / "trimmed.mp4", 10)
    assert len(medium(path).times) == 30
    assert [number(frame) for frame in shown(path, range(30))] == list(range(10, 40))
    assert [number(frame) for frame in shown(path, (0, 5, 29))] == [10, 15, 39]


def test_the_order_and_the_doubles_are_the_callers(clip: Path) -> None:
    found = shown(clip, (9, 3, 9))
    assert [frame.index for frame in found] == [number(frame) for frame in found] == [9, 3, 9]
    assert [frame.time for frame in found] == pytest.approx([0.36, 0.12, 0.36])


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts", "a.flv"])
@pytest.mark.parametrize("ticks", [EVEN, LATE])
def test_a_seek_spares_reading_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, ticks: list[int]
) -> None:
    path = encode(tmp_path / name, ticks)
    monkeypatch.setattr(pyav, "_through", None)
    assert [number(frame) for frame in shown(path, (3, 20, 39))] == [3, 20, 39]


def keyed(path: Path, keys: Sequence[int]) -> tuple[Frame, ...]:
    """Frames 2, 5, 20, 35 and 39 under the claim that decoding may begin from these frames."""
    found = medium(path)
    claimed = replace(found, times=replace(found.times, keys=pack(keys)))
    return frames(claimed, (2, 5, 20, 35, 39), (found.width, found.height)).frames


@pytest.mark.parametrize("keys", [range(40), (1,), (30,), (0, 13, 25, 39), ()])
def test_a_seek_that_lies_is_found_out(clip: Path, keys: Sequence[int]) -> None:
    assert [number(frame) for frame in keyed(clip, keys)] == [2, 5, 20, 35, 39]


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_what_nothing_builds_on_is_not_decoded_unless_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str
) -> None:
    path = encode(tmp_path / "a.mkv", range(40), codec=codec, base=Fraction(1, 25), gop=40)
    sent: list[int] = []
    plain = clips.Reel.sent

    def counted(reel: clips.Reel, packet: object) -> list[object]:
        brought = plain(reel, packet)
        sent.append(len(brought))
        return brought

    monkeypatch.setattr(clips.Reel, "sent", counted)
    found = medium(path)
    sent.clear()
    assert [number(f) for f in frames(found, (38,), (128, 96)).frames] == [38]
    assert 2 < sum(sent) < 30


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (-90, 3), (180, 2)])
def test_frames_stand_upright(tmp_path: Path, degrees: int, turns: int) -> None:
    (frame,) = shown(encode(tmp_path / "r.mp4", EVEN, rotation=degrees), (21,))
    assert (frame.width, frame.height) == ((96, 128) if turns % 2 else (128, 96))
    assert number(np.rot90(pixels_of(frame), -turns)) == 21


def test_pixels_become_square(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", EVEN, aspect=Fraction(2, 1))
    (frame,) = shown(path, (3,))
    assert (frame.width, frame.height) == pixels_of(frame).shape[1::-1] == (256, 96)
    assert medium(path).width == 256


def test_frames_are_scaled_down_and_never_up(clip: Path) -> None:
    (small,) = shown(clip, (37,), 64 * 48)
    assert (small.width, small.height) == pixels_of(small).shape[1::-1] == (64, 48)
    assert number(small) == 37
    (same,) = shown(clip, (37,), PLENTY)
    assert (same.width, same.height) == (128, 96)


def test_a_real_clip_looks_like_its_own_full_decode(real: Callable[[str], Path]) -> None:
    path = real("bikes")
    every = shown(path, range(0, 250, 10), 100_000)
    some = shown(path, (40, 130, 240), 100_000)
    assert [frame.image for frame in some] == [every[i].image for i in (4, 13, 24)]
    assert every[4].image != every[5].image


def test_a_clip_that_broke_after_it_was_probed(clip: Path) -> None:
    found = medium(clip)
    data = clip.read_bytes()
    start = data.index(b"mdat") + 4
    clip.write_bytes(data[:start] + bytes(1000) + data[start + 1000 :])
    with pytest.raises(MediaError, match=r"^(damaged|no frames)"):
        frames(found, range(40), (128, 96))


def test_what_arrives_behind_the_part_that_is_probed(tmp_path: Path) -> None:
    """A second stream, and other settings for the decoder, more than 5 MB into the file."""
    first, sound, other = (tmp_path / name for name in ("first.flv", "sound.flv", "other.flv"))
    source, x264 = ["-f", "lavfi", "-i"], ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast"]
    ffmpeg(*source, "testsrc2=s=320x240:r=25:d=2.4,noise=alls=99:allf=t", *x264, "-qp", "0", str(first))
    ffmpeg(*source, "sine=r=44100:d=0.3", "-c:a", "aac", "-output_ts_offset", "2.6", str(sound))
    anew = ["-g", "12", "-bf", "2", "-x264-params", "cabac=1:ref=4", "-output_ts_offset", "3"]
    ffmpeg(*source, "testsrc2=s=320x240:r=25:d=2.4", *x264, *anew, str(other))
    path, head = tmp_path / "late.flv", 13
    path.write_bytes(first.read_bytes() + sound.read_bytes()[head:] + other.read_bytes()[head:])
    assert first.stat().st_size > 5_500_000
    found, true = medium(path), reference(other)
    assert (len(found.times), found.lost, list(unpack(found.times.keys))) == (120, 0, [])
    for i in (0, 13, 30, 59):
        (frame,) = shown(path, [60 + i])
        assert psnr(pixels_of(frame), true.frames[i]) >= 24  # a neighbour has 20


def test_frames_with_exif(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0110] = "a camera"
    for i in range(3):
        Image.new("RGB", (64, 48), (0, 0, 100 * i)).save(tmp_path / f"{i}.jpg", exif=exif)
    ffmpeg("-framerate", "10", "-i", str(tmp_path / "%d.jpg"), "-c", "copy", str(tmp_path / "a.mov"))
    blue = [int(pixels_of(frame)[20, 30, 2]) for frame in shown(tmp_path / "a.mov", range(3))]
    assert blue == pytest.approx([0, 100, 200], abs=4)


def test_an_image_is_scaled(tmp_path: Path) -> None:
    Image.new("RGB", (400, 100), (200, 30, 30)).save(tmp_path / "a.png")
    frame = still(tmp_path / "a.png", 10_000)
    assert (frame.index, frame.time, frame.width, frame.height) == (0, 0.0, 200, 50)
    assert np.abs(pixels_of(frame).astype(int) - (200, 30, 30)).max() < 6


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_alpha_lies_on_white(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (32, 32), (0, 0, 0, 0)).convert(mode)
    image.save(tmp_path / "a.png", **({"transparency": 0} if mode == "P" else {}))
    assert pixels_of(still(tmp_path / "a.png")).min() > 250


def test_sixteen_bits_keep_their_shades(tmp_path: Path) -> None:
    shades = np.repeat(np.linspace(0, 65535, 64).astype(np.uint16)[None], 64, 0)
    Image.fromarray(shades).save(tmp_path / "a.png")
    row = pixels_of(still(tmp_path / "a.png"))[32, :, 0].astype(int)
    assert abs(row[32] - 130) < 6
    assert (np.diff(row) >= -2).all()


def test_the_first_frame_of_an_animation(tmp_path: Path) -> None:
    first, second = Image.new("RGB", (32, 32), "red"), Image.new("RGB", (32, 32), "blue")
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    assert pixels_of(still(tmp_path / "a.gif"))[16, 16, 0] > 240


def test_an_image_is_turned_by_its_exif(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new("RGB", (64, 32), "black")
    image.paste("white", (0, 0, 32, 32))
    image.save(tmp_path / "a.jpg", exif=exif)
    pixels = pixels_of(still(tmp_path / "a.jpg"))
    assert pixels.shape[:2] == (64, 32)
    assert pixels[8].mean() > 240 > 20 > pixels[-8].mean()


@pytest.mark.parametrize(
    ("size", "most", "fits"),
    [
        ((640, 480), 10**6, (640, 480)),
        ((640, 480), 640 * 480, (640, 480)),
        ((640, 480), 320 * 240, (320, 240)),
        ((10_000, 1), 100, (100, 1)),
        ((1, 10_000), 100, (1, 100)),
        ((3, 3), 1, (1, 1)),
    ],
)
def test_sizes_that_fit(size: tuple[int, int], most: int, fits: tuple[int, int]) -> None:
    assert fitted(*size, most) == fits


def test_sizes_as_shown() -> None:
    assert upright(4, 3, -90) == upright(4, 3, 270) == (3, 4)
    assert upright(4, 3, 180) == upright(4, 3, 10) == (4, 3)
    assert squared(720, 576, Fraction(16, 15)) == (768, 576)
    assert squared(720, 576, Fraction(100)) == squared(720, 576, Fraction(1, 100)) == (720, 576)
    assert squared(720, 576, None) == squared(720, 576, Fraction(0, 1)) == (720, 576)
