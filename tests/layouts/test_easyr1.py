import json

import pytest

from curate.layout import Layout
from curate.layouts.easyr1 import EasyR1Layout
from curate.plugin import find
from tests.reading import both, hostile, read
from tests.records import record


def test_it_is_found_by_its_name():
    assert find(Layout, "easyr1") is EasyR1Layout


def built(row):
    """The parts of EasyR1's message, which asks what columns a file has (at 8700709, verl/utils/dataset.py)."""
    kind = "image" if "images" in row else "video"
    assert len(row[f"{kind}s"]) == row["problem"].count(f"<{kind}>") == 1
    parts = []
    for number, text in enumerate(row["problem"].split(f"<{kind}>")):
        parts += [{"type": kind}] if number else []
        parts += [text] if text else []
    return parts


@pytest.mark.parametrize("ending", ["json", "jsonl", "parquet"])
def test_videos_in_a_file_of_their_own_have_no_column_for_images(tmp_path, ending):
    [clip] = read(tmp_path, EasyR1Layout(), both()[:1], ending, EasyR1Layout.apart["video"])
    question = "Where does the cup end up?\nOptions:\nA. On the table\nB. In the sink"
    assert built(clip) == [{"type": "video"}, f"\n{question}"]
    assert (clip["answer"], clip["videos"]) == ("A", ["./a/kitchen.mp4"])
    assert "images" not in clip


@pytest.mark.parametrize("ending", ["json", "jsonl", "parquet"])
def test_images(tmp_path, ending):
    [picture] = read(tmp_path, EasyR1Layout(), both()[1:], ending, EasyR1Layout.apart["image"])
    assert built(picture)[0] == {"type": "image"}
    assert (picture["images"], picture["answer"]) == (["./signs/one.png"], "STOP")
    assert "videos" not in picture


def test_markers_in_the_question_are_none_to_the_trainer():
    row = EasyR1Layout().row(hostile().model_copy(update={"outputs": ()}))
    assert row.problem == "<video>\nWhere is [video] here?"


def test_the_one_column_that_a_reward_function_sees_tells_all_it_needs():
    row = EasyR1Layout().row(record(problem_type="OCR", options=(), solution='<answer>"猫" \\frac</answer>'))
    assert json.loads(row.reference) == {"answer": '"猫" \\frac', "problem_type": "OCR", "options": []}
    assert json.loads(EasyR1Layout().row(record()).reference) == {
        "answer": "A",
        "problem_type": "multiple choice",
        "options": ["A. On the table", "B. In the sink"],
    }


def test_the_share_of_right_answers_goes_along():
    assert EasyR1Layout().row(record(pass_rate=0.25)).pass_rate == 0.25


def test_it_has_no_form_for_chains_of_thought():
    assert EasyR1Layout.form("sft") is None
    assert "process" not in json.dumps(EasyR1Layout().row(record()).model_dump())
