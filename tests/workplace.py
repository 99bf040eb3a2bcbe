"""A folder to run `curate` in: a short clip, a picture, questions about them, settings that ask one server."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import curate
from tests.media.media_samples import encode, jpeg

ROOT = Path(curate.__file__).parent.parent
STAGES = {"caption": "captioner", "draft": "reasoner", "revise": "reviser"}
# pyarrow loads pandas where it is there, at 0.4 s of CPU; curate does not bring it, the packages of the tests do.
WITHOUT = Path(__file__).parent / "without"
CLIP, PICTURE = "./clips/one.mp4", "./sign.jpg"


def row(number: int, **changes: Any) -> dict[str, Any]:
    """A multiple choice row about the clip, with a question of its own; the right answer is A."""
    fields = {
        "problem_id": number,
        "problem": f"What moves in part {number} of this clip?",
        "data_type": "video",
        "problem_type": "multiple choice",
        "options": ["A. The shape", "B. Nothing"],
        "solution": "<answer>A</answer>",
        "path": CLIP,
        "data_source": "made",
    }
    return fields | changes


def picture(number: int, **changes: Any) -> dict[str, Any]:
    """A row about the picture."""
    return row(number, **({"data_type": "image", "path": PICTURE} | changes))


class Ran:
    """How a command ended and what it said."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        assert "Traceback" not in err, err
        assert "Traceback" not in out, out

    @property
    def lines(self) -> list[str]:
        """What stands on stderr, line by line."""
        return self.err.splitlines()

    @property
    def json(self) -> Any:
        """The last line of stdout."""
        return json.loads(self.out.splitlines()[-1])

    def steps(self, key: str) -> dict[str, Any]:
        """{step: value} of the JSON result, where the value is not empty."""
        return {name: step[key] for name, step in self.json["steps"].items() if step[key]}


class Workplace:
    """A folder with media, questions and settings; `run` is the real command line in it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.toml = folder / "curate.toml"
        self.work = folder / "work"
        (folder / "media" / "clips").mkdir(parents=True)
        encode(folder / "media" / CLIP, [40 * i for i in range(40)])
        (folder / "media" / PICTURE).write_bytes(jpeg((48, 32)))
        self.questions([row(1), row(2), picture(3)])
        self.settings()

    def questions(self, rows: Sequence[Any]) -> Self:
        """Write these rows."""
        (self.folder / "questions.json").write_text(json.dumps(list(rows)))
        return self

    def settings(self, model: str = "max_retries = 0", more: str = "", stages: str = "", top: str = "") -> Self:
        """Write settings: `model` for each model, `stages` for each stage, `top` first and `more` at the end.

        One process decodes, unless `more` says how many: a second takes half a second of CPU to begin. No canary is
        shown, unless `model` says so: few of the tests' servers can read.
        """
        model = model if "canary" in model else f"canary = false\n{model}"
        text = f'{top}\n[input]\nfiles = ["questions.json"]\nmedia_root = "media"\n'
        for stage, name in STAGES.items():
            text += f'[models.{name}]\nprovider = "openai"\nmodel = "{name}-1"\nbase_url = "{self.url}"\n{model}\n'
            text += f'[stages.{stage}]\nmodel = "{name}"\n{stages}\n'
        media = "" if "[media]" in more else "[media]\nworkers = 1\n"
        self.toml.write_text(text + media + more)
        return self

    def start(self, *arguments: str, limit: Any = None, **environment: str) -> "subprocess.Popen[str]":
        """Start `curate` with these arguments; `limit` is called in the new process first."""

        def ready() -> None:
            # Whoever runs the tests in the background has them ignore Ctrl-C.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            if limit:
                limit()

        known = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
        return subprocess.Popen(
            [sys.executable, "-m", "curate", *arguments],
            cwd=self.folder,
            env=known | {"PYTHONPATH": f"{ROOT}{os.pathsep}{WITHOUT}", "COLUMNS": "200"} | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=ready,
            start_new_session=True,
        )

    def run(self, *arguments: str, limit: Any = None, **environment: str) -> Ran:
        """Run `curate` with these arguments to its end."""
        return ended(self.start(*arguments, limit=limit, **environment))

    def sets(self) -> dict[str, bytes]:
        """The published files and what they hold."""
        names = ("sft", "rl", "rejected", "report.json", "report.html", "README.md")
        found = (path for name in names for path in [self.work / name, *sorted((self.work / name).glob("*"))])
        return {path.relative_to(self.work).as_posix(): path.read_bytes() for path in found if path.is_file()}


def ended(process: "subprocess.Popen[str]", timeout: float = 60) -> Ran:
    """How this process ended; one that does not end in time is killed with all that it started."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return Ran(process.returncode, out, err)
