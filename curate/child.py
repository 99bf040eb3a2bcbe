"""What every process that serves the command has in common: it hears no Ctrl-C or hangup, and goes with its parent."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import connection, parent_process, resource_tracker

PATIENCE = 10.0  # seconds that stopped processes are waited for; they end with their parent, if not before


def tied() -> None:
    """End this process with its parent: one that was killed outright cannot stop its children."""
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def waited(join: Callable[[], object]) -> None:
    """Wait until this ends, but not for ever: a pool that is stopped at a bad moment may never say that it is gone."""
    thread = threading.Thread(target=join, daemon=True)
    thread.start()
    thread.join(PATIENCE)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Threads and processes begun in here never see Ctrl-C or a hangup, not even before their first line runs."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        _tracked()  # the tracker lifts the mask of Ctrl-C when it starts
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _tracked() -> None:
    """Start the process that clears up what a killed command leaves, and says nothing of it."""
    sys.warnoptions.append("ignore:resource_tracker")  # of which its own command line is made
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions.pop()


def _leave_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
