"""RL rows for EasyR1 (github.com/hiyouga/EasyR1, verl/utils/dataset.py)."""

from typing import ClassVar

from curate.layout import Layout, Sparse
from curate.record import Output, Record
from curate.tags import answer_in
from curate.turns import marked


class EasyR1Row(Sparse):
    """A question and its bare answer.

    EasyR1 looks which of the keys `images` and `videos` a file has, so JSON leaves out the one without media.
    """

    absent: ClassVar[frozenset[str]] = frozenset({"images", "videos"})
    problem: str
    answer: str
    images: tuple[str, ...] | None = None
    videos: tuple[str, ...] | None = None
    problem_id: int
    problem_type: str
    data_source: str
    pass_rate: float | None = None


class EasyR1Layout(Layout):
    """Questions as EasyR1 reads them, for RL only; it takes videos and images in files of their own."""

    rl = EasyR1Row

    def row(self, record: Record) -> Output:
        """The question behind its marker, the answer without tags."""
        return EasyR1Row(
            problem=marked(record),
            answer=answer_in(record.solution) or "",
            problem_id=record.problem_id,
            problem_type=record.problem_type,
            data_source=record.data_source,
            pass_rate=record.pass_rate,
            **{f"{record.data_type}s": (self.path(record),)},
        )
