"""A letter whose reason says another option's text, or states another letter, is no choice."""

import pytest

from curate.answers.choices import letters

ACTS = ("A. Cooking", "B. Running", "C. Swimming", "D. Reading a book")
COUNTS = ("A. 2", "B. 4", "C. 6", "D. 8")
PEOPLE = ("A. the child", "B. the man in blue", "C. the dog")
COLOURS = ("A. red", "B. dark red", "C. blue")
ASKED = ("A. Yes", "B. No")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("B. The man swims.", ACTS),
        ("B: the man is swimming", ACTS),
        ("B, because he is swimming", ACTS),
        ("B because she reads a book", ACTS),
        ("B\nHe is cooking.", ACTS),
        ("B. He swims, not runs.", ACTS),
        ("B because option C is right", ACTS),
        ("B because it matches option C", ACTS),
        ("B\nFinal: C", ACTS),
        ("B\nVerdict: (C).", ACTS),
        ("B\nExplanation: he swims, C", ACTS),
        ("The answer is B, because he is swimming.", ACTS),
        ("The answer is B. The man swims.", ACTS),
        ("B is correct because he swims", ACTS),
        ("B (first impression)", ACTS),
        ("B: there are 6 cars", COUNTS),
        ("A. The man in blue throws it", PEOPLE),
        ("A: the car is dark red", COLOURS),
        ("B: the car is red", COLOURS),
        ("B。因为他在游泳", ("A. 跑步", "B. 做饭", "C. 游泳")),
        ("No, that is A", ASKED),
        ("No, he does", ASKED),
        ("No. She was there, so she did.", ASKED),
        ("Yes, he refuses", ASKED),
        ("Yes, he fails to", ASKED),
        ("Yes, nobody does", ASKED),
    ],
)
def test_whoever_speaks_for_another_option_has_not_chosen(text, options):
    assert letters(text, options) == frozenset()


@pytest.mark.parametrize(
    ("text", "options", "found"),
    [
        ("B. The person runs on a track, then swims.", ACTS, "B"),
        ("B, because nobody is swimming in the clip.", ACTS, "B"),
        ("B. He moves quickly along the road.", ACTS, "B"),
        ("B. Unlike swimming, this takes place on land.", ACTS, "B"),
        ("B because options A, C and D are not shown.", ACTS, "B"),
        ("B, since swimming is ruled out", ACTS, "B"),
        ("The answer is B, because he runs.", ACTS, "B"),
        ("B is correct because he runs.", ACTS, "B"),
        ("D: she is reading in bed", ACTS, "D"),
        ("B. 2 on the left and 2 on the right", COUNTS, "B"),
        ("C. I count 6 people.", COUNTS, "C"),
        ("B, because he gives the ball to the child.", PEOPLE, "B"),
        ("C: the animal barks at the child", PEOPLE, "C"),
        ("B, because it is dark red, not red.", COLOURS, "B"),
        ("A, because he has no hat on", ASKED, "A"),
        ("No, she stays on the bench.", ASKED, "B"),
        ("No, it was closed.", ASKED, "B"),
        ("No, she never does.", ASKED, "B"),
        ("Yes, he does", ASKED, "A"),
    ],
)
def test_a_reason_may_name_what_it_denies_or_passes_by(text, options, found):
    assert letters(text, options) == frozenset(found)


def test_several_letters_of_which_all_are_right():
    assert letters("B、C都对", ACTS) == frozenset("BC")
    assert letters("B、C都可以", ACTS) == frozenset()
