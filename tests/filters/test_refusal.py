import pytest

from curate.filters.refusal import RefusalFilter
from tests.records import THINKING, drafted, record, revised


def judged(thinking):
    return RefusalFilter().reason(drafted(record(), thinking))


def test_a_thinking_that_looks_is_kept():
    assert judged(THINKING) is None


@pytest.mark.parametrize("space", [" ", "\n", "  \n\t"])
@pytest.mark.parametrize("change", [str, str.upper, str.lower])
def test_neither_case_nor_white_space_hides_a_refusal(space, change):
    said = change("I cannot see the video.").replace(" ", space)
    assert judged(f"{THINKING} {said}").startswith("refusal: ")


def test_the_detail_shows_where_and_is_short():
    reason = judged("x" * 500 + ". To be clear, as an AI language model, I do not look. " + "y" * 500)
    assert reason.partition(": ")[0] == "refusal"
    assert "as an AI language model" in reason
    assert len(reason) < 150


def test_what_somebody_says_in_the_video_is_no_refusal():
    assert judged('The clerk says: "Sorry, I cannot help with that." Then he leaves.') is None
    assert judged("The clerk says: “Please send me the picture.” Then he leaves.") is None
    assert judged("He writes 'I can't help with that request' and 'I cannot see the video'.") is None
    assert judged("The players' coach isn't here. I cannot see the video's clip, the 'video'.") is None
    assert judged("The players' coach cannot come. I cannot see the video, it's dark.").startswith("refusal: ")
    assert judged('The clerk says: "Hello." Sorry, I cannot help with that.').startswith("refusal: ")


def test_the_last_thinking_counts():
    assert RefusalFilter().reason(revised(drafted(record(), "I cannot see the video."))) is None
    assert RefusalFilter().reason(revised(drafted(record()), "I cannot see the video.")).startswith("refusal")


@pytest.mark.parametrize("unit", ["i cannot see ", "the video ", "please ", '"', "as an ", "without the ", "no video "])
def test_long_texts_are_judged(unit):
    assert judged(unit * (100_000 // len(unit))) is None
