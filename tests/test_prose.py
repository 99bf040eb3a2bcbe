"""Texts as words."""

import pytest

from curate.prose import COMPARED, Change, changes, similarity, words


def test_words():
    assert words("don't stop,\n 5.0 km") == ["don't", "stop,", "5.0", "km"]
    assert words("一只猫 ok") == ["一", "只", "猫", "ok"]


@pytest.mark.parametrize(
    ("before", "after", "alike"),
    [
        ("", "", 1.0),
        ("a b", "", 0.0),
        ("the cat sat", "the cat sat", 1.0),
        ("the cat  sat", "the\ncat sat", 1.0),
        ("the cat sat", "the dog sat", 4 / 6),
        ("a b c d", "d c b a", 2 / 8),
        ("猫坐", "猫立", 2 / 4),
    ],
)
def test_similarity(before, after, alike):
    assert similarity(before, after) == pytest.approx(alike)


def test_only_the_beginning_of_a_novel_is_compared():
    same = "word " * COMPARED
    assert similarity(same + "x " * 10**5, same + "y " * 10**5) == 1.0


def test_changes():
    found = list(changes("the red cup stands", "the blue cup stands there"))
    assert found == [
        Change("same", "the "),
        Change("gone", "red "),
        Change("new", "blue "),
        Change("same", "cup stands "),
        Change("new", "there"),
    ]
    assert list(changes("same", "same")) == [Change("same", "same")]
    assert list(changes("", "")) == []
