import pytest
from pydantic import ValidationError

from curate.filters.change import ChangeFilter, similarity
from curate.stages.draft import Draft
from curate.stages.revise import Revision
from tests.records import THINKING, drafted, record, revised

OTHER = (
    "A bus stops at the corner while rain pours down. Several people with umbrellas get off and cross the street, "
    "and one of them drops a newspaper. The driver waits until everybody is safe. Hence the weather is bad."
)
CORRECTED = THINKING.replace("a red cup in her left hand", "a green cup in her right hand")


def judged(revision, draft=THINKING, **options):
    return ChangeFilter(**options).reason(revised(drafted(record(), draft), revision))


def test_it_needs_a_draft_and_a_revision():
    assert ChangeFilter.needs == (Draft, Revision)


def test_what_was_corrected_or_left_as_it_is_passes():
    assert judged(CORRECTED) is None
    assert judged(THINKING) is None


def test_what_was_written_anew():
    assert judged(OTHER) == f"rewritten: similarity {similarity(THINKING, OTHER):.2f}, min_similarity = 0.4"
    assert similarity(THINKING, OTHER) < 0.3
    assert judged(OTHER, min_similarity=0) is None


def test_an_unchanged_thinking_is_dropped_where_that_is_asked_for():
    assert judged(THINKING, max_similarity=0.999) == "hardly changed: similarity 1.00, max_similarity = 0.999"
    assert judged(CORRECTED, max_similarity=0.999) is None
    assert judged(CORRECTED, max_similarity=0.9).startswith("hardly changed: ")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a b c d", "a b c d", 1.0),
        ("a b c d", "a b c e", 0.75),
        ("a b c d", "d c b a", 0.25),
        ("a b", "c d e f", 0.0),
        ("a b", "a b c d e f", 0.5),
        ("", "a", 0.0),
        ("一 二", "一二", 1.0),
    ],
)
def test_similarity_is_the_share_of_common_words_in_order(before, after, expected):
    assert similarity(before, after) == pytest.approx(expected)


@pytest.mark.parametrize(
    "options", [{"min_similarity": 0.8, "max_similarity": 0.5}, {"min_similarity": -1}, {"max_similarity": 2}]
)
def test_bounds_that_cannot_be(options):
    with pytest.raises(ValidationError):
        ChangeFilter(**options)


def test_two_thousand_words_are_compared():
    long = " ".join(f"w{i % 700}" for i in range(2000))
    assert judged(long[::-1], draft=long).startswith("rewritten")
