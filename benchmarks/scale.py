"""The whole pipeline over many rows against a loopback server: memory over time, and how long each command takes then.

The rows share tiny clips and pictures and are of every problem type; a few answers are wrong and a few revisions
break a rule. What is timed after the run: `filter`, a run that owes nothing, a run that owes one row, `status`.
"""

import argparse
import os
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.chart import chart, thinned
from benchmarks.decoders import cache
from benchmarks.loopback import ROOT, Loopback
from benchmarks.synthetic import furnished, settings
from benchmarks.watch import Watched, watched

ROWS = 31_000
SHARING = 100  # rows about one medium
LATENCY = 0.05
FLYING = 256
TABLE, PICTURE = ROOT / "docs" / "scale.md", ROOT / "docs" / "memory.svg"
OWE = """DELETE FROM replies WHERE rowid = (
    SELECT rowid FROM replies WHERE stage = 'draft' ORDER BY rowid LIMIT 1 OFFSET
    (SELECT COUNT(*) / 2 FROM replies WHERE stage = 'draft'))"""
HEAD = """\
# The whole pipeline over many rows

Made by `make bench-scale BENCH=--write` (`python -m benchmarks.scale`): the default steps over rows of every problem
type, {sharing} about each of the tiny clips and pictures, against a server on the same machine that answers after
{latency:g} ms, with {flying} requests in flight for each model. CPU is the command's with its decoders'; of memory,
pages that they share count for each. The owed row is in the middle: its draft was deleted.

{rows:,} rows; {cores} cores, Python {python}.

![Memory over time](memory.svg)

"""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table; `requests` were sent, the first of them `first` seconds after the start."""

    name: str
    ran: Watched
    requests: int
    first: float | None

    @property
    def cells(self) -> tuple[str, ...]:
        """As they stand in the table."""
        first = "–" if self.first is None else f"{self.first:.2f}"
        memory = (f"{self.ran.own_peak:.0f}", f"{self.ran.peak:.0f}")
        return (self.name, f"{self.ran.wall:.1f}", f"{self.ran.cpu:.1f}", *memory, f"{self.requests:,}", first)


def command(name: str, folder: Path, called: str) -> Line:
    """`curate NAME` in this folder, against a server of its own."""
    with Loopback(LATENCY) as server:
        settings(folder, server.url, FLYING)
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        ran = watched([sys.executable, "-m", "curate", name, "--quiet", "--json"], folder, environment)
        stats = server.stats()
    line = Line(called, ran, sum(stats["requests"].values()), stats["first"] - ran.began if stats["first"] else None)
    sys.stderr.write(f"{', '.join(line.cells)}\n")
    return line


def bought(folder: Path, rows: int) -> Line:
    """The folder made and all rows asked."""
    furnished(folder, rows, SHARING)
    (folder / "rows").write_text(str(rows))
    return command("run", folder, "`curate run`")


def afterwards(folder: Path) -> list[Line]:
    """What the commands take on a work folder that owes nothing, or one row."""
    lines = [command("filter", folder, "`curate filter`"), command("run", folder, "`curate run`, nothing owed")]
    with closing(sqlite3.connect(folder / "work" / "journal.sqlite", isolation_level=None)) as journal:
        journal.execute(OWE)
    lines.append(command("run", folder, "`curate run`, one row owed"))
    return [*lines, command("status", folder, "`curate status`")]


def table(lines: list[Line], rows: int) -> str:
    """All as Markdown."""
    head = ("", "s", "CPU s", "peak MB, itself", "peak MB, with decoders", "requests", "s to the first request")
    told = {"sharing": SHARING, "latency": LATENCY * 1000, "flying": FLYING, "rows": rows, "cores": os.cpu_count()}
    text = HEAD.format(**told, python=platform.python_version())
    text += f"| {' | '.join(head)} |\n|---|{'---:|' * (len(head) - 1)}\n"
    return text + "".join(f"| {' | '.join(line.cells)} |\n" for line in lines)


def picture(run: Watched, rows: int) -> str:
    """Memory over time, as SVG."""
    own = thinned([(look.at, look.own) for look in run.looks])
    children = thinned([(look.at, look.children) for look in run.looks])
    lines = (("curate run", own), ("its decoders together", children))
    return chart(f"Memory of curate run over {rows:,} rows", "seconds", "MB resident", lines)


@contextmanager
def place(keep: Path | None) -> Iterator[Path]:
    """The folder to work in: this one, or one that is gone afterwards."""
    if keep:
        keep.mkdir(parents=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(dir=cache("bench-scale")) as scratch:
        yield Path(scratch)


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=ROWS, help=f"default {ROWS:,}")
    parser.add_argument("--write", action="store_true", help="write docs/scale.md and docs/memory.svg")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--keep", type=Path, metavar="DIR", help="work there, and leave it there")
    where.add_argument("--reuse", type=Path, metavar="DIR", help="what --keep left: asks nothing anew, writes nothing")
    asked: Any = parser.parse_args()
    if asked.reuse:
        rows = int((asked.reuse / "rows").read_text())
        sys.stdout.write(table(afterwards(asked.reuse.resolve()), rows))
        return
    with place(asked.keep) as folder:
        run = bought(folder, asked.rows)
        text = table([run, *afterwards(folder)], asked.rows)
    sys.stdout.write(text)
    if asked.write:
        TABLE.write_text(text)
        PICTURE.write_text(picture(run.ran, asked.rows))


if __name__ == "__main__":
    _main()
