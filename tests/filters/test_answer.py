import pytest
from pydantic import ValidationError

from curate.filters.answer import AnswerFilter
from curate.stages.draft import Draft
from curate.stages.similarity import Similarity
from tests.records import drafted, record, revised


def judged(answer, rule=None, **changes):
    rule = rule or AnswerFilter()
    return rule.reason(drafted(record(**changes), answer=answer))


def test_it_needs_the_draft_and_no_revision():
    assert AnswerFilter.needs == (Draft,)
    assert AnswerFilter().reason(revised(drafted(record()))) is None


@pytest.mark.parametrize("answer", [None, "", "  \n"])
def test_a_missing_answer(answer):
    assert judged(answer) == "no answer"


def test_a_wrong_answer_says_both():
    assert judged("B") == "wrong answer: drafted 'B', reference 'A'"


@pytest.mark.parametrize("answer", ["A", "(a)", "A. On the table", "on the table"])
def test_a_right_answer(answer):
    assert judged(answer) is None


FREE = {"problem_type": "free-form", "options": (), "solution": "<answer>the big cat sleeps</answer>"}
OCR = {"problem_type": "OCR", "options": (), "solution": "<answer>a b c d e</answer>"}
REGRESSION = {"problem_type": "regression", "options": (), "solution": "<answer>10</answer>"}


@pytest.mark.parametrize(
    ("fields", "answer", "kept"),
    [
        (FREE, "the big cat", True),
        (FREE, "a dog", False),
        (OCR, "a b c d", True),
        (OCR, "a b c", False),
        (REGRESSION, "7", True),
        (REGRESSION, "6", False),
    ],
)
def test_free_answers_must_exceed_the_threshold(fields, answer, kept):
    assert (judged(answer, **fields) is None) is kept


@pytest.mark.parametrize(("option", "fields"), [("free_form", FREE), ("ocr", OCR), ("regression", REGRESSION)])
def test_each_type_has_its_own_threshold(option, fields):
    near = {"free_form": "the big cat", "ocr": "a b c d", "regression": "8"}[option]
    assert judged(near, AnswerFilter(**{option: 0.95}), **fields) is not None
    others = {name: 0.95 for name in ("free_form", "ocr", "regression") if name != option}
    assert judged(near, AnswerFilter(**others), **fields) is None


def test_a_near_miss_says_its_score():
    reason = judged("a b c", **OCR)
    assert reason == ("wrong answer: drafted 'a b c', reference 'a b c d e', scored 0.60 where more than 0.6 is needed")


@pytest.mark.parametrize("answer", ["x\n\x1b[31m: " * 1000, "\U000e0001" * 1000])
def test_the_detail_is_short_and_on_one_line(answer):
    reason = judged(answer)
    assert reason.partition(": ")[0] == "wrong answer"
    assert len(reason) < 250
    assert reason.isprintable()


def test_thresholds_are_bounded():
    with pytest.raises(ValidationError):
        AnswerFilter(ocr=1.0)
    with pytest.raises(ValidationError):
        AnswerFilter(free_form=-0.1)


NEAR = {"problem_type": "OCR", "options": (), "solution": "<answer>STOP HERE</answer>"}
FAR = {"problem_type": "regression", "options": (), "solution": "<answer>10</answer>"}
NUMERICAL = {"problem_type": "numerical", "options": (), "solution": "<answer>3.14</answer>"}


def test_ocr_by_characters_forgives_a_letter():
    assert judged("STOP HARE", **NEAR) is not None
    assert judged("STOP HARE", AnswerFilter(ocr_by="cer"), **NEAR) is None
    assert judged("STOP HARE", AnswerFilter(ocr_by="mean"), **NEAR) is None


def test_regression_by_mean_relative_accuracy_is_harder():
    assert judged("12", **FAR) is None
    assert judged("12", AnswerFilter(regression_by="mra"), **FAR).endswith("scored 0.60 where more than 0.6 is needed")


def test_strict_scores_as_video_r1_does():
    assert judged("3.141", **NUMERICAL) is not None
    assert judged("3.141", AnswerFilter(strict="video-r1"), **NUMERICAL) is None
    assert judged("3.14 m", AnswerFilter(strict="video-r1"), **NUMERICAL) is not None


@pytest.mark.parametrize("other", [{"ocr_by": "cer"}, {"regression_by": "mra"}, {"free_form_by": "similarity"}])
def test_strict_stands_alone(other):
    with pytest.raises(ValidationError, match="strict says itself how answers are measured"):
        AnswerFilter(strict="video-r1", **other)


def test_strict_says_what_it_lacks(monkeypatch):
    monkeypatch.setattr("curate.answers.upstream.find_spec", lambda name: None)
    with pytest.raises(ValidationError, match=r"pip install 'curate\[video-r1\]'"):
        AnswerFilter(strict="video-r1")


def compared(score, rule, answer="anything", **fields):
    return rule.reason(drafted(record(**fields), answer=answer).with_output(Similarity(score=score)))


def test_free_form_by_similarity_takes_the_score_of_the_stage():
    rule = AnswerFilter(free_form_by="similarity", free_form=0.7)
    assert compared(0.71, rule, **FREE) is None
    assert compared(0.7, rule, **FREE).endswith("scored 0.70 where more than 0.7 is needed")
    assert compared(None, rule, **FREE).endswith("scored 0.00 where more than 0.7 is needed")
    assert compared(0.1, AnswerFilter(), answer="the big cat sleeps", **FREE) is None, "unless it is set so"


def test_other_types_are_judged_as_ever():
    rule = AnswerFilter(free_form_by="similarity")
    assert compared(None, rule, answer="A") is None
    assert compared(None, rule, answer="B") is not None


def test_it_wants_the_similarity_only_where_that_counts():
    assert AnswerFilter().wants() == (Draft,)
    assert AnswerFilter(free_form_by="similarity").wants() == (Draft, Similarity)


def test_its_grade_is_the_score_that_its_verdict_goes_by():
    free = {"problem_type": "free-form", "options": (), "solution": "<answer>a red cup</answer>"}
    compared = drafted(record(**free), answer="a cup that is red").with_output(Similarity(score=0.7))
    assert AnswerFilter(free_form_by="similarity").graded(compared) == 0.7
    assert AnswerFilter().graded(compared) == pytest.approx(0.4857, abs=0.2)
    assert AnswerFilter(free_form_by="similarity").graded(drafted(record(**free), answer="a cup")) is None
    assert AnswerFilter().graded(record()) is None
    assert AnswerFilter().graded(drafted(record(), answer=None)) == 0.0
