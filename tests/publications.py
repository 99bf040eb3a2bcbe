"""A work folder with published sets, and a client process that pushes it or reads it back."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import curate
from curate.card import card
from curate.holdings import holdings
from curate.layouts.videorft import VideoRFTLayout
from curate.record import Kept
from curate.report import Report
from curate.settings import CardSettings
from curate.shards import Publication, RejectedRow
from curate.splits import SETS
from tests.records import drafted, record
from tests.workplace import Ran, ended

NAME = "owner/name"  # of the data set on the Hub

ROOT = Path(curate.__file__).parent.parent
TOML = """
[input]
files = ["questions.json"]
media_root = "."
[models.m]
provider = "scripted"
[stages.caption]
model = "m"
[stages.draft]
model = "m"
[stages.revise]
model = "m"
"""
# The command line, with pauses cut short: the client's own, and ours.
COMMAND = """
import sys, time
slept = time.sleep
time.sleep = lambda seconds: slept(min(seconds, 0.01))
from tenacity import wait_fixed
from curate import push
push.PAUSE, push.LONGEST = wait_fixed(0.01), 0.01
from curate.__main__ import main
main()
"""
LOAD = """
import json, sys
from datasets import load_dataset
for name in ("sft", "rl"):
    loaded = load_dataset(sys.argv[1], name)
    print(json.dumps({split: list(rows) for split, rows in loaded.items()}))
"""


def thought(number: int) -> str:
    """Thinking of its own for each row, long enough that no two shards are alike."""
    return f"In part {number} the woman puts the cup on the table, which takes {number * 7919 % 1013} steps."


def published(work: Path, rows: int = 5, per_shard: int = 2) -> dict[str, list[dict[str, Any]]]:
    """Publish so many rows, and one more in rl; returns the rows of both sets."""
    layout = VideoRFTLayout()
    records = [record(problem_id=n, problem=f"Where is the cup in part {n}?") for n in range(rows + 1)]
    sft = [layout.row(drafted(made, thought(made.problem_id))) for made in records[:rows]]
    rl = [layout.row(made) for made in records]
    report = Report(("caption", "draft"))
    for made in records:
        report.add(Kept(made))
    work.mkdir(exist_ok=True)
    with Publication(work) as publication:
        for name, row_type, lines in (("sft", layout.sft, sft), ("rl", layout.rl, rl)):
            writer = publication.writer(name, row_type, per_shard)
            for row in lines:
                writer.add(row)
        publication.writer("rejected", RejectedRow)
        publication.text("report.json", report.as_json())
        held = holdings(publication.finished(), SETS)
        publication.text("README.md", card(report, held, CardSettings(), {}))
    (work / "journal.sqlite").write_bytes(b"replies that were paid for")
    return {"sft": [row.model_dump(mode="json") for row in sft], "rl": [row.model_dump(mode="json") for row in rl]}


def sent(work: Path, paths: Iterable[Path], name: str = NAME) -> dict[str, bytes]:
    """These files as a push to the data set of this name sends them."""
    held = {path.relative_to(work).as_posix(): path.read_bytes() for path in paths}
    assert held["README.md"].count(b'load_dataset("OWNER/NAME", "') == 2
    return held | {"README.md": held["README.md"].replace(b"OWNER/NAME", name.encode())}


class Place:
    """A folder with settings and published sets; commands run in it against the Hub at `url`."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url, self.work = folder, url, folder / "work"
        (folder / "curate.toml").write_text(TOML)
        (folder / "questions.json").write_text("[]")
        self.rows = published(self.work)

    def files(self) -> dict[str, bytes]:
        """What a push is to bring to the Hub."""
        paths = [self.work / "README.md", *self.work.glob("sft/*"), *self.work.glob("rl/*")]
        return sent(self.work, paths)

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Start `curate push` with these arguments."""
        return self._python(COMMAND, "push", *arguments, **environment)

    def push(self, *arguments: str, **environment: str) -> Ran:
        """Run `curate push` with these arguments to its end."""
        return ended(self.start(*arguments, **environment))

    def load(self, name: str, **environment: str) -> dict[str, Any]:
        """What `datasets` reads of this data set on the Hub: {set: {split: rows}}."""
        process = self._python(LOAD, name, **environment)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return dict(zip(("sft", "rl"), map(json.loads, out.splitlines()), strict=True))

    def _python(self, code: str, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        kept = {k: v for k, v in os.environ.items() if not k.startswith("HF_") and "proxy" not in k.lower()}
        hub = {"HF_ENDPOINT": self.url, "HF_HOME": str(self.folder / "home"), "HF_HUB_DISABLE_XET": "1"}
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            cwd=self.folder,
            env=kept | hub | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"} | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
