import json

from curate.layout import Layout
from curate.layouts.easyr1 import EasyR1Layout
from curate.plugin import find
from tests.reading import both, hostile, read
from tests.records import record


def test_it_is_found_by_its_name():
    assert find(Layout, "easyr1") is EasyR1Layout


def test_videos_in_a_file_of_their_own_have_no_key_for_images(tmp_path):
    """EasyR1 takes every row for one about images as soon as it has the key `images`."""
    [clip] = read(tmp_path, EasyR1Layout(), both()[:1])
    assert clip == {
        "problem": "<video>\nWhere does the cup end up?\nOptions:\nA. On the table\nB. In the sink",
        "answer": "A",
        "videos": ["./a/kitchen.mp4"],
        "problem_id": 7,
        "problem_type": "multiple choice",
        "data_source": "Kitchen",
        "pass_rate": None,
    }


def test_images(tmp_path):
    [picture] = read(tmp_path, EasyR1Layout(), both()[1:])
    assert (picture["images"], picture["answer"]) == (["./signs/one.png"], "STOP")
    assert "videos" not in picture


def test_both_in_one_parquet_file(tmp_path):
    rows = read(tmp_path, EasyR1Layout(), both(), "parquet")
    assert [(row["images"], row["videos"]) for row in rows] == [
        (None, ["./a/kitchen.mp4"]),
        (["./signs/one.png"], None),
    ]


def test_markers_in_the_question_are_none_to_the_trainer():
    row = EasyR1Layout().row(hostile().model_copy(update={"outputs": ()}))
    assert row.problem == "<video>\nWhere is [video] here?"


def test_the_share_of_right_answers_goes_along():
    assert EasyR1Layout().row(record(pass_rate=0.25)).pass_rate == 0.25


def test_it_has_no_form_for_chains_of_thought():
    assert EasyR1Layout.form("sft") is None
    assert "process" not in json.dumps(EasyR1Layout().row(record()).model_dump())
