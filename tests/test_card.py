import json
import os
import subprocess
import sys

import pytest
import yaml
from huggingface_hub import DatasetCard

from curate.card import card
from curate.columns import schema
from curate.embedding import featured
from curate.frontmatter import front_matter
from curate.glossary import COLUMNS, FOREIGN, explained
from curate.holdings import Holding, Split, holdings
from curate.layout import Layout
from curate.layouts.videorft import VideoRFTLayout
from curate.plugin import find, names
from curate.record import Failed, Kept, Owed, Rejected
from curate.report import OTHER, SHARES, Report
from curate.sections import SOURCES, plain, table
from curate.settings import CardSettings
from curate.shards import Publication, RejectedRow
from tests.hubserver import faults_of
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
    report.finish(extras={}, models=models or {"caption": BLIND}, prompts={"caption": "0123456789ab"})
    return report


COLUMN = {"name": "problem_id", "dtype": "int64"}
SFT = Holding("sft", (Split("train", 3, 300, 900), Split("validation", 1, 100, 300)), (COLUMN,))
RL = Holding("rl", (Split("train", 11, 500, 1500),), (COLUMN,))


def text_of(report, held=(SFT, RL), settings=None, **about):
    return card(report, list(held), CardSettings(**about), settings or {})


def yaml_of(report, **about):
    return DatasetCard(text_of(report, **about)).data.to_dict()


def test_the_front_matter_is_what_the_hub_takes():
    parsed = yaml_of(reported())
    assert parsed["configs"] == [
        {
            "config_name": "sft",
            "default": True,
            "data_files": [
                {"split": "train", "path": "sft/train-*.parquet"},
                {"split": "validation", "path": "sft/validation-*.parquet"},
            ],
        },
        {"config_name": "rl", "data_files": [{"split": "train", "path": "rl/train-*.parquet"}]},
    ]
    assert parsed["task_categories"] == ["video-text-to-text", "image-text-to-text"]
    assert parsed["pretty_name"] == "Chain-of-thought rows for video and image questions"
    assert "chain-of-thought" in parsed["tags"]
    assert parsed["size_categories"] == ["n<1K"]
    sft, rl = parsed["dataset_info"]
    assert (sft["config_name"], rl["config_name"]) == ("sft", "rl")
    assert sft["features"] == [COLUMN]
    assert sft["splits"] == [
        {"name": "train", "num_bytes": 900, "num_examples": 3},
        {"name": "validation", "num_bytes": 300, "num_examples": 1},
    ]
    assert (sft["download_size"], sft["dataset_size"]) == (400, 1200)
    assert faults_of(text_of(reported())) == []


def test_front_matter_quotes_whatever_a_set_is_called():
    held = [Holding("no: yes", (Split("train", 1, 1, 1),), None)]
    parsed = yaml.safe_load(front_matter(held, CardSettings()).strip().strip("-"))
    assert parsed["configs"][0]["config_name"] == "no: yes"
    assert "features" not in parsed["dataset_info"][0]


@pytest.mark.parametrize(
    ("rows", "size"), [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (310_000, "100K<n<1M"), (10**7, "n>10M")]
)
def test_the_size_is_that_of_the_largest_set(rows, size):
    held = [Holding("sft", (), ()), Holding("rl", (Split("train", rows, 1, 1),), ())]
    parsed = yaml.safe_load(front_matter(held, CardSettings()).strip().strip("-"))
    assert parsed["size_categories"] == [size]


def test_the_card_tells_counts_models_and_source():
    text = text_of(reported())
    assert "Of 12 input rows, 11 are valid" in text
    assert "3 of them passed every step" in text
    assert f"- **caption**: {BLIND}" in text
    assert "| draft | 9 | 0 | 0 | 1 |" in text
    assert "| answer | 3 | 6 | 0 | 0 |" in text
    assert "| multiple choice | 3 | 11 |" in text
    assert "arXiv 2505.12434" in text
    assert "secret" not in text


def test_models_stand_before_the_counts():
    text = text_of(reported())
    assert text.index("Blind model") < text.index("| step |")


def test_reasons_stand_with_the_most_frequent_first():
    text = text_of(reported())
    assert text.index("| answer | no answer | 4 |") < text.index("| answer | wrong answer | 2 |")
    assert "| draft | unreadable reply | 1 |" in text
    assert "| input | no medium | 1 |" in text


def test_a_reason_of_both_kinds_counts_twice():
    report = Report(("draft",))
    report.add(Rejected(DONE.row, "draft", "cannot be decoded", "", DONE))
    report.add(Failed(DONE, "draft", "cannot be decoded", ""))
    assert text_of(report).count("| draft | cannot be decoded | 1 |") == 2


FORMS = [(name, form) for name in names(Layout) for form in ("sft", "rl", "graded")]


def columns_of(name, form, embed=False):
    """The columns that a layout writes in this form, with or without media in the rows."""
    kind = getattr(find(Layout, name), form)
    if kind is None:
        return []
    return (featured(schema(kind)) if embed else schema(kind)).names


@pytest.mark.parametrize("embed", [False, True])
@pytest.mark.parametrize(("name", "form"), FORMS)
def test_the_card_explains_every_column_of_every_layout(name, form, embed):
    columns = columns_of(name, form, embed)
    lines = text_of(reported(), [Holding("sft", (), None, tuple(columns))]).splitlines()
    for column in columns:
        assert explained(column) != FOREIGN
        assert f"- `{column}`: {explained(column)}" in lines


def test_the_card_explains_no_column_that_no_layout_writes():
    written = {column for name, form in FORMS for embed in (False, True) for column in columns_of(name, form, embed)}
    assert set(COLUMNS) == written


def test_a_column_of_a_layout_from_elsewhere_is_left_to_its_trainers():
    text = text_of(reported(), [Holding("rl", (), (), ("problem", "tokens"))])
    assert "- `problem`: the question; " in text
    assert f"- `tokens`: {FOREIGN}" in text
    assert "- `process`" not in text


def test_a_set_without_files_has_no_columns_to_explain():
    text = text_of(reported(), [Holding("sft", (Split("train", 1, 1, 1),), None)])
    assert "As the files themselves say." in text
    assert "media themselves are not part" not in text
    assert "media themselves are not part" in text_of(reported())


HOSTILE = "<script>alert(1)</script>|\n---\n- a: [b](http://x) `c` $sizes\u202e"


def test_the_mix_stands_with_its_most_frequent_kinds_first_and_nothing_in_a_name_means_anything():
    report = reported()
    for number in range(5):
        report.place(("A-OKVQA", "image"), "multiple choice", sft=number < 2, rl=True)
    report.place((HOSTILE, "video"), "OCR", sft=False, rl=True)
    report.place(None, "OCR", sft=False, rl=False)
    text = text_of(report, licenses={"A-OKVQA": "apache-2.0", "Other": "cc-by-4.0"})
    assert "| A-OKVQA | image | multiple choice | 2 | 5 |\n| \\<script\\>" in text
    assert "| A-OKVQA | apache-2.0 |" in text
    assert "| Other | cc-by-4.0 |" in text
    assert "\\$sizes | unknown |" in text
    assert "<script>" not in text
    assert "\n- a: [b]" not in text
    assert "\u202e" not in text
    assert DatasetCard(text).data.to_dict() == DatasetCard(text_of(reported())).data.to_dict()


def group(name=HOSTILE, **wish):
    return {"group": name, **wish, "there": 5, "taken": 4, "rl": 3, "sft": 2}


def test_what_was_asked_for_stands_beside_what_is_there():
    report = reported()
    assert "asked for" not in text_of(report)
    report.mix = [group("STAR", rows=9), group("CLEVR", rows=4), group("image", weight=2.5), group()]
    text = text_of(report)
    assert "| group | asked for | there | short by | taken | sft | rl |\n" in text
    assert "| STAR | 9 | 5 | 4 | 4 | 2 | 3 |\n| CLEVR | 4 | 5 | 0 | 4 | 2 | 3 |\n" in text
    assert "| image | weight 2.5 | 5 | 0 | 4 | 2 | 3 |\n| \\<script\\>" in text
    assert "<script>" not in text


def test_a_mix_of_more_groups_than_anyone_reads():
    report = reported()
    report.mix = [group(f"group {number}", rows=7) for number in range(SOURCES + 5)]
    text = text_of(report)
    assert text.count("| group 1") == 11
    assert f"| group {SOURCES} |" not in text
    assert "And 5 groups more." in text


def test_a_mix_of_more_kinds_than_anyone_reads():
    report = Report(("caption",))
    for number in range(SHARES + 50):
        report.place((f"source {number:04}", "video"), "OCR", sft=True, rl=True)
    assert len(report.shares) == SHARES + 1
    assert report.shares[0] == (OTHER, "video", "OCR", 50, 50)
    assert sum(share.rl for share in report.shares) == SHARES + 50
    text = text_of(report)
    assert text.count("| OCR |") == SOURCES
    assert f"And {SHARES + 1 - SOURCES:,} kinds more." in text
    assert f"And {SHARES + 1 - SOURCES:,} sources more." in text


def test_prompts_and_settings_stand_there():
    text = text_of(reported(), settings={"stages.caption.fps": "1.0"})
    assert "- **caption**: 0123456789ab" in text
    assert "| stages.caption.fps | 1.0 |" in text


def test_what_the_settings_say_of_the_card():
    about = {"title": "Mine: a # title", "license": "other", "license_name": "mine", "license_link": "LICENSE"}
    text = text_of(reported(), **about, citation="@misc{me,\n  title = {```Mine\u202e}\n}\n")
    values = DatasetCard(text).data.to_dict()
    assert (values["pretty_name"], values["license"]) == ("Mine: a # title", "other")
    assert (values["license_name"], values["license_link"]) == ("mine", "LICENSE")
    assert "\n# Mine: a \\# title\n" in text
    assert text.endswith("\n@misc{me,\n  title = {'''Mine}\n}\n```\n")
    assert text.count("```") == 4


def test_a_licence_that_nobody_told_is_unknown():
    assert yaml_of(reported())["license"] == "unknown"


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (("caption", "draft"), "No answer was compared with its reference"),
        (("caption", "draft", "answer"), "Only the final answers were compared"),
        (("caption", "leak"), "The rules against leaked captions read English."),
    ],
)
def test_the_limits_are_those_of_the_steps(steps, said):
    assert said in text_of(Report(steps))
    assert ("leak" in steps) == ("leaked captions" in text_of(Report(steps)))


def test_hostile_names_mean_nothing():
    text = text_of(reported(models={"caption": "<script>|\n---\n# [x](y) `z`\ud800 $models &lt; " + "a" * 999}))
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
    text = text_of(Report(("caption",)))
    assert "Of 0 input rows" in text
    assert text.count("None.") == 7
    assert DatasetCard(text).data.to_dict()["configs"][1]["config_name"] == "rl"


def test_the_same_report_gives_the_same_card():
    assert text_of(reported()) == text_of(reported())


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
        publication.text(
            "README.md",
            card(reported(count=passed), holdings(publication.finished(), ("sft", "rl")), CardSettings(), {}),
        )
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
