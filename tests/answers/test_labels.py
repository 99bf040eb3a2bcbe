"""The one rule for an option's label, and those who use it."""

import pytest

from curate.answers.labels import labelled, named, parted, unlabelled
from curate.evaluations import question
from curate.nearness import answer, pairs
from curate.stages.blind import ordered
from tests.records import record


@pytest.mark.parametrize(
    ("option", "label", "text"),
    [
        ("A. red", "A", "red"),
        ("(A) red", "A", "red"),
        ("[A] red", "A", "red"),
        ("(a) red", "A", "red"),
        ("b) red", "B", "red"),
        ("c)", "C", ""),
        ("D: red", "D", "red"),
        ("d:red", "D", "red"),
        ("A．red", "A", "red"),
        ("Ａ．red", "A", "red"),
        ("（ｂ）red", "B", "red"),
        ("A、红", "A", "红"),
        (" A . red ", "A", "red"),
        ("A.1", "A", "1"),
        ("A.x", "A", "x"),
        ("A. p.m.", "A", "p.m."),
    ],
)
def test_a_label(option, label, text):
    assert parted(option) == (label, text)


@pytest.mark.parametrize(
    "option", ["red", "a red car", "a.m.", "A.M", "P.M. or later", "U.S.", "U.S. Army", "", "AB. x", "1. x"]
)
def test_no_label(option):
    assert parted(option) is None
    assert unlabelled(option) == option


def test_options_of_which_only_some_look_labelled_have_no_labels():
    assert labelled(["A. Lincoln", "Washington"]) is None
    assert named(["A. Lincoln", "Washington"]) == [("A", "A. Lincoln"), ("B", "Washington")]
    assert named(["b) x", "(a) y"]) == [("B", "x"), ("A", "y")]
    assert labelled([]) is None


def test_all_who_read_labels_read_the_same_ones():
    asked = "Which colour?"
    dresses = [("A. red", "B. blue"), ("a) red", "b) blue"), ("(a) red", "(b) blue"), ("Ａ．red", "Ｂ．blue")]
    assert len({question(asked, options) for options in dresses}) == 1
    assert len({frozenset(pairs(asked, options)) for options in dresses}) == 1
    for options in dresses:
        assert answer({"solution": "<answer>B</answer>", "options": options}) == "blue"
        shown = record(problem=asked, options=options)
        assert set(ordered(shown, Backwards()).labels.items()) == {("A", "B"), ("B", "A")}


class Backwards:
    """A chance that turns the options round."""

    def shuffle(self, options):
        options.reverse()
