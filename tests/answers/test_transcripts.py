import pytest

from curate.answers.score import Measures, score
from curate.answers.transcripts import transcribed


@pytest.mark.parametrize(
    ("answer", "reference", "words", "characters"),
    [
        ("STOP", "STOP", 1.0, 1.0),
        ("SLOP", "STOP", 0.0, 3 / 4),
        ("NO PARKING", "NO PARKING HERE", 2 / 3, 10 / 15),
        ("ＮＯ　ＰＡＲＫＩＮＧ", "NO PARKING", 1.0, 1.0),  # full-width letters and blank
        ("cafe\u0301", "caf\u00e9", 1.0, 1.0),  # an accent of its own
        ("ﬁne", "fine", 1.0, 1.0),  # a ligature
        ("禁止停车", "禁止停止", 0.0, 3 / 4),
        ("a b c d e f g", "a", 0.0, 0.0),
        ("x", "yyyy", 0.0, 0.0),
    ],
)
def test_error_rates_by_hand(answer, reference, words, characters):
    assert transcribed(answer, reference, "wer") == pytest.approx(words)
    assert transcribed(answer, reference, "cer") == pytest.approx(characters)
    assert transcribed(answer, reference, "mean") == pytest.approx((words + characters) / 2)


def test_the_measure_is_taken_and_words_are_the_default():
    assert score("OCR", "SLOP", "STOP", ()) == 0.0
    assert score("OCR", "SLOP", "STOP", (), Measures(ocr="cer")) == 0.75
