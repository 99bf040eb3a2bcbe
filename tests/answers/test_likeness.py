import pytest
from rouge_score.rouge_scorer import RougeScorer

from curate.answers.likeness import rouge, tokens

PAIRS = [
    ("The man is cutting vegetables.", "A man cuts a vegetable on the board."),
    ("Two boys were playing with toys", "two boy plays, a toy"),
    ("She opened the refrigerator and took out milk", "A woman opens a fridge, taking milk"),
    ("it's a well-known painting from 1889", "The painting is well known: 1889."),
    ("keys and monkeys", "the key, the monkey"),
    ("b a b a b", "a b a b a"),
]


@pytest.mark.parametrize(("answer", "reference"), PAIRS)
def test_english_scores_as_the_package_that_upstream_uses(answer, reference):
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    theirs = [score.fmeasure for score in scorer.score(reference, answer).values()]
    assert rouge(answer, reference) == pytest.approx(sum(theirs) / 3)


def test_endings_are_no_matter_and_other_scripts_stay_whole():
    assert rouge("cats running", "cat runs") == 1.0
    assert tokens("Die Katzen 猫が éléphants") == ["die", "katzen", "猫", "が", "éléphants"]


def test_a_word_of_any_length_takes_no_time():
    assert tokens("yo" * 10_000) == ["yo" * 10_000]
