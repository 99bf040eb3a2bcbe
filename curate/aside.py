"""Blocking calls beside the loop, on threads that nobody waits for once a command has ended."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from curate.errors import CurateError

T = TypeVar("T")


async def aside(call: Callable[[], T]) -> T:
    """The result of this call, or the CurateError that it raised; any other error is a bug, and told as one.

    Unlike `asyncio.to_thread`, an interrupted command ends at once, wherever the call may be.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: Callable[[], None]) -> None:
        if not future.done():
            result()

    def work() -> None:
        done = partial(future.set_exception, RuntimeError("a call beside the loop broke off"))
        try:
            done = partial(future.set_result, call())
        except CurateError as error:
            done = partial(future.set_exception, error)
        finally:
            with suppress(RuntimeError):  # the loop has ended meanwhile, and with it whoever wanted to know
                loop.call_soon_threadsafe(settle, done)

    threading.Thread(target=work, name=__name__, daemon=True).start()
    return await future
