"""`vllm run-batch` answers what `curate batch export` writes; `import` reads that, and a bad row costs itself only."""

import json
import os
import subprocess
from pathlib import Path

from tests.vllm.place import Model, Place
from tests.vllm.serving import ENVIRONMENT, MODELS, SEEING, TRUSTING, VLLM, flags

MODEL = "qwen2_5_vl"
NOWHERE = {"provider": "openai", "base_url": "http://127.0.0.1:9/v1", "video": "jpeg_sequence"}


def answered(asked: Path, told: Path) -> dict[str, dict]:
    """What run-batch makes of this file, by the names of the requests."""
    files = ["--input-file", str(asked), "--output-file", str(told)]
    model = ["--model", str(MODELS / MODEL), "--served-model-name", MODEL]
    ran = subprocess.run(
        [str(VLLM), "run-batch", *files, *model, *flags(SEEING | TRUSTING)],
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return {row["custom_id"]: row["response"] for row in map(json.loads, told.read_text().splitlines())}


def test_captions_are_bought_by_run_batch_and_a_bad_row_costs_itself_only(folder):
    eyes = Model(MODEL, NOWHERE)
    place = Place(folder / "batch").asks(eyes, eyes, eyes)
    ran = place.does("batch", "export", "ask.jsonl", "--stage", "caption", "--json")
    assert ran.code == 0, ran.err
    asked = place.folder / "ask.jsonl"
    rows = [json.loads(line) for line in asked.read_text().splitlines()]
    assert len(rows) == 3, "one for each medium"
    bad = rows[0] | {
        "custom_id": "bad",
        "body": {"model": MODEL, "messages": [{"role": "user", "content": "x " * 9999}]},
    }
    asked.write_text("".join(json.dumps(row) + "\n" for row in [rows[0], bad, *rows[1:]]))
    found = answered(asked, place.folder / "told.jsonl")
    assert {name: said["status_code"] for name, said in found.items()} == {
        **{row["custom_id"]: 200 for row in rows},
        "bad": 400,
    }
    ran = place.does("batch", "import", "told.jsonl", "--json")
    assert place.asked() == ["caption"] * 3, ran.err
    ran = place.does("caption", "--json")
    assert (ran.code, ran.json["sent"]) == (0, 0), ran.err
