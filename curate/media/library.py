"""From a row's path to a `Medium`, found out once and remembered."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from curate.errors import MediaError
from curate.flights import Flights
from curate.media.facts import Facts
from curate.media.memory import Memory
from curate.media.place import Place, content_hash, placed, unchanged
from curate.medium import Kind, Medium

_MOST_AT_HAND = 4096


class Prober(Protocol):
    """What the library needs of `Eyes`."""

    async def probe(self, path: Path, kind: Kind) -> Facts:
        """What is known of the file at this path. Raises MediaError."""

    async def survey(self, path: Path, facts: Facts) -> Facts:
        """The same facts, with every frame marked that does not decode. Raises MediaError."""

    async def look(self, medium: Medium) -> bytes:
        """How a clip looks, in few bytes. Raises MediaError."""


class Library:
    """Media below one root, remembered in one SQLite file. Lives in one event loop.

    A clip that has lost more than `max_lost` of its frames (a share) is refused; of another the
    readable frames are used, and `say` is told once how much was lost. Raises StoreError where the
    file is damaged, foreign, locked or the disk is full.
    """

    def __init__(
        self,
        path: Path,
        root: Path,
        eyes: Prober,
        max_lost: float = 0.05,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._root = root.resolve()
        self._max_lost = max_lost
        self._say = say
        self._told: dict[str, int] = {}
        self._memory = Memory(path, self._root)
        self._eyes = eyes
        self._flights: Flights[Medium] = Flights()
        self._at_hand: OrderedDict[tuple[str, Kind], tuple[Place, Medium]] = OrderedDict()

    async def identify(self, row_path: str, kind: Kind) -> Medium:
        """The medium that a row's path ("./a/b.mp4") names. Raises MediaError, StoreError.

        The content is hashed once per path, size and time of change, and probed once per content; a
        fault found by probing is remembered too, unless it was the decoder's own.
        """
        if medium := self.at_hand(row_path, kind):
            return medium
        return await self._flights.share((row_path, kind), lambda: self._identified(row_path, kind))

    def at_hand(self, row_path: str, kind: Kind) -> Medium | None:
        """The medium that a row's path names, if it was identified just before and has not changed since."""
        key = (row_path, kind)
        if key in self._at_hand:
            place, medium = self._at_hand[key]
            if unchanged(place):
                self._at_hand.move_to_end(key)
                return medium
        return None

    def look(self, medium: Medium) -> bytes | None:
        """How a clip looks; None where nobody has looked yet."""
        return self._memory.look_of(medium.sha256)

    async def looked(self, medium: Medium) -> bytes:
        """How a clip looks, found out once for each content. Raises MediaError."""
        found = self.look(medium)
        if found is None:
            found = await self._eyes.look(medium)
            self._memory.keep_look(medium.sha256, found)
        return found

    async def surveyed(self, medium: Medium) -> Medium | None:
        """The medium again once every frame of it was tried, for a caller that met damage.

        None where the caller knew as much before. Raises MediaError where too much is lost.
        """
        facts = self._memory.found(medium.sha256, medium.kind)
        if not isinstance(facts, Facts):
            return None
        if not facts.surveyed:
            return await self._flights.share(medium.sha256, lambda: self._surveyed(medium, facts))
        known = facts.medium(medium.sha256, medium.kind, medium.path)
        return None if known == medium else self._admitted(known)

    def mark_unreadable(self, medium: Medium, error: MediaError) -> None:
        """Remember that this content cannot be shown: from now on `identify` raises this error.

        What a survey has found is enough by itself, and remains a matter of `max_lost`.
        """
        facts = self._memory.found(medium.sha256, medium.kind)
        if (
            isinstance(facts, Facts)
            and facts.medium(medium.sha256, medium.kind, medium.path).lost_share <= self._max_lost
        ):
            self._memory.keep(medium.sha256, medium.kind, error)
            self._let_go(medium.sha256, medium.kind)

    def forget(self, reason: str) -> None:
        """What was found to be unusable for this reason is to be looked at again."""
        self._memory.forget(reason)

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
        medium = self._admitted(facts.medium(sha256, kind, place.path))
        self._hand(row_path, kind, place, medium)
        return medium

    async def _surveyed(self, medium: Medium, facts: Facts) -> Medium:
        facts = await self._eyes.survey(medium.path, facts)
        self._memory.keep(medium.sha256, medium.kind, facts)
        self._let_go(medium.sha256, medium.kind)
        return self._admitted(facts.medium(medium.sha256, medium.kind, medium.path))

    def _admitted(self, medium: Medium) -> Medium:
        """The medium, unless too much of it is lost."""
        if not medium.lost:
            return medium
        whole = len(medium.times) + medium.missing
        told = f"{medium.lost} of {whole} frames ({medium.lost_share:.1%}) cannot be read"
        if medium.lost_share > self._max_lost or len(medium.times.lost_frames) == len(medium.times):
            raise MediaError("damaged", told)
        if self._say and self._told.get(medium.sha256) != medium.lost:  # a closer look may find more
            self._told[medium.sha256] = medium.lost
            self._say(f"{medium.path.name}: {told}; the others are used")
        return medium

    def _let_go(self, sha256: str, kind: Kind) -> None:
        gone = [k for k, (_, m) in self._at_hand.items() if (m.sha256, m.kind) == (sha256, kind)]
        for key in gone:
            del self._at_hand[key]

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
