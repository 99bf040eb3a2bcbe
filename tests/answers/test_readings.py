import pytest

from curate.answers.score import score


@pytest.mark.parametrize("kind", ["numerical", "regression"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        *[("0.5", "50%"), ("50", "50%"), ("1", "100%")],
        *[("1.5", "150%"), ("-50", "-50%"), ("0", "0%"), ("1/2", "50%")],
        *[
            (r"\frac{1}{2}", "50%"),
            (r"\sqrt{4}", "2%"),
            ("0.005", r"\frac{1}{2}\%"),
            ("0.005", "5‰"),
            ("5", "5 percent"),
        ],
    ],
)
def test_a_percentage_beside_a_bare_number(kind, one, other):
    assert score(kind, one, other, ()) == score(kind, other, one, ()) == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *[("0.5", "0.5%"), ("1", "1%"), ("0.25", "0.25%"), (r"\frac{1}{2}", "0.5%"), ("80", "80‰"), ("50%", "50‰")],
        *[("24 people", "24%"), ("0.05", "50%"), ("1e999", "5%"), ("6", "500%")],
    ],
)
def test_what_a_percentage_is_not(one, other):
    assert score("numerical", one, other, ()) == score("numerical", other, one, ()) == 0.0


def test_regression_takes_the_nearer_reading():
    assert score("regression", "0.48", "50%", ()) == pytest.approx(0.96)
    assert score("regression", "48", "50%", ()) == pytest.approx(0.96)
    assert score("regression", "1.2", "150%", ()) == pytest.approx(0.8)
    assert score("regression", "0.5", "0.5%", ()) < 0.02
