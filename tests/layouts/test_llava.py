import json

import pytest
from pydantic import BaseModel, ConfigDict, model_validator

from curate.files import RowFile
from curate.layout import Layout
from curate.layouts.llava import LlavaLayout, LlavaRow
from curate.plugin import find
from curate.turns import marked
from tests.reading import both, hostile, read, thought


class Conversation(BaseModel):
    """As LLaVA's `LazySupervisedDataset` has it: a key that is there is a medium, and `<image>` is its place.

    LLaVA-NeXT at 45f2d92, llava/train/train.py: of a video, too, only `<image>` becomes the place of its frames.
    """

    model_config = ConfigDict(extra="forbid")

    id: str
    image: str = ""
    video: str = ""
    conversations: list[dict[str, str]]

    @model_validator(mode="after")
    def _alternates(self):
        assert [set(turn) for turn in self.conversations] == [{"from", "value"}] * 2
        assert [turn["from"] for turn in self.conversations] == ["human", "gpt"]
        first, answer = (turn["value"] for turn in self.conversations)
        assert bool(self.image) != bool(self.video)
        assert first.startswith("<image>\n")
        assert (first + answer).count("<image>") == 1
        assert "<video>" not in first + answer
        return self


def test_it_is_found_by_its_name():
    assert find(Layout, "llava") is LlavaLayout


def test_rows_fit_the_published_form_and_have_no_key_without_a_medium(tmp_path):
    path = tmp_path / "llava.json"
    with RowFile(path, LlavaRow) as file:
        for each in thought():
            file.add(LlavaLayout().row(each))
    clip, picture = json.loads(path.read_text())
    for row in (clip, picture):
        Conversation.model_validate(row)
    assert "image" not in clip
    assert "video" not in picture
    assert (clip["id"], clip["video"], picture["image"]) == ("7", "./a/kitchen.mp4", "./signs/one.png")
    assert clip["conversations"][0]["value"] == (
        "<image>\nWhere does the cup end up?\nOptions:\nA. On the table\nB. In the sink"
    )
    assert clip["conversations"][1]["value"].startswith("<think>Let me picture")
    assert clip["conversations"][1]["value"].endswith("</think>\n<answer>A</answer>")


def test_markers_in_the_texts_are_none_to_the_trainer():
    row = LlavaLayout().row(hostile()).model_dump(exclude_none=True)
    Conversation.model_validate(row)
    assert row["conversations"][0]["value"] == "<image>\nWhere is [video] here?"
    assert row["conversations"][1]["value"].startswith("<think>I see [video] and <[image]>, then [audio]</think>")


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_datasets_reads_it(tmp_path, ending):
    clip, picture = read(tmp_path, LlavaLayout(), thought(), ending)
    assert (clip["video"], picture["image"], picture["video"]) == ("./a/kitchen.mp4", "./signs/one.png", None)
    assert [turn["from"] for turn in clip["conversations"]] == ["human", "gpt"]
    assert clip["conversations"][0]["value"] == marked(both()[0], "<image>")


def test_it_has_no_form_for_questions_alone():
    assert LlavaLayout.form("rl") is None
    assert LlavaLayout.form("rl", graded=True) is None
