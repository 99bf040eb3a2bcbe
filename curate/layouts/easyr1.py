"""RL rows for EasyR1 (github.com/hiyouga/EasyR1, verl/utils/dataset.py)."""

import json
from collections.abc import Mapping
from typing import ClassVar

from curate.layout import Layout, Sparse
from curate.record import Output, Record
from curate.tags import answer_in
from curate.turns import marked


class EasyR1Row(Sparse):
    """A question and its bare answer; `reference` is JSON of all that a reward needs to know of it."""

    absent: ClassVar[frozenset[str]] = frozenset({"images", "videos"})
    problem: str
    answer: str
    reference: str
    problem_id: int
    problem_type: str
    data_source: str
    pass_rate: float | None = None


class ImageRow(EasyR1Row):
    """The same about an image."""

    images: tuple[str, ...]


class VideoRow(EasyR1Row):
    """The same about a video."""

    videos: tuple[str, ...]


class MixedRow(EasyR1Row):
    """Any of them; a file that EasyR1 reads has one kind only."""

    images: tuple[str, ...] | None = None
    videos: tuple[str, ...] | None = None


class EasyR1Layout(Layout):
    """Questions as EasyR1 reads them, for RL only.

    A file is about images as soon as it has a column `images`, whatever stands in it, and else about videos
    (at 8700709, `RLHFDataset._build_messages`): so each kind has a file, whose other column is not there.

    Its reward functions are handed one column of a row, the one called `data.answer_key`, whatever else the row
    holds (at 46c6c21, verl/workers/reward/function.py). So `reference` tells problem type and options, too.
    """

    rl = MixedRow
    apart: ClassVar[Mapping[str, type[Output]]] = {"image": ImageRow, "video": VideoRow}

    def row(self, record: Record) -> Output:
        """The question behind its marker, the answer without tags."""
        answer = answer_in(record.solution) or ""
        known = {"answer": answer, "problem_type": record.problem_type, "options": record.options}
        return MixedRow(
            problem=marked(record),
            answer=answer,
            reference=json.dumps(known, ensure_ascii=False),
            problem_id=record.problem_id,
            problem_type=record.problem_type,
            data_source=record.data_source,
            pass_rate=record.pass_rate,
            **{f"{record.data_type}s": (self.path(record),)},
        )
