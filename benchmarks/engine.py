"""What asking costs: the real pipeline beside a bare loop that posts as much JSON and appends the replies to a file.

One loopback server of fixed latency is asked for the drafts of many questions about one clip, whose captions were
bought before. Each contender runs in a fresh process; its CPU is that of this process alone, from just before the
asking to its end.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.decoders import cache
from benchmarks.loopback import ROOT, Loopback
from benchmarks.synthetic import furnished, settings

FLOOR, OURS = "floor", "curate"
DRAFT = "structured = true"
STEPS = 'steps = ["caption", "draft"]'
HEAD = """\
# What asking costs

Made by `make bench-engine BENCH=--write` (`python -m benchmarks.engine`): the drafts of many questions about one clip,
asked of a server on the same machine that answers after a fixed time. `floor` is a bare event loop that posts as much
JSON by hand-written HTTP, parses each reply and appends it to a file; `curate` is the real pipeline, with its prompts,
schema, parsing and durable journal; it starts with nothing but the captions in that journal. CPU is the client's alone.
"""
TAIL = """## What a failing disk costs

On a full disk nothing is lost: 16 MiB are kept back for the replies under way (256 at once, 1,500 drafts of 20 KB on a
disk of 32 MiB: every reply that was sent is in the journal). A disk that fails otherwise (an I/O error, a limit on the
size of a file) stops the run, too, and what it did not take is tried once more when all that was under way is in; what
it then still refuses is bought again by the next run, at most what was in flight, `concurrency` requests of each model
(226 of 2,801 in the same run under a limit of 20 MiB for a file).
"""
WRITTEN = ROOT / "docs" / "engine.md"


@dataclass(frozen=True, slots=True)
class Load:
    """So many requests, each answered after `latency` seconds, at most `flying` at once."""

    requests: int
    latency: float
    flying: int = 256

    @property
    def title(self) -> str:
        """What stands over its table."""
        return f"{self.requests:,} requests, {self.latency * 1000:g} ms each, {self.flying} in flight"


LOADS = (Load(2_000, 0.2), Load(20_000, 0.05))
QUICK = (Load(1_000, 0.05),)
MODELS = ("", 'client = "openai"')  # what the models' settings say beside the rest


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took: requests a second, CPU ms and bytes of a request, MiB at most, seconds to the first request.

    `connections` are how many it made.
    """

    rate: float
    cpu: float
    peak: float
    start: float
    connections: float
    size: float


def run(name: str, model: str, load: Load) -> Cost:
    """One contender with these more lines for its model, in a fresh process and a fresh folder."""
    with tempfile.TemporaryDirectory(dir=cache("bench-engine")) as scratch, Loopback(load.latency) as server:
        folder = Path(scratch)
        rest = _floor(folder, server, load) if name == FLOOR else _ours(folder, server, load, model)
        began = time.time()
        told = json.loads(_module(*rest))
        stats = server.stats()
    if sum(stats["requests"].values()) != load.requests:
        raise RuntimeError(f"{name} sent {stats['requests']} instead of {load.requests} requests")
    return Cost(
        rate=load.requests / told["wall"],
        cpu=told["cpu"] / load.requests * 1000,
        peak=told["peak"],
        start=stats["first"] - began,
        connections=stats["connections"] - 1,  # the last one asked for these figures
        size=stats["bytes"] / load.requests,
    )


def _floor(folder: Path, server: Loopback, load: Load) -> list[str]:
    return ["benchmarks.floor", str(server.port), str(load.requests), str(load.flying), str(folder / "replies.jsonl")]


def _ours(folder: Path, server: Loopback, load: Load, model: str) -> list[str]:
    """The folder with its captions bought, from another server."""
    furnished(folder, load.requests, load.requests)
    with Loopback(0) as seller:
        toml = settings(folder, seller.url, load.flying, top=STEPS, draft=DRAFT)
        _module("curate", "caption", "--quiet", "--limit", "1", "--settings", str(toml))
    return ["benchmarks.asker", str(settings(folder, server.url, load.flying, top=STEPS, model=model, draft=DRAFT))]


def _module(*command: str) -> str:
    """What this module of ours prints."""
    done = subprocess.run([sys.executable, "-m", *command], stdout=subprocess.PIPE, cwd=ROOT, check=True)  # noqa: S603
    return done.stdout.decode()


def measured(models: Sequence[str], load: Load, rounds: int) -> dict[str, list[Cost]]:
    """What each contender took, round after round: the floor, and ours once for each of these lines for its model."""
    contenders = {FLOOR: ""} | {f"{OURS}, `{model}`" if model else OURS: model for model in models}
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, model in contenders.items():
            cost = run(name, model, load)
            costs[name].append(cost)
            sys.stderr.write(f"{load.title}: {name}: {cost.rate:.0f}/s, {cost.cpu:.2f} ms\n")
    return costs


def table(costs: dict[str, list[Cost]], load: Load) -> list[str]:
    """The medians, as Markdown."""
    head = ("", "requests/s", "CPU ms a request", "÷ floor", "peak MB", "s to the first", "connections", "KB a request")
    lines = [f"## {load.title}", "", f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    floor = _of(costs[FLOOR], "cpu")
    for name, runs in costs.items():
        rate, cpu, peak, start, made, size = (_of(runs, what) for what in Cost.__slots__)
        figures = (f"{rate:,.0f}", f"{cpu:.2f}", f"{cpu / floor:.1f}", f"{peak:.0f}", f"{start:.2f}", f"{made:.0f}")
        lines.append(f"| {' | '.join((name, *figures, f'{size / 1000:.1f}'))} |")
    return [*lines, ""]


def _of(costs: Sequence[Cost], what: str) -> float:
    values: list[float] = [getattr(cost, what) for cost in costs]
    return median(values)


def report(models: Sequence[str], loads: Sequence[Load], rounds: int) -> str:
    """Runs it all, and puts it into Markdown."""
    lines = [HEAD, f"Medians of {rounds}; {os.cpu_count()} cores, Python {platform.python_version()}.", ""]
    for load in loads:
        lines += table(measured(models, load, rounds), load)
    return "\n".join([*lines, TAIL])


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="1,000 requests of 50 ms, one round")
    parser.add_argument("--rounds", type=int, help="how often each is measured (default 3)")
    parser.add_argument(
        "--model",
        action="append",
        metavar="LINES",
        help="more lines for the model's settings, '' for none; may come more than once (default: both clients)",
    )
    parser.add_argument("--write", type=Path, nargs="?", const=WRITTEN, metavar="FILE", help=f"default {WRITTEN.name}")
    asked: Any = parser.parse_args()
    rounds = asked.rounds or (1 if asked.quick else 3)
    text = report(asked.model or MODELS[: 1 if asked.quick else None], QUICK if asked.quick else LOADS, rounds)
    sys.stdout.write(text)
    if asked.write:
        asked.write.write_text(text)


if __name__ == "__main__":
    _main()
