"""Where decoding H.264 may begin, by the first bits of its slices."""

import pytest

from curate.media.h264 import begins_anew

AVCC = bytes([1, 100, 0, 11, 0xFF])  # four bytes of length before each unit
IDR, SEI = b"\x65\x88\x84", b"\x06\x05\xff"
# first_mb_in_slice 0 ("1"), then slice_type as Exp-Golomb: 7 I, 5 P, 2 I, 0 P, 6 B
I7, P5, I2, P0, B6 = (b"\x41" + int(bits.ljust(16, "0"), 2).to_bytes(2) for bits in (
    "1" "0001000", "1" "00110", "1" "011", "1" "1", "1" "00111",
))  # fmt: skip


def marked(*units: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def measured(*units: bytes, width: int = 4) -> bytes:
    return b"".join(len(unit).to_bytes(width) + unit for unit in units)


@pytest.mark.parametrize(
    ("units", "anew"),
    [
        ((SEI, IDR), True),
        ((SEI, I7), True),
        ((I2, I7), True),
        ((SEI, P5), False),
        ((P0,), False),
        ((B6,), False),
        ((I7, P5), False),
        ((SEI,), False),
        ((b"\x41",), False),
        ((b"\x41\x00\x00",), False),
        ((), False),
    ],
)
def test_only_slices_that_stand_by_themselves(units, anew):
    assert begins_anew(marked(*units), None) is anew
    assert begins_anew(marked(*units), marked(b"\x67\x64")) is anew
    assert begins_anew(measured(*units), AVCC) is anew


@pytest.mark.parametrize("width", [1, 2, 4])
def test_the_length_before_a_unit_may_be_shorter(width):
    assert begins_anew(measured(SEI, IDR, width=width), bytes([1, 100, 0, 11, 0xFC | (width - 1)]))
    assert not begins_anew(measured(SEI, P5, width=width), bytes([1, 100, 0, 11, 0xFC | (width - 1)]))


@pytest.mark.parametrize("packet", [b"", b"\0", b"\xff" * 40, bytes(40), measured(IDR)[:-2], b"\0\0\0\x7f" + IDR])
def test_what_is_cut_off_or_nonsense_does_no_harm(packet):
    assert begins_anew(packet, AVCC) in (True, False)
    assert begins_anew(packet, None) in (True, False)
    assert begins_anew(packet, b"\1") in (True, False)
