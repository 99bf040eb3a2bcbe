import pytest

from curate.filters.refusal import RefusalFilter
from curate.stages.caption import Caption
from tests.records import THINKING, drafted, record, revised
from tests.stages.test_draft import SEEN


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
    assert judged('The clerk says: "Hello." Sorry, I cannot help with that.').startswith("refusal: ")


def test_the_last_thinking_counts():
    assert RefusalFilter().reason(revised(drafted(record(), "I cannot see the video."))) is None
    assert RefusalFilter().reason(revised(drafted(record()), "I cannot see the video.")).startswith("refusal")


@pytest.mark.parametrize(
    ("kind", "field"), [("video", "video_caption"), ("image", "image_caption")], ids=["video", "image"]
)
@pytest.mark.parametrize(
    ("theme", "refused"),
    [
        ("I cannot see the video. Please provide the frames.", True),
        ("The video is not available to me.", True),
        ("Please upload the image.", True),
        ("A woman cooks in a kitchen and pours milk.", False),
        ('A clerk holds a sign that says "Please send me the picture."', False),
        ("You can see a man who waits for the bus.", False),
    ],
)
def test_a_caption_record_that_asks_for_the_medium(kind, field, theme, refused):
    seen = SEEN[kind].model_copy(update={field: theme})
    reason = RefusalFilter().reason(drafted(record().with_output(Caption(described=seen))))
    assert (reason is not None) is refused
    assert reason is None or reason.partition(": ")[0] == "refusal in the caption record"


@pytest.mark.parametrize("unit", ["i cannot see ", "the video ", "please ", '"', "as an ", "without the ", "no video "])
def test_long_texts_are_judged(unit):
    assert judged(unit * (100_000 // len(unit))) is None
