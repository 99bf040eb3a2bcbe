"""Another decoder is believed where it reads what the index says; where it does not, PyAV reads and it is told."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from media_samples import encode, medium, number, pixels_of
from PIL import Image

from curate.chat import Media
from curate.media import checked
from curate.media.decoder import Film, known, why_not
from curate.media.eyes import Eyes
from curate.media.frames import frames

EVEN = [40 * i for i in range(40)]
ODD = [0, 13, 100, 101, 777, 1500, 1540, 3001, 3002, 3003, 3004, 4100, 4101, 5000, 5001, 5002, 5003]
OTHERS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(package) is None, reason=f"{package} is not installed"))
    for name, package in (("decord", "decord"), ("opencv", "cv2"))
]


def test_the_decoders_by_name() -> None:
    assert known() == ["decord", "opencv", "pyav"]
    assert why_not("pyav") is None


def test_a_decoder_that_is_not_installed_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("decord", "opencv"):
        monkeypatch.setattr(f"curate.media.decoders.{name}.find_spec", lambda _: None)
        assert f"pip install 'curate[{name}]'" in (why_not(name) or "")


@pytest.mark.parametrize("decoder", OTHERS)
def test_a_plain_clip_is_read_by_it(tmp_path: Path, decoder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = medium(encode(tmp_path / "a.mp4", EVEN))
    shown = frames(found, (39, 0, 7, 7, 21), (128, 96), decoder=decoder)
    assert ([number(frame) for frame in shown.frames], shown.note) == ([39, 0, 7, 7, 21], "")
    assert [frame.time for frame in shown.frames] == pytest.approx([1.56, 0, 0.28, 0.28, 0.84])
    monkeypatch.setattr("curate.media.frames.pyav.read", None)
    with pytest.raises(TypeError):
        frames(found, (3,), (128, 96))


@pytest.mark.parametrize(
    ("decoder", "name", "ticks", "how", "told"),
    [
        (*OTHERS[1].values, "uneven.mkv", ODD, {"gop": 4}, r"\d+ frames where the index has 17"),
        (*OTHERS[1].values, "late.ts", [7000 + t for t in EVEN], {}, ""),
        (*OTHERS[0].values, "late.ts", [7000 + t for t in EVEN], {}, "frame"),
        (*OTHERS[0].values, "narrow.mp4", EVEN, {"size": (16, 96)}, r"\d channels in a frame"),
    ],
)
def test_what_it_reads_differently_is_read_by_pyav_and_told(
    tmp_path: Path, decoder: str, name: str, ticks: Sequence[int], how: dict[str, object], told: str
) -> None:
    if why_not(decoder):
        pytest.skip(why_not(decoder) or "")
    found = medium(encode(tmp_path / name, ticks, **how))
    wanted = (1, 5, len(ticks) - 1)
    shown = frames(found, wanted, (found.width, found.height), decoder=decoder)
    plain = frames(found, wanted, (found.width, found.height))
    if told:
        assert [f.image for f in shown.frames] == [f.image for f in plain.frames]
        assert shown.note.startswith(f"{decoder} reads {name} differently (")
        assert re.search(told, shown.note)
        assert shown.note.endswith("): PyAV reads it")
    else:
        assert [number(f) for f in shown.frames] == list(wanted)


class Liar:
    """A decoder that reads the film through PyAV and changes what it is told to."""

    def __init__(
        self, count: int = 40, late: float = 0.0, shift: int = 0, fault: str = "", only: int | None = None
    ) -> None:
        self.count, self.late, self.shift, self.fault, self.only = count, late, shift, fault, only

    @contextmanager
    def opened(self, path: Path):  # type: ignore[no-untyped-def]
        def frame(index: int) -> tuple[float, np.ndarray]:
            if self.fault:
                raise RuntimeError(self.fault)
            shift = self.shift if self.only in (None, index) else 0
            true = frames(medium(path), (min(index + shift, 39),), (128, 96), "png").frames[0]
            return index * 0.04 + self.late, pixels_of(true)

        yield Film(self.count, frame)


@pytest.mark.parametrize(
    ("liar", "told"),
    [
        (Liar(), ""),
        (Liar(count=41), "41 frames where the index has 40"),
        (Liar(late=0.04), "frame 4 at 0.200 s where the index has 0.160 s"),
        (Liar(shift=1), "frame 4 is another picture"),
        (Liar(shift=1, only=20), "frame 20 is another picture"),
        (Liar(fault="no\nluck"), "no luck"),
    ],
)
def test_each_kind_of_lie_is_found_out(clip: Path, monkeypatch: pytest.MonkeyPatch, liar: Liar, told: str) -> None:
    monkeypatch.setattr(checked, "module", lambda _: SimpleNamespace(opened=liar.opened))
    shown = frames(medium(clip), (4, 20, 39), (128, 96), decoder="liar")
    assert [number(frame) for frame in shown.frames] == [4, 20, 39]
    assert shown.note == (f"liar reads clip.mp4 differently ({told}): PyAV reads it" if told else "")


@pytest.mark.skipif(find_spec("decord") is None, reason="decord is not installed")
def test_a_disagreement_is_told_once(tmp_path: Path) -> None:
    path = encode(tmp_path / "narrow.mp4", EVEN, size=(16, 96))
    said: list[str] = []

    async def main() -> None:
        eyes = Eyes(workers=1, decoder="decord", say=said.append)
        try:
            for frame in (3, 4):
                await eyes.frames(Media(medium(path), (frame,), 10**6))
        finally:
            eyes.close()

    asyncio.run(main())
    (line,) = said  # how many channels it counts depends on how wide the machine's registers are
    assert re.fullmatch(r"decord reads narrow.mp4 differently \(\d channels in a frame\): PyAV reads it", line)


def test_a_picture_needs_no_film_decoder(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    assert frames(medium(tmp_path / "a.png", "image"), (0,), (30, 20), decoder="decord").note == ""
