"""What is put into an inbox comes out in groups, in order, all of it."""

import threading
import time

import pytest

from curate.inbox import Inbox

LONG = 3600.0
SOON = 60.0  # seconds that a busy machine may take


class Reader:
    """A thread that takes groups out; the first only when told to."""

    def __init__(self, inbox: Inbox[int], start: bool = True) -> None:
        self.groups: list[list[int]] = []
        self._inbox = inbox
        self._thread = threading.Thread(target=self._read, daemon=True)
        if start:
            self._thread.start()

    def _read(self) -> None:
        for group in self._inbox.groups():
            self.groups.append(group)

    def ended(self) -> list[list[int]]:
        """All groups, once it has ended."""
        if not self._thread.ident:
            self._thread.start()
        self._thread.join(SOON)
        assert not self._thread.is_alive()
        return self.groups

    def has(self, groups: list[list[int]]) -> bool:
        """Whether these came, sooner or later."""
        end = time.monotonic() + SOON
        while self.groups != groups and time.monotonic() < end:
            time.sleep(0.01)
        return self.groups == groups


@pytest.mark.parametrize(
    ("many", "groups"), [(0, []), (1, [[0]]), (5, [[0, 1, 2, 3, 4]]), (7, [[0, 1, 2, 3, 4], [5, 6]])]
)
def test_what_waits_goes_together_up_to_the_most(many, groups):
    inbox: Inbox[int] = Inbox(3, 5, 0.0)
    for n in range(many):
        inbox.put(n)
    inbox.close()
    assert Reader(inbox, start=False).ended() == groups


def test_after_a_rest_nothing_waits_and_then_until_there_is_enough():
    inbox: Inbox[int] = Inbox(3, 100, LONG)
    reader = Reader(inbox)
    inbox.put(0)
    assert reader.has([[0]])
    inbox.put(1)
    inbox.put(2)
    time.sleep(0.2)
    assert reader.groups == [[0]]
    inbox.put(3)
    assert reader.has([[0], [1, 2, 3]])
    inbox.put(4)
    inbox.close()
    assert reader.ended() == [[0], [1, 2, 3], [4]]


def test_less_than_enough_goes_after_the_pause():
    inbox: Inbox[int] = Inbox(3, 100, 0.3)
    reader = Reader(inbox)
    inbox.put(0)
    assert reader.has([[0]])
    inbox.put(1)
    assert reader.has([[0], [1]])
    inbox.close()
    assert reader.ended() == [[0], [1]]


def test_nothing_is_lost_between_many_that_put_and_one_that_takes():
    inbox: Inbox[int] = Inbox(8, 16, 0.001)
    reader = Reader(inbox)
    threads = [
        threading.Thread(target=lambda first=first: [inbox.put(first + n) for n in range(5000)])
        for first in range(0, 20_000, 5000)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    inbox.close()
    taken = [n for group in reader.ended() for n in group]
    assert sorted(taken) == list(range(20_000))
    for one in range(4):  # what one thread puts in stays in order
        assert [n for n in taken if n // 5000 == one] == list(range(5000 * one, 5000 * (one + 1)))
    assert max(map(len, reader.groups)) <= 16
