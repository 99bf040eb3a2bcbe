"""What every process that serves the command has in common: it hears no Ctrl-C, and goes when its parent goes."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import connection, parent_process, resource_tracker


def tied() -> None:
    """End this process with its parent: one that was killed outright cannot stop its children."""
    threading.Thread(target=_leave_with_parent, daemon=True).start()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Threads and processes begun in here never see Ctrl-C, not even before their first line runs."""
    _tracked()  # the tracker would lift the mask when started later
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
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
