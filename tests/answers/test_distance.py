import pytest

from curate.answers.distance import close
from curate.answers.score import Measures, score


@pytest.mark.parametrize(
    ("answer", "reference", "error", "mra"),
    [
        ("10", "10", 1.0, 1.0),
        ("9.6", "10", 0.96, 1.0),  # 0.04 is below all of 0.50, 0.45, … 0.05
        ("9.5", "10", 0.95, 0.9),  # 0.05 is not below 0.05
        ("12", "10", 0.8, 0.6),  # 0.2 is below 0.50, 0.45, 0.40, 0.35, 0.30 and 0.25
        ("7", "10", 0.7, 0.4),  # 0.3 is below 0.50, 0.45, 0.40 and 0.35
        ("5", "10", 0.5, 0.0),  # 0.5 is not below 0.50
        ("-12", "-10", 0.8, 0.6),
        ("25", "10", 0.0, 0.0),
        ("0", "0", 1.0, 1.0),
        ("0.1", "0", 0.0, 0.0),
        ("ten", "10", 1.0, 1.0),
        ("12 m", "10 meters", 0.8, 0.6),
        ("12 m", "10 cm", 0.0, 0.0),
    ],
)
def test_both_measures_by_hand(answer, reference, error, mra):
    assert close(answer, reference) == pytest.approx(error)
    assert close(answer, reference, "mra") == pytest.approx(mra)


def test_the_measure_is_taken_and_the_relative_error_is_the_default():
    assert score("regression", "12", "10", ()) == pytest.approx(0.8)
    assert score("regression", "12", "10", (), Measures(regression="mra")) == pytest.approx(0.6)
