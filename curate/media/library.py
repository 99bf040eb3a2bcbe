"""From a row's path to a `Medium`, found out once and remembered."""

import asyncio
from collections import OrderedDict
from pathlib import Path
from typing import Protocol

from curate.errors import MediaError
from curate.media.facts import Facts
from curate.media.flights import Flights
from curate.media.memory import Memory
from curate.media.place import Place, content_hash, placed, unchanged
from curate.medium import Kind, Medium

_MOST_AT_HAND = 4096


class Prober(Protocol):
    """What the library needs of `Eyes`."""

    async def probe(self, path: Path, kind: Kind) -> Facts:
        """What is known of the file at this path. Raises MediaError."""


class Library:
    """Media below one root, remembered in one SQLite file. Lives in one event loop.

    Raises StoreError where the file is damaged, foreign, locked or the disk is full.
    """

    def __init__(self, path: Path, root: Path, eyes: Prober) -> None:
        self._root = root.resolve()
        self._memory = Memory(path, self._root)
        self._eyes = eyes
        self._flights: Flights[Medium] = Flights()
        self._at_hand: OrderedDict[tuple[str, Kind], tuple[Place, Medium]] = OrderedDict()

    async def identify(self, row_path: str, kind: Kind) -> Medium:
        """The medium that a row's path ("./a/b.mp4") names. Raises MediaError, StoreError.

        The content is hashed once per path, size and time of change, and probed once per content; a
        fault found by probing is remembered too, unless it was the decoder's own.
        """
        key = (row_path, kind)
        if key in self._at_hand:
            place, medium = self._at_hand[key]
            if unchanged(place):
                self._at_hand.move_to_end(key)
                return medium
        return await self._flights.share(key, lambda: self._identified(row_path, kind))

    def mark_unreadable(self, sha256: str, kind: Kind, error: MediaError) -> None:
        """Remember that this content cannot be shown: from now on `identify` raises this error."""
        self._memory.keep(sha256, kind, error)
        gone = [k for k, (_, m) in self._at_hand.items() if (m.sha256, m.kind) == (sha256, kind)]
        for key in gone:
            del self._at_hand[key]

    def close(self) -> None:
        """Let go of the store."""
        self._flights.cancel()
        self._memory.close()

    async def _identified(self, row_path: str, kind: Kind) -> Medium:
        place = await asyncio.to_thread(placed, self._root, row_path)
        sha256 = self._memory.hash_of(place)
        if sha256 is None:
            sha256 = await asyncio.to_thread(content_hash, place)
            self._memory.keep_hash(place, sha256)
        facts = self._memory.found(sha256, kind) or await self._probed(place, sha256, kind)
        if isinstance(facts, MediaError):
            raise facts
        medium = Medium(sha256, kind, place.path, facts.width, facts.height, facts.times, facts.fps, facts.codec)
        self._hand(row_path, kind, place, medium)
        return medium

    async def _probed(self, place: Place, sha256: str, kind: Kind) -> Facts:
        try:
            facts = await self._eyes.probe(place.path, kind)
        except MediaError as error:
            if error.lasting:
                self._memory.keep(sha256, kind, error)
            raise
        self._memory.keep(sha256, kind, facts)
        return facts

    def _hand(self, row_path: str, kind: Kind, place: Place, medium: Medium) -> None:
        self._at_hand[row_path, kind] = place, medium
        self._at_hand.move_to_end((row_path, kind))
        if len(self._at_hand) > _MOST_AT_HAND:
            self._at_hand.popitem(last=False)
