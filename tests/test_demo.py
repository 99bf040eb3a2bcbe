"""The whole pipeline with the real embedded model, on a real clip."""

import json
from pathlib import Path

import pyarrow.parquet
import pytest

from curate.captions.video import VideoCaption
from tests.workplace import Workplace, ended, picture, row

pytest.importorskip("xllamacpp", reason="curate[embedded] is not installed")

SETTINGS = """
[input]
files = ["questions.json"]
media_root = "media"
[models.small]
provider = "embedded"
max_text = 160
max_items = 1
context = 4096
extra_body = { repeat_penalty = 1.1, min_p = 0.1 }
[stages.caption]
model = "small"
temperature = 0.3
[stages.draft]
model = "small"
structured = true
tries = 2
temperature = 0.7
pattern = "^[A-Z][a-z]+( [A-Za-z',-]{1,14}[.]?){10,20}[.]$"
[stages.revise]
model = "small"
structured = true
pattern = "^[A-Z][a-z]+( [A-Za-z',-]{1,14}[.]?){10,20}[.]$"
"""


def rows(place: Workplace, name: str) -> list[int]:
    files = sorted((place.work / name).glob("*.parquet"))
    return [n for file in files for n in pyarrow.parquet.read_table(file)["problem_id"].to_pylist()]


@pytest.mark.timeout(900)
def test_the_main_job_with_a_real_model_interrupted_and_gone_on_with(tmp_path: Path):
    place = Workplace(tmp_path, "http://unused")
    place.questions([row(1), row(2), picture(3), row(2)])
    place.toml.write_text(SETTINGS)
    first = place.start("caption")
    assert first.stderr is not None
    assert "no eyes" in first.stderr.readline()
    first.kill()
    first.communicate()
    ran = ended(place.start("run", "--json"), timeout=800)
    assert ran.code == 0, ran.err
    assert sum("no eyes" in line for line in ran.lines) == 1
    assert ran.json["notices"]
    assert rows(place, "rl") == [1, 2, 3]
    assert sorted(rows(place, "sft") + rows(place, "rejected")) == [1, 2, 2, 3]
    report = json.loads((place.work / "report.json").read_text())
    assert "no eyes" in report["models"]["revise"]
    assert "no eyes" in (place.work / "README.md").read_text()
    story = place.run("show", "1", "--json").json["records"][0]["steps"]
    caption = VideoCaption.model_validate(story[0]["output"]["described"])
    assert [frame.timestamp for frame in caption.frames] == ["00:00:00", "00:00:01"]
    before = place.sets()
    again = place.run("run", "--json")
    assert (again.code, again.json["sent"]) == (0, 0)
    assert place.sets() == before
