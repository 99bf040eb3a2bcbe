"""How a command runs to its end: Ctrl-C, its exit code, and the last line for machines."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from curate.console import Screen


def ended(job: Coroutine[Any, Any, int], after: str, waits: Callable[[], None] | None = None) -> int:
    """The exit code of this job; the first Ctrl-C waits for what is paid for, the second does not.

    A plain `kill`, as cluster schedulers send it, counts as a Ctrl-C. `waits` says what is waited for, and
    `after` is what an interrupt means.
    """

    async def stoppable() -> int:
        # Not by way of SIGINT: a job in the background of a script starts with that one ignored.
        task = asyncio.current_task()
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        work = asyncio.ensure_future(job)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            if waits is not None and not work.done():
                waits()
            work.cancel()
            return await work

    try:
        return asyncio.run(stoppable())
    except (KeyboardInterrupt, asyncio.CancelledError):
        Screen().fail(f"interrupted: {after}")
        failed(130, "interrupted")
        return 130


def failed(code: int, error: str) -> None:
    """The last line for a machine where a command came to no result of its own."""
    words = sys.argv[1:]
    command = next((word for word in words if not word.startswith("-")), "")
    Screen(as_json="--json" in words).result({"command": command, "exit": code, "error": error})
