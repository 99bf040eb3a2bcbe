import re

import pytest

from curate.layout import Layout
from curate.layouts.verl import VerlLayout
from curate.plugin import find
from tests.reading import both, hostile, read
from tests.records import record

MARKER = re.compile("(<image>|<video>|<audio>)")


def test_it_is_found_by_its_name():
    assert find(Layout, "verl") is VerlLayout


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_rows_as_verl_documents_them(tmp_path, ending):
    clip, picture = read(tmp_path, VerlLayout(), both(), ending)
    assert clip["prompt"] == [
        {
            "role": "user",
            "content": "<video>\nWhere does the cup end up?\nOptions:\nA. On the table\nB. In the sink",
        }
    ]
    assert (clip["images"], clip["videos"]) == ([], ["./a/kitchen.mp4"])
    assert (clip["data_source"], clip["ability"]) == ("Kitchen", "visual reasoning")
    assert clip["reward_model"] == {"style": "rule", "ground_truth": "A"}
    assert {key: value for key, value in clip["extra_info"].items() if value is not None} == {
        "index": 7,
        "problem_type": "multiple choice",
        "data_type": "video",
        "options": ["A. On the table", "B. In the sink"],
    }
    assert (picture["images"], picture["videos"]) == (["./signs/one.png"], [])
    assert picture["reward_model"]["ground_truth"] == "STOP"


def test_there_are_as_many_markers_as_media_whatever_the_question_says():
    """`RLHFDataset._build_messages` ends with an error where the two differ."""
    row = VerlLayout().row(hostile().model_copy(update={"outputs": ()}))
    assert MARKER.findall(row.prompt[0].content) == ["<video>"]
    assert len(row.videos) == 1


def test_the_share_of_right_answers_stands_in_extra_info():
    assert VerlLayout().row(record(pass_rate=0.75)).extra_info.pass_rate == 0.75


def test_it_has_no_form_for_chains_of_thought():
    assert VerlLayout.form("sft") is None
