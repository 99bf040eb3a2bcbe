"""Frames are turned and scaled as ffmpeg's own filters do."""

import numpy as np
import pytest
from av.video.frame import VideoFrame

from curate.media.scaler import Scaler


def frame(width: int = 6, height: int = 4, form: str = "rgb24") -> VideoFrame:
    pixels = np.arange(width * height * 3, dtype=np.uint8).reshape(height, width, 3)
    made = VideoFrame.from_ndarray(pixels, format="rgb24")
    return made if form == "rgb24" else made.reformat(format=form)


@pytest.mark.parametrize(
    ("turns", "turned"),
    [
        ((), lambda pixels: pixels),
        (("hflip",), lambda pixels: pixels[:, ::-1]),
        (("vflip",), lambda pixels: pixels[::-1]),
        (("hflip", "vflip"), lambda pixels: pixels[::-1, ::-1]),
        (("transpose",), lambda pixels: pixels.transpose(1, 0, 2)),
        (("transpose", "hflip"), lambda pixels: pixels.transpose(1, 0, 2)[:, ::-1]),
        (("transpose", "vflip"), lambda pixels: pixels.transpose(1, 0, 2)[::-1]),
    ],
)
def test_quarter_turns_and_mirrors(turns: tuple[str, ...], turned: object) -> None:
    assert callable(turned)
    one = frame()
    size = (4, 6) if "transpose" in turns else (6, 4)
    assert np.array_equal(Scaler(one, turns, size)(one), turned(one.to_ndarray()))


def test_one_scaler_serves_frames_of_one_kind() -> None:
    scaler = Scaler(frame(), (), (3, 2))
    assert scaler.fits(frame(), ())
    assert not scaler.fits(frame(), ("hflip",))
    assert not scaler.fits(frame(8, 4), ())
    assert not scaler.fits(frame(form="yuv444p"), ())
    first = scaler(frame())
    assert first.shape == (2, 3, 3)
    assert np.array_equal(scaler(frame()), first)


def test_frames_outlive_what_made_them() -> None:
    scaler = Scaler(frame(64, 48), (), (32, 24))
    kept = [scaler(frame(64, 48)) for _ in range(3)]
    del scaler
    assert np.array_equal(kept[0], kept[2])
