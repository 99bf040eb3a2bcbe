"""What the text of all rows tells: usable ones, the media they share, and an even choice of them."""

import pytest

from curate.census import counted, spread
from curate.sources import Row
from tests.workplace import row


def census(*raws):
    return counted(Row(raw, "", number) for number, raw in enumerate(raws))


def test_rows_are_counted_by_medium_and_by_what_is_wrong_with_them():
    found = census(row(1), row(2), row(3, path="./other.mp4"), row(1), "no row", row(4, solution=""), row(5))
    assert (found.rows, list(found.fresh)) == (7, [0, 1, 2, 6])
    assert sorted(found.sharing.values()) == [1, 3]
    assert found.sharing[found.fresh[6]] == 3
    assert list(found.kinds.values()) == ["video", "video"]
    assert found.unusable == {"duplicate": 1, "not a row": 1, "no reference answer": 1}


def test_the_same_question_about_another_medium_or_with_other_options_is_another():
    assert len(census(row(1), row(1, path="./b.mp4"), row(1, options=["A. Nothing"])).fresh) == 3


@pytest.mark.parametrize(
    ("most", "chosen"),
    [(1, [5]), (2, [0, 10]), (3, [0, 5, 10]), (4, [0, 3, 7, 10]), (11, [*range(11)]), (99, [*range(11)])],
)
def test_an_even_choice_has_the_first_and_the_last(most, chosen):
    assert spread(range(11), most) == chosen


def test_no_row_is_chosen_twice():
    for size in range(1, 40):
        for most in range(1, 50):
            found = spread(range(size), most)
            assert len(set(found)) == len(found) == min(size, most)
