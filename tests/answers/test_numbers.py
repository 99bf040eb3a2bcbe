from fractions import Fraction

import pytest

from curate.answers.numbers import number, numbers_in
from curate.answers.quantities import equal


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        *[
            ("five", "5"),
            ("Eight people are visible.", "8"),
            ("There are thirteen birds.", "13"),
            ("minus three", "-3"),
        ],
        *[("1.5 million", "1500000"), ("about 2.3 million people", "2300000"), ("约3万人", "30000"), ("负五", "-5")],
        *[
            ("Twenty-four (24)", "24"),
            ("24 (twenty-four)", "24"),
            ("The number is twelve (12).", "12"),
            ("五（5）", "5"),
        ],
        *[("Not 4 but 5", "5"), ("It is not four, but rather five.", "5"), ("In 2019", "2019"), ("In 1998.", "1998")],
        *[("I would estimate 2.4 meters", "2.4"), ("I'd estimate the distance at about 3 m", "3")],
        *[("The distance is roughly 3 m (10 ft).", "3"), ("80 kg (176 lb)", "80"), ("60 mph (97 km/h)", "60")],
        *[("There are 3 men and 2 women, 5 in total.", "5"), ("3 green and twenty-one red, so 24", "24")],
        *[("5. There are five cars.", "5"), ("24 — because 6 times 4", "24"), ("~~6~~ 5", "5"), ("5 car", "5 cars")],
        *[("5 (the dogs on the left)", "5"), ("3 (a cat, a dog, and a bird)", "3")],
        *[("5 m (length)", "5"), ("1 (a cat)", "1"), ("5 (including the child)", "5"), ("5 (approximately)", "5")],
        *[("图中共有12名学生。", "12"), ("一共有5个", "5"), ("12 штук", "12"), ("12 Personen", "12")],
    ],
)
def test_right_answers_in_words(answer, reference):
    assert equal(answer, reference) == 1.0


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        *[("six (5)", "5"), ("fifteen (5)", "5"), ("5 (six)", "5"), ("3 m (5 ft)", "3"), ("3 m (10 kg)", "3")],
        *[("Not 5 but 4", "5"), ("not only 4 but 5", "5")],
        *[("In 5", "5"), ("five or six", "5"), ("five hundred", "5")],
        *[("3 men and 2 women, 6 in total", "6"), ("5 million", "5")],
        *[
            ("5. There are six cars.", "5"),
            ("5. Wrong.", "5"),
            ("5. Not at all.", "5"),
            ("~~5~~", "5"),
            ("~~5~~ 6", "5"),
        ],
        *[("5 (excluding one)", "5"), ("3 (a cat and a dog)", "3"), ("5 (nope)", "5"), ("5 (plus one)", "5")],
        *[("24 — because maybe 6 times 4", "24"), ("5 M", "5 m"), ("5 car", "5 dogs"), ("minus negative 5", "-5")],
    ],
)
def test_wrong_answers_in_words(answer, reference):
    assert equal(answer, reference) == 0.0


def test_a_number_in_words_has_its_unit():
    assert number("two and a half meters") == (Fraction(5, 2), "meters")
    assert number("$1.5 million") == (1_500_000, "$")


def test_numbers_in_a_text():
    assert numbers_in("3 red, two blue and 1.5 others") == [3, 2, Fraction(3, 2)]
