"""What announces an answer, and what only looks like it."""

import pytest

from curate.answers.choices import letters

ACTS = ("A. Cooking", "B. Running", "C. Swimming", "D. Reading a book")


@pytest.mark.parametrize(
    "text",
    [
        "The least likely answer is B",
        "The worst option is B",
        "The only impossible option is B",
        "The most unlikely choice is B.",
        "The common mistake is B",
        "The second most likely answer is B",
        "The poorest choice is running",
        "The least likely action is running",
        "Wrong answer: B",
        "Old answer: B",
        "Your answer: B",
        "The least correct answer: B",
        "错误答案是B",
        "最不可能的答案是B",
        "La respuesta no es B",
        "Die Antwort ist nicht B",
        "Die falsche Antwort ist B",
        "I would not choose B",
        "If he ran I would choose B",
        "The one that is wrong is B",
    ],
)
def test_only_what_is_praised_or_plain_announces_an_answer(text):
    assert letters(text, ACTS) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "The most plausible choice is B.",
        "The only remaining option is B",
        "The option that best fits is B",
        "The best-supported answer: B",
        "Between B and C, I choose B.",
        "He stands on a track, and I would go with option B.",
        "Option A is cooking, option C is swimming; the right one is B.",
        "Comparing B and C, the better answer is B.",
        "So final answer: B",
        "He runs along the track. Answer: B",
        "视频里他在跑，所以正确答案是B",
        "这道题的答案是B",
        "La respuesta es B",
        "La respuesta correcta es la opción B.",
        "Die Antwort ist B",
        "Die richtige Antwort ist B.",
        "La bonne réponse est B",
        "La risposta corretta è B",
        "A resposta correta é B",
        "Respuesta: B",
    ],
)
def test_the_ways_to_announce_an_answer(text):
    assert letters(text, ACTS) == frozenset("B")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The statement is false", "B"),
        ("The statement above is false.", "B"),
        ("That claim is false", "B"),
        ("The statement is true.", "A"),
        ("The opposite is true", ""),
        ("The first half is true", ""),
        ("The statement is not false", ""),
    ],
)
def test_a_statement_may_be_called_false(text, found):
    assert letters(text, ("A. True", "B. False")) == frozenset(found)


def test_it_is_in_chinese():
    colours = ("A. 红色", "B. 蓝色", "C. 绿色的")
    assert letters("它是蓝色的", colours) == frozenset("B")
    assert letters("绿色", colours) == frozenset("C")
    assert letters("它不是蓝色的", colours) == frozenset()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("He is on a track, so B", "B"),
        ("He runs along the road. Therefore, **B**.", "B"),
        ("It cannot be cooking, hence it is option B", "B"),
        ("It is not A, so B", "B"),
        ("The man swims, so B", ""),
        ("If he runs, so B", ""),
        ("Maybe he runs, so B", ""),
        ("Does he run? Either way, so B", ""),
        ("He runs, so not B", ""),
        ("He runs, so B or C", ""),
    ],
)
def test_a_letter_may_close_a_text(text, found):
    assert letters(text, ACTS) == frozenset(found)


def test_a_statement_that_says_nothing_is_none():
    assert letters("Well, the answer is B. That is all, the answer is.", ACTS) == frozenset("B")
