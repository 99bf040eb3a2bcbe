import pytest

from curate.layout import Layout
from curate.layouts.videorft import VideoRFTLayout
from curate.plugin import find
from tests.records import THINKING, drafted, record, revised

RL = ["problem_id", "problem", "data_type", "problem_type", "options", "solution", "path", "data_source"]
SFT = [*RL[:5], "process", *RL[5:]]


def test_it_is_found_by_its_name():
    assert find(Layout, "videorft") is VideoRFTLayout


def test_columns_stand_in_the_trainers_order():
    layout = VideoRFTLayout()
    assert list(layout.sft.model_fields) == SFT
    assert list(layout.rl.model_fields) == RL
    assert list(layout.row(drafted(record())).model_dump()) == SFT


def test_a_row_without_a_thought():
    row = VideoRFTLayout().row(record())
    assert type(row) is VideoRFTLayout.rl
    assert row.model_dump() == {
        "problem_id": 7,
        "problem": "Where does the cup end up?\nOptions:\nA. On the table\nB. In the sink",
        "data_type": "video",
        "problem_type": "multiple choice",
        "options": ("A. On the table", "B. In the sink"),
        "solution": "<answer>A</answer>",
        "path": "./a/kitchen.mp4",
        "data_source": "Kitchen",
    }


def test_a_row_with_a_thought_has_the_last_one():
    layout = VideoRFTLayout()
    row = layout.row(revised(drafted(record(), "first"), "second"))
    assert type(row) is layout.sft
    assert row.process == "<think>second</think>"
    assert layout.row(drafted(record())).process == f"<think>{THINKING}</think>"


def test_the_options_stand_in_the_problem_once():
    problem = "Where?\nA. On the table\nB. In the sink"
    assert VideoRFTLayout().row(record(problem=problem)).problem == problem


def test_no_options():
    row = VideoRFTLayout().row(record(options=(), problem_type="free-form"))
    assert row.options == ()
    assert row.problem == "Where does the cup end up?"


def test_a_path_begins_as_the_trainers_need_it_who_drop_its_first_character():
    rows = [VideoRFTLayout().row(record(path=path)) for path in ("./a/b.mp4", "a/b.mp4", "b.mp4")]
    assert [row.path for row in rows] == ["./a/b.mp4", "./a/b.mp4", "./b.mp4"]


@pytest.mark.parametrize(
    ("prefix", "path"),
    [
        ("clips", "./clips/a/b.mp4"),
        ("./clips/", "./clips/a/b.mp4"),
        ("../clips", "./../clips/a/b.mp4"),
        ("", "./a/b.mp4"),
        ("/data/clips", "/data/clips/a/b.mp4"),
        ("s3://bucket", "s3://bucket/a/b.mp4"),
    ],
)
def test_a_prefix_below_the_trainers_own_folder_keeps_the_character_that_they_drop(prefix, path):
    assert VideoRFTLayout(path_prefix=prefix).row(record(path="./a/b.mp4")).path == path
