"""The lines say what the pixels say, and no more."""

import io
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from media_samples import jpeg, shown
from PIL import Image, ImageDraw, ImageFont

from curate.frame import Frame
from curate.media import measure, reading
from curate.media.colours import NAMES, named, shares
from curate.media.measure import lines
from curate.media.motion import Change, change
from curate.media.reading import ordered

OCR = find_spec("rapidocr_onnxruntime") is not None and find_spec("cv2") is not None


def frame(image: Image.Image, time: float = 0.0) -> Frame:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=95)
    return Frame(0, time, image.width, image.height, data.getvalue())


def plain(colour: str, time: float = 0.0) -> Frame:
    return Frame(0, time, 32, 32, jpeg(colour=colour))


def texture(seed: int = 0) -> np.ndarray:
    """A picture with something to match everywhere, 72 x 128."""
    coarse = np.random.default_rng(seed).integers(0, 255, (18, 32, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((128, 72), Image.Resampling.BICUBIC))


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without an OCR engine."""
    monkeypatch.setattr(reading, "find_spec", lambda _: None)


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((96, 140, 60), "green"),
        ((120, 150, 40), "green"),
        ((30, 60, 20), "green"),
        ((135, 206, 235), "blue"),
        ((110, 150, 220), "blue"),
        ((20, 30, 120), "blue"),
        ((128, 120, 112), "grey"),
        ((150, 150, 155), "grey"),
        ((5, 5, 5), "black"),
        ((250, 250, 245), "white"),
        ((200, 20, 20), "red"),
        ((250, 140, 20), "orange"),
        ((240, 220, 30), "yellow"),
        ((110, 70, 30), "brown"),
        ((120, 40, 200), "purple"),
        ((255, 150, 190), "pink"),
        ((240, 160, 160), "pink"),
        ((30, 220, 220), "cyan"),
    ],
)
def test_colours_have_plain_names(rgb: tuple[int, int, int], name: str) -> None:
    assert NAMES[named(np.array([rgb], np.uint8))[0]] == name


def test_shares_are_of_all_pixels_and_the_largest_come_first() -> None:
    pixels = np.zeros((10, 10, 3), np.uint8)
    pixels[:3] = (255, 0, 0)
    pixels[3:4] = (0, 0, 255)
    assert shares(pixels) == [("black", 60), ("red", 30), ("blue", 10)]
    assert shares(pixels, most=1) == [("black", 60)]


@pytest.mark.usefixtures("blind")
def test_a_line_in_full() -> None:
    assert lines([plain("red", 75.5)]) == (
        "At 00:01:15 the picture of 32x32 pixels is red (100 %). It is neither dark nor bright (85 of 255).",
    )


@pytest.mark.usefixtures("blind")
def test_clocks_tell_frames_of_one_second_apart() -> None:
    first, second = lines([plain("black", 1.0), plain("white", 1.25)])
    assert first.startswith("At 00:00:01.000 the picture ")
    assert "dark (0 of 255)" in first
    assert second.startswith("At 00:00:01.250 the picture ")
    assert "bright (255 of 255)" in second


@pytest.mark.usefixtures("blind")
def test_the_place_of_the_detail() -> None:
    image = Image.new("RGB", (300, 300), "grey")
    image.paste(Image.fromarray(texture()).resize((90, 90)), (205, 205))
    assert "Most detail is at the bottom right." in lines([frame(image)])[0]
    assert "etail" not in lines([plain("grey")])[0]


@pytest.mark.parametrize(("down", "right", "way"), [(0, 5, "right"), (0, -5, "left"), (-5, 0, "up"), (5, 1, "down")])
def test_the_direction_in_which_the_picture_moves(down: int, right: int, way: str) -> None:
    before = texture()
    assert change(before, np.roll(before, (down, right), (0, 1))) == Change("strong", way, False)


def test_a_small_thing_that_moves_is_a_slight_motion() -> None:
    before = np.full((72, 128, 3), 100, np.uint8)
    after = before.copy()
    before[20:36, 20:36] = texture(1)[:16, :16]
    after[20:36, 26:42] = texture(1)[:16, :16]
    assert change(before, after) == Change("slight", "right", False)


def test_nothing_moves() -> None:
    assert change(texture(), texture()) == Change("none", "", False)


def test_a_cut_is_no_motion() -> None:
    sky, night = np.full((72, 128, 3), (120, 160, 220), np.uint8), np.full((72, 128, 3), 10, np.uint8)
    assert change(sky, night) == Change("strong", "", True)


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize(
    ("roll", "said"),
    [
        ((0, 0), "nothing has moved"),
        ((0, 6), "much has moved to the right"),
        ((0, -6), "much has moved to the left"),
        ((-6, 0), "much has moved up"),
    ],
)
def test_motion_in_words(roll: tuple[int, int], said: str) -> None:
    before = texture()
    shots = [frame(Image.fromarray(np.roll(before, by, (0, 1))), at) for at, by in enumerate([(0, 0), roll])]
    first, second = lines(shots)
    assert "moved" not in first
    assert second.endswith(f"Since the frame before, {said}.")


@pytest.mark.usefixtures("blind")
def test_a_cut_in_words() -> None:
    assert lines([plain("red", 0), plain("blue", 1)])[1].endswith(
        "There is a cut: it is another picture than the frame before."
    )


def test_text_is_asked_for_only_where_something_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(measure, "readable", lambda: True)
    monkeypatch.setattr(measure, "text", lambda _: (f"page {asked.append(1) or len(asked)}",))
    said = [line.rpartition(". ")[2] for line in lines([plain("red", 0), plain("red", 1), plain("blue", 2)])]
    assert said == [f'It shows the text "page {page}".' for page in (1, 1, 2)]


def test_only_confident_readings_count(monkeypatch: pytest.MonkeyPatch) -> None:
    box = [(0, 0), (9, 0), (9, 9), (0, 9)]
    monkeypatch.setattr(reading, "_engine", lambda: lambda _: ([[box, "SURE", 0.6], [box, "MAYBE", "0.59"]], 0))
    assert reading.text(np.zeros((9, 9, 3), np.uint8)) == ("SURE",)
    monkeypatch.setattr(reading, "_engine", lambda: lambda _: (None, None))
    assert reading.text(np.zeros((9, 9, 3), np.uint8)) == ()


def test_reading_order_and_plain_text() -> None:
    def box(left: int, top: int) -> list[tuple[int, int]]:
        return [(left, top), (left + 40, top), (left + 40, top + 20), (left, top + 20)]

    pieces = [
        (box(0, 50), "below"),
        (box(60, 0), 'say "hi"'),
        (box(0, 3), "one\x1b[2J\ntwo"),
        (box(0, 90), "■"),
    ]
    assert ordered(pieces) == ("one [2J two", "say 'hi'", "below")


@pytest.mark.skipif(not OCR, reason="no OCR engine")
def test_text_is_read() -> None:
    image = Image.new("RGB", (400, 160), "white")
    draw = ImageDraw.Draw(image)
    draw.text((20, 20), "STOP", "black", ImageFont.load_default(48))
    draw.text((20, 90), "EXIT 42", "black", ImageFont.load_default(48))
    assert lines([frame(image)])[0].endswith('It shows the text "STOP" and "EXIT 42".')


@pytest.mark.usefixtures("blind")
def test_a_real_clip(real: Callable[[str], Path]) -> None:
    first, *_, last = lines(shown(real("bigbuckbunny"), (0, 50, 100), 100_000))
    assert "pixels is green (" in first
    assert "grey" in last
    assert "blue" in last
