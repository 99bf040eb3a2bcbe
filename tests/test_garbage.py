"""How often a command looks for garbage: rarely, and yet it goes."""

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from curate import garbage
from curate.command import ended


class Loop:
    """Garbage that only a search finds."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    """Leaves the other tests what they had."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_a_command_rarely_looks_for_garbage_and_yet_finds_it():
    left: list[int] = []

    async def job() -> int:
        loops = [weakref.ref(Loop()) for _ in range(garbage.OFTEN)]
        kept = [[number] for number in range(2 * garbage.OFTEN)]
        left.append(sum(1 for loop in loops if loop()))
        return len(kept) - len(loops)

    gc.set_threshold(700)
    garbage.rarely()
    assert ended(job(), "") == garbage.OFTEN
    assert gc.get_threshold()[0] == garbage.OFTEN > 700
    assert left[0] < 10  # but for those that were just being made


def test_every_command_begins_with_that():
    code = "import gc, sys; from curate.__main__ import main; sys.argv[1:] = ['--version']\n"
    code += "try:\n    main()\nfinally:\n    sys.stderr.write(str(gc.get_threshold()[0]))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, str(garbage.OFTEN))
