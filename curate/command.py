"""How a command runs to its end: Ctrl-C, its exit code, and the last line for machines."""

import asyncio
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from curate.console import Screen

log = logging.getLogger(__name__)

MOST_FILES = 65_536


def ended(job: Coroutine[Any, Any, int], after: str, waits: Callable[[], None] | None = None) -> int:
    """The exit code of this job; the first Ctrl-C waits for what is paid for, the second does not.

    A plain `kill`, as cluster schedulers send it, counts as a Ctrl-C, and so does a terminal that goes away.
    `waits` says what is waited for, and `after` is what an interrupt means.
    """

    async def stoppable() -> int:
        # Not by way of SIGINT: a job in the background of a script starts with that one ignored.
        asyncio.get_running_loop().set_exception_handler(_unheard)
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

    _roomy()
    try:
        return asyncio.run(stoppable())
    except (KeyboardInterrupt, asyncio.CancelledError):
        Screen().fail(f"interrupted: {after}")
        failed(130, "interrupted")
        return 130


def _roomy() -> None:
    """Let this process open as many files as the system lets it: each request in flight is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # some systems have a lower limit than they tell
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, MOST_FILES)), hard))


def _unheard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A failure that nobody waited for any more, since the whole command fails, is no news; all else is."""
    if "never retrieved" in context.get("message", ""):
        log.debug("%s: %r", context["message"], context.get("exception"))
    else:
        loop.default_exception_handler(context)


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
