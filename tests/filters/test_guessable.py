import pytest
from pydantic import ValidationError

from curate.filters.guessable import GuessableFilter
from curate.stages.blind import Blind
from tests.records import record


def judged(right, tries, **options):
    return GuessableFilter(**options).reason(record().with_output(Blind(right=right, tries=tries)))


@pytest.mark.parametrize(
    ("right", "rights", "dropped"),
    [(4, None, True), (3, None, False), (3, 3, True), (4, 3, True), (2, 3, False), (0, None, False), (4, 9, False)],
)
def test_bounds(right, rights, dropped):
    assert (judged(right, 4, rights=rights) is not None) is dropped


def test_the_reason_says_how_often():
    assert judged(4, 4) == "answered blindly: 4 of 4 tries"
    assert GuessableFilter.needs == (Blind,)


def test_dropping_what_nobody_answered_makes_no_sense():
    with pytest.raises(ValidationError):
        GuessableFilter(rights=0)
