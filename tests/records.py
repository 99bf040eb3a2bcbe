"""Records for tests: one line where a test needs a record, and only what it is about stands there."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from curate.chat import Media
from curate.medium import Medium
from curate.record import Record
from curate.stages.draft import Draft
from curate.stages.revise import Revision
from curate.timeline import Timeline

THINKING = (
    "Let me picture the kitchen. At the beginning a woman walks in with a red cup in her left hand. Around "
    "the middle she puts it on the table beside the window, and toward the end she is pouring milk. So the "
    "cup must be on the table."
)


def seconds(*times: float) -> Timeline:
    """The timeline of frames at these times."""
    return Timeline.of(Fraction(1, 10**9), [round(time * 10**9) for time in times])


VIDEO = Medium(
    sha256="5" * 64,
    kind="video",
    path=Path("media/a/kitchen.mp4"),
    width=64,
    height=48,
    times=seconds(0.0, 0.5, 1.0, 1.5),
    fps=2.0,
    codec="h264",
)


def shown(frames: Sequence[int], times: Sequence[float], max_pixels: int = 10_000, **changes: Any) -> Media:
    """These frames of a medium that shows them at these times, and others evenly between them."""
    every = np.interp(range(frames[-1] + 1), frames, times)
    fields = {"sha256": "0" * 64, "path": Path("x"), "times": seconds(*every), "fps": 25.0}
    return Media(replace(VIDEO, **fields | changes), tuple(frames), max_pixels)


def record(**changes: Any) -> Record:
    """A valid multiple choice record about a video, with these fields changed."""
    fields = {
        "problem_id": 7,
        "problem": "Where does the cup end up?",
        "data_type": "video",
        "problem_type": "multiple choice",
        "options": ("A. On the table", "B. In the sink"),
        "solution": "<answer>A</answer>",
        "path": "./a/kitchen.mp4",
        "data_source": "Kitchen",
        "medium": VIDEO,
    }
    return Record(**(fields | changes))


def drafted(record: Record, thinking: str = THINKING, answer: str | None = "A") -> Record:
    """The record with a draft."""
    return record.with_output(Draft(thinking=thinking, answer=answer))


def revised(record: Record, thinking: str = THINKING) -> Record:
    """The record with a revision."""
    return record.with_output(Revision(thinking=thinking))
