import json

import pytest
from pydantic import BaseModel, ConfigDict, model_validator

from curate.layout import Layout
from curate.layouts.sharegpt import SharegptLayout
from curate.plugin import find
from tests.llamafactory_reader import converted
from tests.reading import hostile, read, thought


class Example(BaseModel):
    """As `SharegptDatasetConverter` takes it and `MMPluginMixin` counts it (LLaMA-Factory 0.9.5)."""

    model_config = ConfigDict(extra="forbid")

    conversations: list[dict[str, str]]
    images: list[str]
    videos: list[str]

    @model_validator(mode="after")
    def _markers(self):
        assert [turn["from"] for turn in self.conversations] == ["human", "gpt"]
        said = "".join(turn["value"] for turn in self.conversations)
        assert said.count("<image>") == len(self.images)
        assert said.count("<video>") == len(self.videos)
        assert said.count("<audio>") == 0
        assert len(self.images) + len(self.videos) == 1
        return self


def test_it_is_found_by_its_name():
    assert find(Layout, "sharegpt") is SharegptLayout


@pytest.mark.parametrize("ending", ["json", "jsonl", "parquet"])
def test_every_marker_has_its_medium(tmp_path, ending):
    rows = read(tmp_path, SharegptLayout(), [*thought(), hostile()], ending)
    for row in rows:
        Example.model_validate(row)
    assert [row["videos"] for row in rows] == [["./a/kitchen.mp4"], [], ["./a/kitchen.mp4"]]
    assert rows[1]["images"] == ["./signs/one.png"]
    assert rows[0]["conversations"][1]["value"].endswith("</think>\n<answer>A</answer>")


def test_the_entry_for_dataset_info_names_the_file_and_its_columns():
    [(name, entries)] = SharegptLayout().beside("my set.json").items()
    assert name == "dataset_info.json"
    assert json.loads(json.dumps(entries)) == {
        "my set": {
            "file_name": "my set.json",
            "formatting": "sharegpt",
            "columns": {"messages": "conversations", "images": "images", "videos": "videos"},
        }
    }


@pytest.mark.parametrize("ending", ["json", "jsonl", "parquet"])
def test_llamafactory_itself_reads_conversations_and_finds_their_media(tmp_path, ending):
    layout, name = SharegptLayout(), f"sharegpt.{ending}"
    rows = read(tmp_path, layout, [*thought(), hostile()], ending)
    for file, held in layout.beside(name).items():
        (tmp_path / file).write_text(json.dumps(held))
    for path in ("a/kitchen.mp4", "signs/one.png"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    [data_set] = json.loads((tmp_path / "dataset_info.json").read_text())
    found = converted(tmp_path, data_set, ending)
    clip, picture = ([f"{tmp_path}/{path}"] for path in ("./a/kitchen.mp4", "./signs/one.png"))
    assert [(each["_images"], each["_videos"]) for each in found] == [(None, clip), (picture, None), (None, clip)]
    for each, row in zip(found, rows, strict=True):
        question, answer = (turn["value"] for turn in row["conversations"])
        assert each["_prompt"] == [{"role": "user", "content": question}]
        assert each["_response"] == [{"role": "assistant", "content": answer}]
        assert each["_system"] == each["_tools"] == ""


def test_it_has_no_form_for_questions_alone():
    assert SharegptLayout.form("rl") is None
