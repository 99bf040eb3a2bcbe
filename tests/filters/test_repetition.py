import random
import time

import pytest

from curate.filters.repetition import RepetitionFilter, most_copied, repeated, sentences
from tests.records import THINKING, drafted, record, revised


def judged(thinking, **options):
    return RepetitionFilter(**options).reason(drafted(record(), thinking))


def unique(count, start=0):
    return " ".join(f"w{i}" for i in range(start, start + count))


def test_ordinary_thinking():
    assert judged(THINKING) is None
    assert judged("") is None
    assert judged("Yes.") is None


def test_a_loop_at_the_end():
    assert judged(unique(300) + " and I see it again" * 12) is None
    reason = judged(unique(100) + " and I see it again" * 12)
    assert reason == "looping text: 31% of its runs of 8 words stood there before"


def test_one_word_again_and_again():
    assert judged("wait " * 200).startswith("looping text: ")


def test_runs_that_stood_there_before():
    assert repeated(["a", "b"] * 4, 2) == 5
    assert repeated(["a", "b", "c"], 3) == 0
    assert repeated(["a"], 2) == 0


@pytest.mark.parametrize("options", [{}, {"ngram": 2}, {"ngram": 3, "max_share": 0}, {"max_share": 0.5}])
def test_the_pairs_that_spare_counting_runs_change_no_verdict(options):
    chance = random.Random(7)
    bound = RepetitionFilter(**options)
    found = set()
    for _ in range(300):
        text = " ".join(chance.choice("abcdefghij") * chance.randint(1, 3) for _ in range(chance.randint(0, 60)))
        text += " x y z" * chance.randint(0, 12)
        said = text.split()
        runs = len(said) - bound.ngram + 1
        loops = runs > 0 and repeated(said, bound.ngram) / runs > bound.max_share
        reason = bound.reason(drafted(record(), text))
        assert (reason or "").startswith("looping text") == loops
        found.add(loops)
    assert found == {True, False}


def test_a_sentence_may_be_weighed_once_for_each_option():
    sentence = "That option does not fit what is visible here. "
    text = "".join(f"{sentence}{unique(40, 100 * i)}. " for i in range(5))
    assert judged(text) == "copied sentence: 5 times 'that option does not fit what is visible here.'"
    assert judged(text.replace(sentence, "", 1)) is None
    assert judged(text, max_copies=5) is None


def test_short_sentences_may_come_back():
    text = " ".join(f"Wait, let me look. {unique(20, 100 * i)}." for i in range(12))
    assert judged(text) is None


@pytest.mark.parametrize("end", ["\n", "。", "! "])
def test_where_sentences_end(end):
    parts = sentences(f"one two three four five six{end}" * 3)
    assert most_copied(parts, 2)[1] == 3
    assert most_copied(parts, 3) == ("", 0)


def test_case_and_blanks_do_not_hide_a_copy():
    assert judged("The  cup is on the TABLE. the cup is\ton the table. " * 3, max_share=1).startswith("copied")


def test_options():
    text = unique(50) + " " + unique(25)
    assert judged(text).startswith("looping text: ")
    assert judged(text, max_share=0.5) is None
    assert judged(text, ngram=30) is None


def test_the_last_thinking_counts():
    assert RepetitionFilter().reason(revised(drafted(record(), "wait " * 200), THINKING)) is None


def test_long_texts_take_no_time():
    started = time.process_time()
    judged("a " * 500_000)
    judged("x" * 1_000_000)
    judged("猫" * 500_000)
    assert time.process_time() - started < 10
