"""What the report tells beyond counts by step: sources, lengths, changes, and which rows stand for the others.

Bounded however many rows come: counters of few keys, and the numbers of a few rows for each reason.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from curate.histogram import binned, edges, figures
from curate.measures import STEP, scattered
from curate.report import TYPES
from curate.verdict import Verdict

SOURCES = 24  # named in the report; the others together are OTHER
TRACKED = 1000  # counted one by one, the first that come
OTHER = "other"
CAUSES = 200  # reasons that rows are picked for
EXAMPLES = 3  # rows for each reason
LONGEST = 10_000  # words: a longer thinking counts as one of so many
DETAIL = 300  # characters
BINS = 40  # of the similarity

Cause = tuple[str, str, str]  # verdict, step, reason


class Pick(NamedTuple):
    """A row that stands for others: those picked have the least `lot`."""

    lot: int
    number: int
    detail: str = ""


class Findings:
    """Gathers what rows measured, in the order of the rows."""

    def __init__(self) -> None:
        self._sources: Counter[str] = Counter()
        self._kept: Counter[tuple[str, str]] = Counter()
        self._stopped: dict[Cause, Counter[tuple[str, str]]] = {}
        self._words: dict[str, dict[str, Counter[int]]] = {}
        self._alike: Counter[int] = Counter()
        self._picks: dict[Cause, dict[str, list[Pick]]] = {}
        self._changed: dict[int, list[Pick]] = {}

    def add(self, verdict: Verdict) -> None:
        """The next row."""
        stood, measures, kind = verdict.standing, verdict.measures, verdict.problem_type
        cause = (stood.kind, stood.step, stood.reason.partition(": ")[0])
        source = measures.source
        if source not in self._sources and len(self._sources) >= TRACKED:
            source = OTHER
        self._sources[source] += 1
        if cause[0] == "kept":
            self._kept[kind, source] += 1
        else:
            self._stopped.setdefault(cause, Counter())[kind, source] += 1
            self._pick(cause, kind, verdict)
        for stage, count in measures.words:
            self._words.setdefault(stage, {}).setdefault(kind, Counter())[min(count, LONGEST)] += 1
        if measures.kept is not None:
            self._alike[measures.kept] += 1
            if measures.kept < STEP:
                row = Pick(scattered(verdict.number), verdict.number)
                best(self._changed.setdefault(measures.kept, []), row)

    def picked(self) -> dict[Cause, list[Pick]]:
        """Up to three rows for each reason to reject or fail, of as many problem types as there are."""
        found = {}
        for cause, kinds in sorted(self._picks.items()):
            turns = [
                pick for turn in range(EXAMPLES) for kind in TYPES for pick in kinds.get(kind, [])[turn : turn + 1]
            ]
            found[cause] = turns[:EXAMPLES]
        return found

    def changed(self) -> list[Pick]:
        """Up to three rows whose thinking was changed: the most changed, one in the middle, the least changed.

        The ends are shown and no percentile, since what goes wrong (a draft written anew as a whole) is an outlier.
        """
        inside = {kept: n for kept, n in self._alike.items() if kept < STEP}
        if not inside:
            return []
        told = figures(inside)
        rows: list[Pick] = []
        for place in (told["min"], told["p50"], told["max"]):
            rows += [pick for pick in self._changed[place] if pick not in rows][:1]
        return rows

    def told(self, steps: Sequence[str]) -> dict[str, Any]:
        """All but the examples, as report.json holds it; reasons in the order of the steps, "input" first."""
        named = self._named()
        return {
            "data_sources": self._by_source(named),
            "rejections": [self._rejection(cause, named) for cause in self._causes(steps)],
            "lengths": self._lengths(steps),
            "changes": self._changes(),
        }

    def _pick(self, cause: Cause, kind: str, verdict: Verdict) -> None:
        if cause[0] != "owed" and (cause in self._picks or len(self._picks) < CAUSES):
            best(self._picks.setdefault(cause, {}).setdefault(kind, []), pick_of(verdict))

    def _causes(self, steps: Sequence[str]) -> list[Cause]:
        order = {step: at for at, step in enumerate(steps, 1)}
        return sorted(
            (cause for cause in self._stopped if cause[0] != "owed"),
            key=lambda cause: (order.get(cause[1], 0), -self._stopped[cause].total(), cause),
        )

    def _named(self) -> set[str]:
        """The sources with the most rows."""
        frequent = sorted((-n, source) for source, n in self._sources.items() if source != OTHER)
        return {source for _, source in frequent[:SOURCES]}

    def _by_source(self, named: set[str]) -> dict[str, dict[str, int]]:
        rows, kept = merged(self._sources, named), merged(Counter(_sources(self._kept)), named)
        return {source: {"rows": n, "kept": kept[source]} for source, n in ordered(rows)}

    def _rejection(self, cause: Cause, named: set[str]) -> dict[str, Any]:
        verdict, step, reason = cause
        cells = self._stopped[cause]
        kinds = {k: Counter({s: n for (kind, s), n in cells.items() if kind == k}) for k in TYPES}
        by = {kind: dict(ordered(merged(sources, named))) for kind, sources in kinds.items() if sources}
        return {"step": step, "reason": reason, "verdict": verdict, "rows": cells.total(), "by": by}

    def _lengths(self, steps: Sequence[str]) -> dict[str, Any]:
        bounds = edges(counts for kinds in self._words.values() for counts in kinds.values())
        stages = {
            stage: {kind: _binned(self._words[stage][kind], bounds) for kind in TYPES if kind in self._words[stage]}
            for stage in steps
            if stage in self._words
        }
        return {"unit": "words", "edges": bounds, "stages": stages}

    def _changes(self) -> dict[str, Any]:
        histogram = [0] * BINS
        for kept, n in self._alike.items():
            histogram[bin_of(kept)] += n
        bounds = [at / BINS for at in range(BINS + 1)]
        told = figures(self._alike, STEP) | {"unchanged": self._alike[STEP]}
        return told | {"edges": bounds, "histogram": histogram}


def bin_of(kept: int) -> int:
    """The bin of a similarity in thousandths; the whole belongs to the last."""
    return min(kept * BINS // STEP, BINS - 1)


def pick_of(verdict: Verdict) -> Pick:
    """The row of this verdict, as it is drawn."""
    detail = verdict.rejected.detail if verdict.rejected else ""
    return Pick(scattered(verdict.number), verdict.number, detail[:DETAIL])


def best(picks: list[Pick], row: Pick) -> None:
    """Keep the three with the least lot."""
    picks.append(row)
    picks.sort()
    del picks[EXAMPLES:]


def merged(counts: Mapping[str, int], named: set[str]) -> Counter[str]:
    """The counts with all sources but these as one."""
    found: Counter[str] = Counter()
    for source, n in counts.items():
        found[source if source in named else OTHER] += n
    return found


def ordered(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The most frequent first, what is together last."""
    return sorted(counts.items(), key=lambda item: (item[0] == OTHER, -item[1], item[0]))


def _binned(counts: Mapping[int, int], bounds: Sequence[int]) -> dict[str, Any]:
    return figures(counts) | {"histogram": binned(counts, bounds)}


def _sources(cells: Mapping[tuple[str, str], int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (_, source), n in cells.items():
        found[source] += n
    return found
