"""How right filters are on sentences labelled by hand. `python -m tests.precision` prints docs/filters.md's table."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from curate.declining import unseen
from curate.filter import Filter
from curate.filters.answer import AnswerFilter
from curate.filters.consistency import ConsistencyFilter
from curate.filters.leak import LeakFilter
from curate.filters.refusal import RefusalFilter
from curate.record import Record, Thought
from tests.records import drafted, record


class Declined(Filter):
    """What the caption stage makes of words that should be a record."""

    def reason(self, record: Record) -> str | None:
        """Those around what refuses."""
        return unseen(record[Thought].thinking)


LISTS = Path(__file__).parent / "labelled"


@dataclass(frozen=True)
class Measured:
    """What a filter made of a list; `dropped` and `kept` are its mistakes."""

    right: int
    dropped: tuple[str, ...]
    kept: tuple[str, ...]
    total: int

    @property
    def precision(self) -> float:
        """Of what was dropped, the share that had to be."""
        return self.right / max(self.right + len(self.dropped), 1)

    @property
    def recall(self) -> float:
        """Of what had to be dropped, the share that was."""
        return self.right / max(self.right + len(self.kept), 1)


def labelled(name: str) -> Iterator[tuple[bool, list[str]]]:
    """Each line: whether it is to be dropped, and its other columns."""
    for line in (LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        verdict, *columns = line.split("\t")
        assert verdict in ("drop", "keep"), line
        yield verdict == "drop", columns


def sentence(columns: list[str]) -> Record:
    """A record whose thinking is this sentence."""
    return drafted(record(), columns[0])


def concluded(columns: list[str]) -> Record:
    """A record from: problem type, options apart by " | ", answer, thinking."""
    kind, options, answer, thinking = columns
    said = tuple(options.split(" | ")) if options else ()
    return drafted(record(problem_type=kind, options=said), thinking.replace("\\n", "\n"), answer)


def answered(columns: list[str]) -> Record:
    """A record from: problem type, options apart by " | ", reference, answer."""
    kind, options, reference, answer = columns
    said = tuple(options.split(" | ")) if options else ()
    made = record(problem_type=kind, options=said, solution=f"<answer>{reference}</answer>")
    return drafted(made, answer=answer.replace("\\n", "\n") if options else answer)


MEASURED: dict[str, tuple[Filter, Callable[[list[str]], Record]]] = {
    "leak": (LeakFilter(), sentence),
    "leak-unseen": (LeakFilter(), sentence),
    "leak-drafts": (LeakFilter(), sentence),
    "leak-drafts-held-out": (LeakFilter(), sentence),
    "leak-voices": (LeakFilter(), sentence),
    "leak-voices-held-out": (LeakFilter(), sentence),
    "leak-readers": (LeakFilter(), sentence),
    "leak-visitors": (LeakFilter(), sentence),
    "leak-prose": (LeakFilter(), sentence),
    "leak-prose-unseen": (LeakFilter(), sentence),
    "leak-prose-held-out": (LeakFilter(), sentence),
    "refusal": (RefusalFilter(), sentence),
    "refusal-unseen": (RefusalFilter(), sentence),
    "refusal-drafts": (RefusalFilter(), sentence),
    "refusal-drafts-held-out": (RefusalFilter(), sentence),
    "declined": (Declined(), sentence),
    "declined-readers": (Declined(), sentence),
    "declined-held-out": (Declined(), sentence),
    "consistency": (ConsistencyFilter(), concluded),
    "consistency-unseen": (ConsistencyFilter(), concluded),
    "consistency-forms": (ConsistencyFilter(), concluded),
    "consistency-readers": (ConsistencyFilter(), concluded),
    "consistency-forms-unseen": (ConsistencyFilter(), concluded),
    "consistency-visitors": (ConsistencyFilter(), concluded),
    "consistency-endings": (ConsistencyFilter(), concluded),
    "consistency-endings-unseen": (ConsistencyFilter(), concluded),
    "consistency-endings-held-out": (ConsistencyFilter(), concluded),
    "answers": (AnswerFilter(), answered),
    "answers-unseen": (AnswerFilter(), answered),
    "answers-numbers": (AnswerFilter(), answered),
    "choices": (AnswerFilter(), answered),
    "choices-unseen": (AnswerFilter(), answered),
}


def measured(name: str) -> Measured:
    """How the filter does on the list of this name."""
    judge, made = MEASURED[name]
    right, dropped, kept, total = 0, [], [], 0
    for wanted, columns in labelled(name):
        total += 1
        found = judge.reason(made(columns)) is not None
        right += wanted and found
        if wanted != found:
            (kept if wanted else dropped).append("\t".join(columns))
    return Measured(right, tuple(dropped), tuple(kept), total)


def table() -> str:
    """The table for the documentation."""
    lines = ["| list | sentences | precision | recall |", "|---|---|---|---|"]
    for name in MEASURED:
        found = measured(name)
        lines.append(f"| `{name}` | {found.total} | {found.precision:.3f} | {found.recall:.3f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
