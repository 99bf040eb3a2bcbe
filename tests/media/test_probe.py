"""What probing finds in good files, and what it says of bad ones."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from media_samples import encode, jpeg, tone
from PIL import Image

from curate.errors import MediaError
from curate.media import clip as clips
from curate.media import survey
from curate.media.facts import Facts
from curate.media.probe import probe
from curate.media.survey import Survey
from curate.timeline import STILL, unpack


def refused(path: Path, kind: str = "video") -> MediaError:
    with pytest.raises(MediaError) as caught:
        probe(path, kind)
    assert str(path.parent) not in str(caught.value)
    return caught.value


def test_a_real_clip(real: Callable[[str], Path]) -> None:
    facts = probe(real("bigbuckbunny"), "video")
    assert (facts.width, facts.height, len(facts.times), facts.fps, facts.codec) == (
        1280,
        720,
        132,
        25,
        "h264",
    )
    assert facts.times[:2] == (0.0, 0.04)
    assert facts.times[-1] == pytest.approx(5.24)


def test_pixels_that_are_not_square_are_corrected(real: Callable[[str], Path]) -> None:
    facts = probe(real("carphone_pristine"), "video")
    assert (facts.width, facts.height) == (round(176 * 128 / 117), 144)


def test_an_absurd_aspect_is_ignored(tmp_path: Path) -> None:
    facts = probe(encode(tmp_path / "a.mkv", [0, 40], aspect=Fraction(100, 1)), "video")
    assert (facts.width, facts.height) == (128, 96)


def test_times_of_a_variable_rate_are_the_files_own(tmp_path: Path) -> None:
    ticks = [0, 13, 100, 101, 777, 1500, 1540, 3001]
    facts = probe(encode(tmp_path / "v.mp4", ticks, options={"x264-params": "force-cfr=0"}), "video")
    assert facts.times[:] == pytest.approx([t / 1000 for t in ticks], abs=1e-4)
    assert facts.fps == pytest.approx(7 / 3.001, abs=1e-3)


@pytest.mark.parametrize("name", ["late.ts", "late.mkv", "late.mp4"])
def test_times_start_at_zero_where_the_file_does_not(tmp_path: Path, name: str) -> None:
    facts = probe(encode(tmp_path / name, [5000 + 40 * i for i in range(20)]), "video")
    assert facts.times[:] == pytest.approx([0.04 * i for i in range(20)], abs=1e-3)


def test_a_stream_without_times_is_counted_at_its_rate(tmp_path: Path) -> None:
    facts = probe(encode(tmp_path / "raw.h264", [40 * i for i in range(20)]), "video")
    assert facts.times[:] == pytest.approx([0.04 * i for i in range(20)])


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_rotated_sizes(tmp_path: Path, degrees: int) -> None:
    facts = probe(encode(tmp_path / "r.mp4", [0, 40], rotation=degrees), "video")
    assert (facts.width, facts.height) == ((128, 96) if degrees == 180 else (96, 128))


def test_one_frame_is_a_video(tmp_path: Path) -> None:
    facts = probe(encode(tmp_path / "one.mp4", [0]), "video")
    assert facts.times[:] == (0.0,)
    assert facts.fps > 0


def test_facts_travel(clip: Path) -> None:
    facts = probe(clip, "video")
    assert pickle.loads(pickle.dumps(facts)) == facts


def test_only_sound(tmp_path: Path) -> None:
    assert refused(tone(tmp_path / "a.wav")).reason == "audio only"
    assert refused(tone(tmp_path / "a.mp3")).reason == "audio only"


def test_only_a_cover(tmp_path: Path) -> None:
    assert refused(tone(tmp_path / "a.mp3", jpeg())).reason == "cover art only"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "BMP", "WEBP", "TIFF"])
def test_an_image_named_like_a_video(tmp_path: Path, form: str) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "a.mp4", form)
    assert refused(tmp_path / "a.mp4").reason == "an image, not a video"


@pytest.mark.parametrize("kind", ["video", "image"])
def test_nothing_in_it(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.mp4").touch()
    assert refused(tmp_path / "a.mp4", kind).reason == "empty file"


def test_no_media_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(os.urandom(4096))
    fault = refused(tmp_path / "a.mp4")
    assert (fault.reason, fault.detail) == ("not a video", "Invalid data found when processing input")


@pytest.mark.parametrize("text", [b"<!DOCTYPE html><html>404</html>" * 50, b"\n <!doctype html>x", b"<HTML><p>"])
def test_a_web_page_saved_as_media(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(text)
    assert refused(tmp_path / "a.mp4").reason == "a web page, not a video"
    assert refused(tmp_path / "a.mp4", "image").reason == "a web page, not an image"


@pytest.mark.parametrize("name", ["a.mp4", "a.m3u8", "a.txt", "a.ffconcat", "a.mpd"])
@pytest.mark.parametrize("head", ["#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n", "ffconcat version 1.0\nfile "])
def test_a_playlist_opens_nothing_else(tmp_path: Path, clip: Path, name: str, head: str) -> None:
    (tmp_path / name).write_text(f"{head}{clip.name}\n#EXT-X-ENDLIST\n")
    assert refused(tmp_path / name).reason == "a playlist, not a video"


def test_a_clip_cut_short(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.mp4").write_bytes(clip.read_bytes()[:1500])
    assert refused(tmp_path / "cut.mp4").reason == "damaged"


def test_a_clip_cut_short_keeps_what_decodes(tmp_path: Path) -> None:
    whole = encode(tmp_path / "a.mkv", [40 * i for i in range(40)])
    (tmp_path / "cut.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size * 4 // 5])
    assert 1 < len(probe(tmp_path / "cut.mkv", "video").times) < 40


def test_a_film_without_a_picture(tmp_path: Path) -> None:
    whole = bytearray(encode(tmp_path / "a.mp4", [0, 40, 80]).read_bytes())
    start = whole.index(b"mdat") + 4
    end = whole.index(b"moov") - 4
    whole[start:end] = bytes(end - start)
    (tmp_path / "blank.mp4").write_bytes(whole)
    assert refused(tmp_path / "blank.mp4").reason == "no frames"


def by_packets(path: Path) -> Survey | None:
    with clips.opened(path) as film:
        return survey.by_packets(film)


def test_the_packets_are_not_trusted_where_the_head_does_not_decode(tmp_path: Path) -> None:
    """An index that counts frames which no decoder shows would shift every frame after them."""
    path = encode(tmp_path / "a.mp4", [40 * i for i in range(24)], gop=12, bframes=0)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    found = by_packets(path)
    assert found is not None
    assert len(found.times) == 24
    assert len(unpack(found.times.keys)) == 2
    size = next(p.size for p in _packets(path))
    data[start : start + size] = bytes(size)
    path.write_bytes(data)
    assert by_packets(path) is None
    assert len(probe(path, "video").times) < 24


def _packets(path: Path):  # type: ignore[no-untyped-def]
    with clips.opened(path) as (container, stream, _):
        return [packet for packet in container.demux(stream) if packet.size]


@pytest.mark.parametrize("name", ["a.avi", "a.mpg"])
def test_other_containers_are_decoded_to_be_sure(tmp_path: Path, name: str) -> None:
    codec = "mpeg4" if name.endswith("avi") else "mpeg2video"
    path = encode(tmp_path / name, list(range(30)), base=Fraction(1, 25), codec=codec)
    assert by_packets(path) is None
    facts = probe(path, "video")
    assert facts.times[:] == pytest.approx([i / 25 for i in range(30)], abs=2e-3)
    assert facts.surveyed


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_images(tmp_path: Path, form: str) -> None:
    Image.new("RGB", (30, 20), "blue").save(tmp_path / "a.bin", form)
    assert probe(tmp_path / "a.bin", "image") == Facts(30, 20, STILL, 0.0, form.lower(), surveyed=True)


def test_an_image_turned_by_its_exif(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20)).save(tmp_path / "a.jpg", exif=exif)
    facts = probe(tmp_path / "a.jpg", "image")
    assert (facts.width, facts.height) == (20, 30)


def test_an_image_too_large_is_refused_by_its_header(tmp_path: Path) -> None:
    data = bytearray()
    Image.new("RGB", (16, 16)).save(tmp_path / "a.bmp")
    data += (tmp_path / "a.bmp").read_bytes()
    data[18:26] = np.array([20_000, 20_000], "<i4").tobytes()
    (tmp_path / "a.bmp").write_bytes(data)
    fault = refused(tmp_path / "a.bmp", "image")
    assert (fault.reason, fault.detail) == ("image too large", "20000x20000 pixels")


def test_a_damaged_image(tmp_path: Path) -> None:
    data = jpeg((300, 300))
    (tmp_path / "a.jpg").write_bytes(data[: len(data) // 2])
    assert refused(tmp_path / "a.jpg", "image").reason == "damaged"


def test_a_video_is_not_an_image(clip: Path) -> None:
    assert refused(clip, "image").reason == "not an image"


def test_the_parent_loads_no_decoder() -> None:
    code = (
        "import sys, curate.media.library, curate.media.eyes;"
        "sys.exit(bool({'av', 'PIL', 'numpy', 'cv2'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
