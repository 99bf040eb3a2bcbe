import json
import os
import subprocess
import sys

import pytest
import yaml
from huggingface_hub import DatasetCard

from curate.card import COLUMNS, card, front_matter, plain, table
from curate.layouts.videorft import VideoRFTLayout
from curate.record import Failed, Kept, Owed, Rejected
from curate.report import Report
from curate.shards import Publication, RejectedRow
from tests.records import drafted, record

DONE = drafted(record())
BLIND = "smollm2. Blind model: it reads measured lines and never sees a frame"


def reported(models=None, count=3):
    report = Report(("caption", "draft", "answer"))
    for outcome in [
        *[Kept(DONE)] * count,
        *[Rejected(DONE.row, "answer", "wrong answer", "drafted 'secret'", DONE)] * 2,
        *[Rejected(DONE.row, "answer", "no answer", "", DONE)] * 4,
        Rejected({}, "input", "no medium"),
        Failed(DONE, "draft", "unreadable reply", "secret"),
        Owed(DONE, "caption"),
    ]:
        report.add(outcome)
    report.finish(extras={}, models=models or {"caption": BLIND}, prompts={})
    return report


def test_the_front_matter_is_what_the_hub_takes():
    parsed = DatasetCard(card(reported())).data.to_dict()
    assert parsed["configs"] == [
        {
            "config_name": "sft",
            "default": True,
            "data_files": [{"split": "train", "path": "sft/train-*.parquet"}],
        },
        {"config_name": "rl", "data_files": [{"split": "train", "path": "rl/train-*.parquet"}]},
    ]
    assert parsed["task_categories"] == ["video-text-to-text", "image-text-to-text"]
    assert parsed["pretty_name"] == "Chain-of-thought rows for video and image questions"
    assert "chain-of-thought" in parsed["tags"]


def test_front_matter_quotes_whatever_a_set_is_called():
    text = front_matter(["sft", "no: yes"])
    assert yaml.safe_load(text.strip().strip("-"))["configs"][1]["config_name"] == "no: yes"


def test_the_card_tells_counts_models_and_source():
    text = card(reported())
    assert "Of 12 input rows, 11 are valid" in text
    assert "3 of them passed every step" in text
    assert f"- **caption**: {BLIND}" in text
    assert "| draft | 9 | 0 | 0 | 1 |" in text
    assert "| answer | 3 | 6 | 0 | 0 |" in text
    assert "| multiple choice | 3 | 11 |" in text
    assert "arXiv 2505.12434" in text
    assert "secret" not in text


def test_models_stand_before_the_counts():
    text = card(reported())
    assert text.index("Blind model") < text.index("| step |")


def test_reasons_stand_with_the_most_frequent_first():
    text = card(reported())
    assert text.index("| answer | no answer | 4 |") < text.index("| answer | wrong answer | 2 |")
    assert "| draft | unreadable reply | 1 |" in text
    assert "| input | no medium | 1 |" in text


def test_a_reason_of_both_kinds_counts_twice():
    report = Report(("draft",))
    report.add(Rejected(DONE.row, "draft", "cannot be decoded", "", DONE))
    report.add(Failed(DONE, "draft", "cannot be decoded", ""))
    assert card(report).count("| draft | cannot be decoded | 1 |") == 2


def test_every_column_of_the_sets_is_explained():
    assert set(COLUMNS) == set(VideoRFTLayout.sft.model_fields)
    assert all(f"- `{name}`: " in card(reported()) for name in COLUMNS)


def test_hostile_names_mean_nothing():
    text = card(reported(models={"caption": "<script>|\n---\n# [x](y) `z`\ud800 $models &lt; " + "a" * 999}))
    assert "\n# [" not in text
    assert r"- **caption**: \<script\>\| --- \# \[x\]\(y\) \`z\` \$models \&lt; aaa" in text
    assert max(map(len, text.splitlines())) < 500
    assert DatasetCard(text).data.to_dict()["configs"][0]["config_name"] == "sft"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b*c", r"a\_b\*c"),
        (" a\n\tb ", "a b"),
        ("\u202eabc\x00", "abc"),
        ("猫", "猫"),
        ("x" * 400, "x" * 300),
    ],
)
def test_plain(text, expected):
    assert plain(text) == expected


def test_table():
    assert table(("a", "n"), [("x|y", 1234)]) == "| a | n |\n| --- | ---: |\n| x\\|y | 1,234 |"
    assert table(("a", "n"), []) == "None."


def test_an_empty_report_gives_a_card():
    text = card(Report(("caption",)))
    assert "Of 0 input rows" in text
    assert text.count("None.") == 3
    assert DatasetCard(text).data.to_dict()["configs"][1]["config_name"] == "rl"


def test_the_same_report_gives_the_same_card():
    assert card(reported()) == card(reported())


LOAD = """
import sys, json
from datasets import load_dataset
work, streaming = sys.argv[1], sys.argv[2] == "stream"
for name in ("sft", "rl", None):
    loaded = load_dataset(work, name, split="train", streaming=streaming and name != "rl")
    rows = list(loaded)
    features = loaded.features and {column: str(kind) for column, kind in loaded.features.items()}
    print(json.dumps([features, len(rows), rows[:1]]))
"""
TEXT, INT = "Value('string')", "Value('int64')"


def loaded(work, tmp_path, how):
    """[columns with their types, number of rows, [first row]] of sft, rl and the default."""
    offline = {"HF_HOME": str(tmp_path / "hf"), "HF_DATASETS_CACHE": str(tmp_path / "hf" / "datasets")}
    offline |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(work), how],
        cwd=tmp_path,
        env=os.environ | offline,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def publish(work, passed):
    layout = VideoRFTLayout()
    with Publication(work) as publication:
        (work / "journal.sqlite").write_bytes(b"SQLite format 3\0")
        (work / "lock").write_text("")
        sft = publication.writer("sft", layout.sft, 2)
        rl = publication.writer("rl", layout.rl)
        rejected = publication.writer("rejected", RejectedRow)
        for _ in range(passed):
            sft.add(layout.row(DONE))
        for _ in range(7):
            rl.add(layout.row(record(options=())))
            rejected.add(RejectedRow.of(Owed(DONE, "draft")))
        publication.text("README.md", card(reported(count=passed)))
        publication.text("report.json", reported(count=passed).as_json())


def test_the_real_library_loads_what_was_published(tmp_path):
    publish(tmp_path / "work", 5)
    sft, rl, default = loaded(tmp_path / "work", tmp_path, "whole")
    types = dict.fromkeys(VideoRFTLayout.sft.model_fields, TEXT)
    types |= {"problem_id": INT, "options": "List(Value('string'))"}
    assert list(sft[0].items()) == list(types.items())
    assert list(rl[0]) == list(VideoRFTLayout.rl.model_fields)
    assert (sft[1], rl[1], default[1]) == (5, 7, 5)
    assert sft[2] == [VideoRFTLayout().row(DONE).model_dump(mode="json")]
    assert rl[2][0]["options"] == []


def test_an_empty_set_loads_as_a_stream_and_does_not_stop_the_others(tmp_path):
    # The library itself refuses a whole split without rows, in whatever format.
    publish(tmp_path / "work", 0)
    sft, rl, default = loaded(tmp_path / "work", tmp_path, "stream")
    assert (sft[1], rl[1], default[1]) == (0, 7, 0)
