"""Where decoding H.264 may begin, by the first bits of its slices."""

import pytest

from curate.media.h264 import begins_anew, hollow
from tests.media.nal import marked, measured

AVCC = bytes([1, 100, 0, 11, 0xFF])  # four bytes of length before each unit
IDR, SEI = b"\x65\x88\x84", b"\x06\x05\xff"
# first_mb_in_slice 0 ("1"), then slice_type as Exp-Golomb: 7 I, 5 P, 2 I, 0 P, 6 B
I7, P5, I2, P0, B6 = (b"\x41" + int(bits.ljust(16, "0"), 2).to_bytes(2) for bits in (
    "1" "0001000", "1" "00110", "1" "011", "1" "1", "1" "00111",
))  # fmt: skip


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


SEI_OF_ZEROS = b"\x06" + bytes(40) + b"\x80"
HOLLOW = b"\x41\x9a\x33" + bytes(5) + b"\x21\x80"


@pytest.mark.parametrize(
    ("units", "torn"),
    [
        ((SEI, HOLLOW), True),
        ((I7, HOLLOW, P5), True),
        ((b"\x65" + HOLLOW,), True),
        ((bytes(9) + HOLLOW,), True),  # the head of the unit is gone too
        ((I7, P5), False),
        ((SEI_OF_ZEROS, I7), False),  # what is no slice may have been written carelessly
        ((I7 + bytes(9),), False),  # zeros that fill a unit up
        ((b"\x41\x9a\0\0\3\0\0\3\x21\x80",), False),  # zeros that an encoder parted
        ((), False),
    ],
)
def test_zeros_that_no_encoder_writes(units, torn):
    assert hollow(measured(*units), AVCC) is torn
    assert hollow(marked(*units), None) is torn
