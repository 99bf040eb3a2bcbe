import asyncio
import threading

import pytest

from curate.aside import aside
from curate.errors import StoreError


def test_the_result_comes_from_another_thread():
    here = threading.get_ident()
    assert asyncio.run(aside(threading.get_ident)) != here


def test_our_errors_come_through_as_they_are():
    def call():
        raise StoreError("the disk is full")

    with pytest.raises(StoreError, match=r"^the disk is full$"):
        asyncio.run(aside(call))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_is_told_and_stops_whoever_waits():
    told = []

    def call():
        raise ZeroDivisionError("a bug")

    threading.excepthook, before = (lambda args: told.append(args.exc_type)), threading.excepthook
    try:
        with pytest.raises(RuntimeError, match="broke off"):
            asyncio.run(aside(call))
        for thread in threading.enumerate():
            if thread.name == "curate.aside":
                thread.join()
    finally:
        threading.excepthook = before
    assert told == [ZeroDivisionError]


def test_nobody_waits_for_a_call_once_the_loop_has_ended():
    gate, done = threading.Event(), threading.Event()

    def call():
        gate.wait(60)
        done.set()

    async def interrupted():
        task = asyncio.ensure_future(aside(call))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(interrupted())
    assert not done.is_set()
    gate.set()
    assert done.wait(60)
