"""Options that are said as a clause, or in other forms of their words."""

import pytest

from curate.answers.choices import letters

TRENDS = ("Increase", "Decrease", "No change")
CLAUSES = ("It rises", "It falls")
WHOLE = ("The temperature increases", "The temperature decreases")
ACTS = ("Cooking", "Running", "Swimming")
DAYS = ("Monday", "Tuesday", "Wednesday")
MONTHS = ("March", "April", "May")
PLACES = ("in the box", "under the box")


@pytest.mark.parametrize(
    ("text", "options", "found"),
    [
        ("It increases", TRENDS, "A"),
        ("Decreased.", TRENDS, "B"),
        ("The temperature will increase.", TRENDS, "A"),
        ("The temperature is increasing", TRENDS, "A"),
        ("The temperature will increase.", WHOLE, "A"),
        ("It decreases", WHOLE, "B"),
        ("The pressure rises", CLAUSES, "A"),
        ("The water level will fall", CLAUSES, "B"),
        ("The man runs", ACTS, "B"),
        ("On Monday", DAYS, "A"),
        ("It happened on Tuesday.", DAYS, "B"),
        ("In May", MONTHS, "C"),
        ("A cat", ("cat", "dog"), "A"),
    ],
)
def test_a_clause_may_say_an_option(text, options, found):
    assert letters(text, options) == frozenset(found)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("It does not increase", TRENDS),
        ("The temperature may increase", TRENDS),
        ("The temperature stops increasing", TRENDS),
        ("The rate of increase", TRENDS),
        ("The opposite will increase", TRENDS),
        ("It increases, then decreases", TRENDS),
        ("Does it increase?", TRENDS),
        ("The pressure increases", WHOLE),
        ("It moves left", ("The car moves left", "The truck moves left")),
        ("The man stops running", ACTS),
        ("The cook", ACTS),
        ("He was pushed", ("He pushes", "He falls")),
        ("She pushed", ("He pushes", "He falls")),
        ("operator", ("operation", "pause")),
        ("before Tuesday", DAYS),
        ("on the box", PLACES),
        ("The boy likes dogs", ("cats", "dogs")),
        ("a dog", ("a cat", "dog")),  # (a letter, and another option's text)
    ],
)
def test_what_is_denied_weighed_or_another_thing_says_none(text, options):
    assert letters(text, options) == frozenset()
