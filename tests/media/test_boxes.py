"""Fragments that no chain of boxes leads to are known by what still begins behind the break."""

from pathlib import Path

import pytest

from curate.media.boxes import unreached


def box(kind: bytes, body: bytes, wide: bool = False) -> bytes:
    if wide:
        return (1).to_bytes(4) + kind + (len(body) + 16).to_bytes(8) + body
    return (len(body) + 8).to_bytes(4) + kind + body


HEAD = box(b"ftyp", b"isom0000") + box(b"moov", bytes(84))
FRAGMENT = box(b"moof", box(b"mfhd", bytes(8))) + box(b"mdat", bytes(76))
WIDE = box(b"moof", box(b"mfhd", bytes(8)), wide=True) + box(b"mdat", bytes(60), wide=True)
ZEROS = bytes(len(FRAGMENT))


@pytest.mark.parametrize(
    ("data", "share"),
    [
        (HEAD + FRAGMENT * 5, 0.0),
        (HEAD + WIDE * 5, 0.0),
        (HEAD + FRAGMENT * 4 + FRAGMENT[:50], 0.0),  # cut short
        (HEAD + FRAGMENT * 4 + ZEROS, 0.0),  # padded
        (HEAD + box(b"mdat", bytes(400)) + ZEROS + FRAGMENT, 0.0),  # not in fragments as far as it can be read
        (HEAD + FRAGMENT * 3 + ZEROS + FRAGMENT, 2 * 108 / (len(HEAD) + 3 * 108)),
        (HEAD + FRAGMENT * 3 + FRAGMENT[:60] + FRAGMENT * 2, None),  # a box that reaches into the next ones
        (HEAD + FRAGMENT * 3 + box(b"mdat", bytes(2**20 - 8)) + ZEROS + FRAGMENT, None),
        (HEAD + FRAGMENT * 3 + b"\0\0\0\0\xff\xff\xff\xff" + bytes(2**20 - 14) + FRAGMENT, None),
        (b"", 0.0),
        (b"\0", 0.0),
    ],
)
def test_what_is_out_of_reach_is_known(tmp_path: Path, data: bytes, share: float | None) -> None:
    assert len(FRAGMENT) == 108
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    if share is None:
        assert unreached(path) > 0.0
    else:
        assert unreached(path) == pytest.approx(share)
