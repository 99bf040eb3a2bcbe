"""The real pipeline asking for drafts, and what that took."""

import argparse
import asyncio
from pathlib import Path

from benchmarks.cost import Clock
from curate import garbage
from curate.pipeline import Scope, opened
from curate.progress import Progress
from curate.settings import Settings, load


async def asked(settings: Settings, progress: Progress) -> None:
    """Ask what the draft stage owes."""
    async with opened(settings, Scope(), progress, holds=True) as pipeline:
        await pipeline.ask("draft")


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.asker", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("settings", type=Path)
    garbage.rarely()  # as every command does
    settings, progress = load(parser.parse_args().settings), Progress()
    clock = Clock()
    asyncio.run(asked(settings, progress))
    clock.tell()
    if progress.tally.failed or progress.tally.owed:
        raise SystemExit(f"failed: {progress.tally.failed}, owed: {progress.tally.owed}")


if __name__ == "__main__":
    _main()
