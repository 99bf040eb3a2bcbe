"""Rows of every problem type about tiny shared clips and pictures, and settings that ask one server."""

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from benchmarks.replies import asking
from tests.media.media_samples import encode, jpeg

STAGES = {"caption": "captioner", "draft": "reasoner", "revise": "reviser"}
SECONDS = 8  # of a clip: that many frames are shown at 1 a second
PICTURES = 5  # every fifth medium is one
WRONG = 20  # every twentieth draft is
_BASE = 100_000  # ticks a second: clips differ in the length of their frames, a little
_SOURCES = ("CLEVR", "AI2D", "TextVQA", "ScienceQA", "DVQA", "TQA", "OpenSpaces", "A-OKVQA")
_TYPES: Sequence[dict[str, Any]] = (
    {"problem_type": "multiple choice", "options": ["A. The square", "B. The shadow"], "solution": "A"},
    {"problem_type": "numerical", "options": [], "solution": "42"},
    {"problem_type": "OCR", "options": [], "solution": "mind the gap between the cells"},
    {"problem_type": "free-form", "options": [], "solution": "A bright square moves slowly to the right."},
    {"problem_type": "regression", "options": [], "solution": "12.5"},
)


def medium(number: int) -> tuple[str, str]:
    """Kind and path of the medium of this number."""
    return (
        ("image", f"pictures/{number}.jpg") if number % PICTURES == PICTURES - 1 else ("video", f"clips/{number}.mp4")
    )


def row(number: int, per_medium: int) -> dict[str, Any]:
    """The row of this number; the question says what is to be answered, which of every twentieth row is wrong."""
    kind, path = medium(number // per_medium)
    of_type = _TYPES[number % len(_TYPES)]
    said = "7" if number % WRONG == WRONG - 1 else of_type["solution"]
    return {
        "problem_id": number,
        "problem": f"What moves in part {number} of this scene, and where does it go? {asking(said)}",
        "data_type": kind,
        **of_type,
        "solution": f"<answer>{of_type['solution']}</answer>",
        "path": f"./{path}",
        "data_source": _SOURCES[number // per_medium % len(_SOURCES)] if kind == "image" else "made",
    }


def furnished(folder: Path, rows: int, per_medium: int) -> Path:
    """The folder with media and `questions.jsonl` for so many rows, `per_medium` of them about each."""
    for kind in ("clips", "pictures"):
        (folder / "media" / kind).mkdir(parents=True, exist_ok=True)
    for number in range(-(-rows // per_medium)):
        _film(folder / "media", number)
    with (folder / "questions.jsonl").open("w") as out:
        out.writelines(_lines(rows, per_medium))
    return folder


def _film(root: Path, number: int) -> None:
    kind, name = medium(number)
    path = root / name
    if kind == "image":
        path.write_bytes(jpeg((64 + number % 64, 64 + number // 64), f"#{number * 4099 % 2**24:06x}"))
    else:
        encode(path, [(_BASE + number) * i for i in range(SECONDS)], base=Fraction(1, _BASE))


def _lines(rows: int, per_medium: int) -> Iterator[str]:
    return (json.dumps(row(number, per_medium)) + "\n" for number in range(rows))


def settings(folder: Path, url: str, concurrency: int, *, top: str = "", model: str = "", draft: str = "") -> Path:
    """`curate.toml` in this folder; `top`, `model` and `draft` are more lines at its head, of each model, of draft."""
    text = f'{top}\n[input]\nfiles = ["questions.jsonl"]\nmedia_root = "media"\n'
    for stage, name in STAGES.items():
        text += f'[models.{name}]\nprovider = "openai"\nmodel = "{name}-1"\nbase_url = "{url}"\n'
        text += f"canary = false\nconcurrency = {concurrency}\n{model}\n"  # the servers here cannot read
        text += f'[stages.{stage}]\nmodel = "{name}"\n{draft if stage == "draft" else ""}\n'
    path = folder / "curate.toml"
    path.write_text(text)
    return path
