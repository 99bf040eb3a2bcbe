import pytest
from pydantic import BaseModel, ConfigDict, model_validator

from curate.layout import Layout
from curate.layouts.ms_swift import MsSwiftLayout
from curate.plugin import find
from tests.reading import both, hostile, read, thought


class Message(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: str
    content: str


class Standard(BaseModel):
    """ms-swift's standard format (docs: custom dataset), whose markers are as many as its media."""

    messages: list[Message]
    images: list[str]
    videos: list[str]

    @model_validator(mode="after")
    def _markers(self):
        said = "".join(message.content for message in self.messages)
        assert said.count("<image>") == len(self.images)
        assert said.count("<video>") == len(self.videos)
        assert said.count("<audio>") == 0
        return self


def test_it_is_found_by_its_name():
    assert find(Layout, "ms-swift") is MsSwiftLayout


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_conversations(tmp_path, ending):
    rows = read(tmp_path, MsSwiftLayout(), [*thought(), hostile()], ending)
    for row in rows:
        assert list(row) == ["messages", "images", "videos"]
        standard = Standard.model_validate(row)
        assert [message.role for message in standard.messages] == ["user", "assistant"]
    assert rows[0]["messages"][0]["content"].startswith("<video>\nWhere does the cup end up?")
    assert [row["videos"] for row in rows] == [["./a/kitchen.mp4"], [], ["./a/kitchen.mp4"]]
    assert rows[1]["images"] == ["./signs/one.png"]


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_questions_stand_beside_what_a_reward_function_is_handed(tmp_path, ending):
    rows = read(tmp_path, MsSwiftLayout(), both(), ending)
    for row, solution in zip(rows, ("A", "STOP"), strict=True):
        standard = Standard.model_validate(row)
        assert [message.role for message in standard.messages] == ["user"]
        assert row["solution"] == f"<answer>{solution}</answer>"
    assert [row["problem_type"] for row in rows] == ["multiple choice", "OCR"]
