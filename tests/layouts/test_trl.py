import pytest

from curate.layout import Layout
from curate.layouts.trl import TRLLayout
from curate.plugin import find
from tests.reading import both, read, thought
from tests.records import record

ENDINGS = pytest.mark.parametrize("ending", ["jsonl", "parquet"])


def without_nulls(value):
    """What Arrow puts in for keys that a part does not have, taken out again, as TRL's documentation says to."""
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return value


def test_it_is_found_by_its_name():
    assert find(Layout, "trl") is TRLLayout


@ENDINGS
def test_a_row_with_a_thought_is_a_conversation(tmp_path, ending):
    clip, picture = without_nulls(read(tmp_path, TRLLayout(), thought(), ending))
    assert list(clip) == ["messages", "images"]
    question, answer = clip["messages"]
    text = "Where does the cup end up?\nOptions:\nA. On the table\nB. In the sink"
    assert question == {
        "role": "user",
        "content": [{"type": "video", "video": "./a/kitchen.mp4"}, {"type": "text", "text": text}],
    }
    assert answer["role"] == "assistant"
    assert answer["content"][0]["text"].endswith("</think>\n<answer>A</answer>")
    assert clip["images"] == []
    assert picture["images"] == ["./signs/one.png"]
    assert picture["messages"][0]["content"][0] == {"type": "image"}


@ENDINGS
def test_a_row_without_one_is_a_prompt_with_what_rewards_need(tmp_path, ending):
    clip, picture = without_nulls(read(tmp_path, TRLLayout(), both(), ending))
    assert [message["role"] for message in clip["prompt"]] == ["user"]
    assert {key: value for key, value in clip.items() if key not in ("prompt", "images")} == {
        "solution": "<answer>A</answer>",
        "problem_id": 7,
        "problem_type": "multiple choice",
        "options": ["A. On the table", "B. In the sink"],
        "data_type": "video",
        "data_source": "Kitchen",
    }
    assert picture["prompt"][0]["content"][0] == {"type": "image"}


def test_the_share_of_right_answers_goes_along():
    assert TRLLayout().row(record(pass_rate=0.5)).pass_rate == 0.5
    assert TRLLayout.form("rl", graded=True) is TRLLayout.form("rl")


@ENDINGS
def test_trls_own_code_puts_the_images_in_their_places(tmp_path, ending):
    trl = pytest.importorskip("trl.data_utils")
    for records, key in ((thought(), "messages"), (both(), "prompt")):
        for row in read(tmp_path, TRLLayout(), records, ending):
            assert trl.is_conversational(row)
            prepared = trl.prepare_multimodal_messages(row[key], images=row["images"])
            content = without_nulls(prepared[0]["content"])
            path = row["images"][0] if row["images"] else "./a/kitchen.mp4"
            kind = "image" if row["images"] else "video"
            assert content[0] == {"type": kind, kind: path}
            assert content[1]["type"] == "text"


@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_parts_that_come_from_json_have_no_key_that_they_were_not_given(tmp_path, ending):
    """Chat templates such as Qwen2-VL's take a part that has the key `video` for one, whatever its type says."""
    rows = read(tmp_path, TRLLayout(), thought(), ending)
    for row in rows:
        text = row["messages"][0]["content"][1]
        assert list(text) == ["type", "text"]
