"""The checked-in JSON schemas: which output each stands for. `python -m tests.schemas` writes them anew."""

from pathlib import Path

from curate.captions.templates import OUTPUTS
from curate.captions.video import VideoCaption
from curate.jsonschema import generated, written
from curate.record import Output
from curate.stages.draft import StructuredDraft
from curate.stages.judge import Judgement
from curate.stages.revise import StructuredRevision

FOLDER = Path(__file__).parent.parent / "schemas"
ALL: dict[str, type[Output]] = {
    "caption/video": VideoCaption,
    **{f"caption/image/{template}": output for template, output in OUTPUTS.items()},
    "draft": StructuredDraft,
    "judge": Judgement,
    "revise": StructuredRevision,
}


def write(folder: Path = FOLDER) -> None:
    """Write every schema below this folder."""
    for name, output in ALL.items():
        path = folder / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(generated(output)), encoding="utf-8")


if __name__ == "__main__":
    write()
