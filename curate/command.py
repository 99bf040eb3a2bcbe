"""How a command runs to its end: Ctrl-C, its exit code, and the last line for machines."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from curate import garbage
from curate.console import Screen


def ended(job: Coroutine[Any, Any, int], after: str, waits: Callable[[], None] | None = None) -> int:
    """The exit code of this job; the first Ctrl-C waits for what is paid for, the second does not.

    A plain `kill`, as cluster schedulers send it, counts as a Ctrl-C, and so does a terminal that goes away.
    `waits` says what is waited for, and `after` is what an interrupt means.
    """

    async def stoppable() -> int:
        # Not by way of SIGINT: a job in the background of a script starts with that one ignored.
        task = asyncio.current_task()
        if task is not None:
            _heard(task)
        work = asyncio.ensure_future(job)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            if waits is not None and not work.done():
                waits()
            work.cancel()
            return await work

    garbage.rarely()
    try:
        return asyncio.run(stoppable())
    except (KeyboardInterrupt, asyncio.CancelledError):
        Screen().fail(f"interrupted: {after}")
        failed(130, "interrupted")
        return 130


def _heard(task: "asyncio.Task[int]") -> None:
    """Have this task cancelled by what ends a command; a hangup that is ignored, as by nohup, stays so."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        terminals = [stream for stream in (1, 2) if os.isatty(stream)]
        loop.add_signal_handler(signal.SIGHUP, partial(_hung_up, task, terminals))


def _hung_up(task: "asyncio.Task[int]", terminals: list[int]) -> None:
    """Cancel the task, once: both the shell and the system send this. What is said to a lost terminal is dropped."""
    for stream in terminals:
        if not os.isatty(stream):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream)
            os.close(nowhere)
    if not task.cancelling():
        task.cancel()


def failed(code: int, error: str) -> None:
    """The last line for a machine where a command came to no result of its own."""
    words = sys.argv[1:]
    command = next((word for word in words if not word.startswith("-")), "")
    Screen(as_json="--json" in words).result({"command": command, "exit": code, "error": error})
