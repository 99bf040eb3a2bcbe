"""Long texts, quotes and cases of what refuses in a record. How much of it is found: tests/labelled/declined*.txt."""

import time

import pytest

from curate.declining import unseen


def test_the_words_around_it_are_told_as_they_stand():
    assert unseen("Sorry,\nI CANNOT see the video.") == "Sorry, I CANNOT see the video."


@pytest.mark.parametrize("quoted", ["'{}'", '"{}"', "“{}”", "‘{}’", "«{}»", "「{}」"])
@pytest.mark.parametrize("said", ["I can't see the video", "No image provided.", "请提供图片"])
def test_what_is_quoted_refuses_nothing(quoted, said):
    assert unseen(f"A sign on the wall: {quoted.format(said)}, and a boy.") is None


@pytest.mark.parametrize("said", ["A man shrugs as if to say I can't help.", "A sign reads Please upload your image."])
def test_nor_does_what_somebody_says(said):
    assert unseen(said) is None


UNITS = ["i cannot see ", "the video ", "please ", '"', "'a ", "‘a ", "no video ", "video not ", "我", "请提供", "no "]


@pytest.mark.parametrize("unit", UNITS)
def test_long_texts_take_no_time(unit):
    began = time.process_time()
    unseen(unit * (100_000 // len(unit)))
    assert time.process_time() - began < 2
