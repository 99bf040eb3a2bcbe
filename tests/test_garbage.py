"""How often a command looks for garbage: rarely, and yet it goes."""

import gc
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
    assert ended(job(), "") == garbage.OFTEN
    assert gc.get_threshold()[0] == garbage.OFTEN > 700
    assert left[0] < 10  # but for those that were just being made
