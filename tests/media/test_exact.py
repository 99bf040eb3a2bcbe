"""Every frame of every kind of clip is the one that ffmpeg's own full decode shows at that place, at its time."""

from pathlib import Path

import numpy as np
import pytest

from curate.media.frames import read
from curate.media.probe import probe
from curate.medium import Medium
from curate.timeline import unpack
from tests.media.corpus import CORPUS, SHARP, made
from tests.media.reference import Pixels, psnr, reference

ALIKE = 45.0  # dB; one ffmpeg gives the very bytes, another release may round otherwise, another frame has less than 30
# A clip stamped against the order shown, and those whose times the reference counts anew: where the picture
# changes its size, and at each film of several.
NO_COMMON_TIMES = {"mpeg4-unpacked.mp4", "size-change.ts", "theora-chain.ogv", "hevc-joined.ts"}


def seen(medium: Medium, indices: list[int]) -> dict[int, Pixels]:
    found: dict[int, Pixels] = {}
    read(medium, indices, (medium.width, medium.height), "pyav", found.__setitem__)
    return found


@pytest.mark.parametrize("name", [*CORPUS, *SHARP])
def test_every_frame_is_the_one_that_a_full_decode_shows(corpus: Path, name: str) -> None:
    path = made(name, corpus)
    true = reference(path)
    facts = probe(path, "video")
    medium = facts.medium("0" * 64, "video", path)
    assert ((medium.width, medium.height), len(medium.times)) == (true.size, len(true.times))
    assert medium.lost == 0
    if name not in NO_COMMON_TIMES:
        assert medium.times[:] == pytest.approx(true.times, abs=0.0015)
    together = seen(medium, list(range(len(medium.times))))
    assert min(psnr(pixels, true.frames[i]) for i, pixels in together.items()) >= ALIKE
    for alone in {0, 1, len(true.times) // 2, len(true.times) * 4 // 5, len(true.times) - 1}:
        if alone < len(true.times):
            (pixels,) = seen(medium, [alone]).values()
            assert np.array_equal(pixels, together[alone])


@pytest.mark.parametrize(
    "name",
    ["h264-open.mkv", "hevc-open.mkv", "hevc-layers.mp4", "hevc.ts", "uneven.mp4", "h264-pyramid.mp4", "mpeg2.mpg"],
)
def test_frames_a_few_apart_are_found_by_seeking(corpus: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(name, corpus)
    true = reference(path)
    medium = probe(path, "video").medium("0" * 64, "video", path)
    monkeypatch.setattr("curate.media.decoders.pyav._through", None)  # reading it all is not allowed
    some = list(range(3, len(true.times), 9))
    assert min(psnr(pixels, true.frames[i]) for i, pixels in seen(medium, some).items()) >= ALIKE


@pytest.mark.parametrize(
    ("name", "sought"),
    [
        ("divx3.avi", [0, 12, 24, 36, 48]),
        ("divx3-all-keys.avi", [0, 12, 24, 36, 48]),
        ("vp9-no-stss.mp4", [0, 30]),
        ("h264-no-stss.mp4", [0, 12, 24, 36, 48]),
        ("h263p.mkv", [0, 12, 24, 36, 48]),
        ("animation.mov", []),  # its decoder says of no frame whether others are needed for it
    ],
)
def test_decoding_begins_where_the_coding_itself_says_so(corpus: Path, name: str, sought: list[int]) -> None:
    assert list(unpack(probe(made(name, corpus), "video").times.keys)) == sought
