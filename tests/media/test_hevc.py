"""Which frames of HEVC no other builds on: by hand-made units, and by leaving those frames out."""

from pathlib import Path

import av
import numpy as np
import pytest

from curate.media.hevc import Leaves
from tests.media.corpus import made
from tests.media.nal import marked, measured
from tests.media.reference import Pixels

HVCC = bytes([1, *bytes(20), 0xFF])  # four bytes of length before each unit


def unit(kind: int, layer: int = 0, *more: int, view: int = 0) -> bytes:
    return bytes([kind << 1 | view >> 5, (view & 31) << 3 | (layer + 1), *(more or (0x80, 0))])


def settings(highest: int) -> bytes:
    return unit(33, 0, highest << 1 | 1, 0)


def hvcc(*units: bytes) -> bytes:
    arrays = b"".join(bytes([one[0] >> 1]) + b"\0\1" + len(one).to_bytes(2) + one for one in units)
    return HVCC + bytes([len(units)]) + arrays


TRAIL_N, TRAIL_R, TSA_N, RASL_N, IDR, AUD = 0, 1, 2, 8, 19, 35


@pytest.mark.parametrize(
    ("highest", "slices", "leaf"),
    [
        (0, [unit(TRAIL_N)], True),
        (0, [unit(RASL_N)], True),
        (0, [unit(AUD), unit(TRAIL_N), unit(TRAIL_N)], True),
        (0, [unit(TRAIL_R)], False),
        (0, [unit(IDR)], False),
        (0, [unit(TRAIL_N), unit(TRAIL_R)], False),
        (0, [unit(AUD)], False),
        (0, [], False),
        (1, [unit(TRAIL_N)], False),  # frames of layer 1 may build on it
        (1, [unit(TSA_N, 1)], True),
        (2, [unit(TSA_N, 1)], False),
        (0, [unit(TRAIL_R), unit(TRAIL_N, view=1)], False),  # the other view does not count
        (0, [unit(TRAIL_N), unit(TRAIL_R, view=1)], True),
        (0, [unit(TRAIL_N)[:2]], False),
    ],
)
def test_a_leaf_is_no_reference_in_the_highest_layer(highest: int, slices: list[bytes], leaf: bool) -> None:
    assert Leaves(hvcc(unit(32), settings(highest), unit(34)))(measured(*slices)) is leaf
    assert Leaves(marked(unit(32), settings(highest)))(marked(*slices)) is leaf
    assert Leaves(None)(marked(settings(highest), *slices)) is leaf  # the settings may come with the picture


def test_nothing_is_a_leaf_before_the_settings_are_known() -> None:
    leaves = Leaves(HVCC)
    assert not leaves(measured(unit(TRAIL_N)))
    assert not leaves(measured(settings(1), unit(TRAIL_N)))
    assert leaves(measured(unit(TSA_N, 1)))
    assert not leaves(measured(settings(2), unit(TSA_N, 1)))  # the highest of all that were met
    assert not leaves(measured(settings(0), unit(TSA_N, 1)))


@pytest.mark.parametrize("extradata", [b"\1", HVCC, HVCC + b"\xff", HVCC + b"\xff" * 9, hvcc(settings(0))[:-3], b"\0"])
@pytest.mark.parametrize("packet", [b"", b"\0", b"\xff" * 40, bytes(40), measured(unit(TRAIL_N))[:-3]])
def test_what_is_cut_off_or_nonsense_does_no_harm(extradata: bytes, packet: bytes) -> None:
    assert Leaves(extradata)(packet) is False


def decoded(path: Path, *, whole: bool) -> tuple[dict[int, Pixels], int]:
    """The frames by pts, all or without the leaves, and how many leaves there are."""
    frames: dict[int, Pixels] = {}
    left_out = 0
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        leaves = Leaves(stream.codec_context.extradata)
        for packet in container.demux(stream):
            if leaves(bytes(packet)) and not whole:
                left_out += 1
                continue
            for frame in packet.decode():
                assert frame.pts is not None
                frames[frame.pts] = frame.to_ndarray()
    return frames, left_out


@pytest.mark.parametrize(
    "name",
    [
        "hevc.mp4",
        "hevc-10.mkv",
        "hevc-open.mkv",
        "hevc.ts",
        "hevc-layers.mp4",
        "hevc-layers.ts",
        "hevc-slices.mp4",
    ],
)
def test_the_other_frames_are_the_same_without_the_leaves(corpus: Path, name: str) -> None:
    path = made(name, corpus)
    every, _ = decoded(path, whole=True)
    others, left_out = decoded(path, whole=False)
    assert left_out >= 20
    assert len(others) == len(every) - left_out
    assert all(np.array_equal(pixels, every[pts]) for pts, pixels in others.items())
