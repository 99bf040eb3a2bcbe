"""A folder to run `curate` in with real models: the tests' clip, the demo's clip, a picture, and questions."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from curate import folders
from tests.vllm.serving import ENVIRONMENT, MODELS
from tests.workplace import Ran, Workplace, ended, picture, row

DEMO = f"./{folders.CLIP}"
LONGEST = 300  # seconds of one command, which may load a model
ROWS = (row(1), row(2), picture(3), row(4, path=DEMO))


def biased(model: str, **marks: float) -> dict[str, Any]:
    """The field of a request that makes these tokens likelier: a random model never ends by itself."""
    tokens = Tokenizer.from_file(str(MODELS / model / "tokenizer.json"))
    return {str(tokens.token_to_id(mark)): bias for mark, bias in marks.items()}


BLIND = {"canary": False}  # a random model reads no words back from frames
SOME_WORDS = "^[a-z]{3,9}( [a-z]{3,9}){3,6}$"
SHORT = {'"': 6.0, "]": 5.0}  # ends a string of JSON after a few tokens, and a number before it is infinite
BRIEF = {"</think>": 6.0, "<|im_end|>": 5.0}  # ends a thinking, and a reply


@dataclass(frozen=True)
class Model:
    """A table of the settings: where it is served, or what the engine inside is told."""

    name: str
    options: dict[str, Any]

    @property
    def table(self) -> str:
        """Its lines in TOML."""
        ends = BRIEF if self.name == "qwen3" else SHORT
        body = {"logit_bias": biased(self.name, **ends)} | self.options.get("extra_body", {})
        said = {"model": self.name, "max_retries": 2} | BLIND | self.options | {"extra_body": body}
        return "".join(f"{key} = {toml(value)}\n" for key, value in said.items())


def toml(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)


class Place(Workplace):
    """Asks a captioner, a reasoner and a reviser; no filter stands between, for noise is never right."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        super().__init__(folder, "")
        folders.demo(folder / "demo")
        (folder / "demo" / "media" / folders.CLIP).rename(folder / "media" / folders.CLIP)
        self.questions(ROWS)

    def asks(self, captioner: Model, reasoner: Model, reviser: Model, more: str = "") -> "Place":
        """Write these settings."""
        text = 'steps = ["caption", "draft", "revise"]\n'
        text += '[input]\nfiles = ["questions.json"]\nmedia_root = "media"\n[media]\nworkers = 1\n'
        names = {model.name: f"[models.{model.name}]\n{model.table}" for model in (captioner, reasoner, reviser)}
        text += "".join(names.values())
        text += f'[stages.caption]\nmodel = "{captioner.name}"\nattempts = 9\nmax_frames = 4\nwindow = 4\n'
        text += "max_tokens = 3000\nmax_pixels = 50176\n"
        text += f'[stages.draft]\nmodel = "{reasoner.name}"\nattempts = 9\nmax_tokens = 400\n'
        text += "" if reasoner.name == "qwen3" else "structured = true\n"
        text += f'[stages.revise]\nmodel = "{reviser.name}"\nstructured = true\nmax_frames = 4\nmax_pixels = 50176\n'
        self.toml.write_text(f"{text}pattern = '{SOME_WORDS}'\nmax_tokens = 1000\n{more}")
        return self

    def kept(self) -> int:
        """How many replies the journal holds by now."""
        return len(self.asked())

    def asked(self) -> list[str]:
        """The stage of each of them."""
        journal = self.work / "journal.sqlite"
        if not journal.exists():
            return []
        with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as read:
            try:
                return [str(stage) for (stage,) in read.execute("SELECT stage FROM replies")]
            except sqlite3.OperationalError:
                return []  # it is being made

    def does(self, *arguments: str) -> Ran:
        """Run `curate` with these arguments; a model may have to be loaded."""
        return ended(self.start(*arguments, **ENVIRONMENT), LONGEST)
