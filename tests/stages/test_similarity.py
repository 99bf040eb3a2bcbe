import asyncio

import pytest

from curate.answers.texts import MAX_TEXT
from curate.errors import UnreadableError
from curate.stages.draft import Draft
from curate.stages.similarity import Similarity, SimilarityStage
from tests.asking import Model
from tests.records import drafted, record

FREE = {"problem_type": "free-form", "options": (), "solution": "<answer>The cat\nsleeps.</answer>"}


def run(model, answer="A cat is sleeping.", **changes):
    stage = SimilarityStage(model="m", attempts=1)
    return asyncio.run(stage.run(drafted(record(**FREE | changes), answer=answer), model))


@pytest.mark.parametrize(("cosine", "score"), [("0.75", 0.75), ("1.000000", 1.0), ("-0.25", 0.0), ("0", 0.0)])
def test_the_score_is_the_cosine_and_never_below_0(cosine, score):
    assert run(Model(cosine)) == Similarity(score=score)


def test_it_says_the_two_texts_and_nothing_else():
    model = Model("0.5")
    run(model, answer=" A  cat. ")
    (request,) = model.asked
    assert [[part.text for part in message.parts] for message in request.messages] == [["A cat."], ["The cat sleeps."]]
    assert (request.stage, request.max_tokens, request.schema, request.temperature) == ("similarity", 1, None, None)


@pytest.mark.parametrize("kind", ["multiple choice", "numerical", "OCR", "regression"])
def test_other_types_cost_nothing(kind):
    model = Model()
    assert run(model, problem_type=kind) == Similarity(score=None)
    assert model.asked == []


@pytest.mark.parametrize("answer", [None, "", " \n", "a" * (MAX_TEXT + 1)])
def test_nor_does_an_answer_that_is_missing_or_too_long(answer):
    assert run(Model(), answer=answer) == Similarity(score=None)


@pytest.mark.parametrize("reply", ["", "very", "nan", "1.5", "inf"])
def test_a_reply_that_is_no_cosine(reply):
    with pytest.raises(UnreadableError):
        run(Model(reply))


def test_it_needs_the_draft():
    assert SimilarityStage.needs == (Draft,)
