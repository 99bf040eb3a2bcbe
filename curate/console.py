"""What a user sees: progress, tables, a record's story. All of it goes to stderr but results."""

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from curate.progress import Progress

PLAIN_EVERY = 10.0  # seconds between two lines of progress where stderr is no terminal
WINDOW = 60.0  # seconds over which a rate is taken


class Rates:
    """How fast each step goes: records a second over the last minute."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, dict[str, int]]] = deque()

    def note(self, now: float, passed: dict[str, int]) -> None:
        """Remember how many records had passed each step at this time (seconds)."""
        self._seen.append((now, dict(passed)))
        while len(self._seen) > 2 and now - self._seen[0][0] > WINDOW:
            self._seen.popleft()

    def of(self, step: str) -> float:
        """Records a second; 0.0 where nothing is known yet."""
        if len(self._seen) < 2:
            return 0.0
        (start, before), (end, after) = self._seen[0], self._seen[-1]
        gone = after.get(step, 0) - before.get(step, 0)
        return max(0.0, gone / (end - start)) if end > start else 0.0


class Screen:
    """Messages and progress to stderr, results to stdout; `quiet` leaves errors and results only."""

    def __init__(self, quiet: bool = False, as_json: bool = False) -> None:
        self.out = Console(file=sys.stdout)
        self.err = Console(file=sys.stderr, stderr=True)
        self._quiet = quiet
        self._json = as_json

    def say(self, text: str, style: str = "") -> None:
        """One line to stderr, unless quiet. The text is plain: no markup in it is obeyed."""
        if not self._quiet:
            self.err.print(Text(printable(text), style=style), soft_wrap=True)

    def warn(self, text: str) -> None:
        """One line that must not be missed."""
        self.err.print(Text(printable(text), style="yellow"), soft_wrap=True)

    def fail(self, text: str) -> None:
        """One line about what went wrong."""
        self.err.print(Text(printable(text), style="red"), soft_wrap=True)

    def show(self, renderable: Any) -> None:
        """A table or text to stdout, unless the result is JSON."""
        if not self._json:
            self.out.print(renderable, soft_wrap=isinstance(renderable, Text))

    def result(self, values: dict[str, Any]) -> None:
        """The machine-readable last line, where it was asked for."""
        if self._json:
            sys.stdout.write(json.dumps(values) + "\n")

    @contextmanager
    def watching(self, progress: Progress) -> Iterator[None]:
        """Show this progress until the block ends: live on a terminal, else a line now and then."""
        rates = Rates()
        if self._quiet:
            yield
        elif self.err.is_terminal:
            with Live(
                console=self.err,
                get_renderable=lambda: live_table(progress, rates),
                refresh_per_second=4,
                transient=True,
            ):
                yield
        else:
            done = threading.Event()
            thread = threading.Thread(target=self._plain, args=(progress, rates, done), daemon=True)
            thread.start()
            try:
                yield
            finally:
                done.set()
                thread.join()

    def _plain(self, progress: Progress, rates: Rates, done: threading.Event) -> None:
        while not done.wait(PLAIN_EVERY):
            rows = (" ".join([step, *cells]) for step, *cells in progress_rows(progress, rates))
            self.say("; ".join(rows))


def live_table(progress: Progress, rates: Rates) -> Table:
    """One line per step: done, owed, failed, rejected, rate, time left."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("step", "done", "owed", "rejected", "failed", "per second", "time left"):
        table.add_column(name, justify="left" if name == "step" else "right")
    for row in progress_rows(progress, rates):
        table.add_row(*row)
    return table


def progress_rows(progress: Progress, rates: Rates) -> list[list[str]]:
    """The cells of each step, in the order of the steps."""
    tally = progress.tally
    rates.note(time.monotonic(), dict(tally.passed))
    rows = []
    left = progress.total - total(tally.rejected, "input")
    for step in progress.steps:
        rejected, failed = total(tally.rejected, step), total(tally.failed, step)
        owed = max(0, left - tally.passed[step] - rejected - failed)
        rate = rates.of(step)
        ends = duration(owed / rate) if rate and owed else ("" if owed else "done")
        cells = [str(tally.passed[step]), str(owed), str(rejected or ""), str(failed or "")]
        asked = step in progress.asking
        rows.append([step, *cells, f"{rate:.2f}" if asked else "", ends if asked else ""])
        left -= rejected + failed + tally.owed[step]
    return rows


def passed(progress: Progress, step: str) -> int:
    """How many records got past this step; "input" is the first."""
    tally = progress.tally
    return tally.seen - total(tally.rejected, step) if step == "input" else tally.passed[step]


def total(counts: dict[tuple[str, str], int], step: str) -> int:
    """The sum over all reasons of one step."""
    return sum(number for (at, _), number in list(counts.items()) if at == step)


def duration(seconds: float) -> str:
    """Seconds as a person says them: "45 s", "12 min", "3.5 h", "2.1 days"."""
    for size, unit in ((86400, "days"), (3600, "h")):
        if seconds >= size * 1.5:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def printable(text: str) -> str:
    """Text without control characters, so that nothing from a file or a model drives the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)


def summary(progress: Progress) -> dict[str, Any]:
    """What a command did, for `--json`."""
    tally = progress.tally
    steps: dict[str, Any] = {}
    for step in ("input", *progress.steps):
        steps[step] = {
            "passed": passed(progress, step),
            "rejected": {reason: n for (at, reason), n in sorted(tally.rejected.items()) if at == step},
            "failed": {reason: n for (at, reason), n in sorted(tally.failed.items()) if at == step},
            "owed": tally.owed[step],
        }
    meters = progress.meters.values()
    return {
        "rows": progress.total,
        "steps": steps,
        "sent": sum(m.sent for m in meters),
        "replayed": sum(m.replayed for m in meters),
        "cost": round(sum(m.cost for m in meters), 6),
        "notices": progress.notices,
    }
