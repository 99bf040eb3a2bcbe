"""Pushing a publication to the Hub: in one commit, upon what is known of the repository, or not at all.

Files that the Hub has are not sent again, shards that are published no more are removed with the same commit, and
what the Hub holds in the end is read again and compared.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential

import curate
from curate.aside import aside
from curate.errors import HubError, SettingsError, StaleError, StoreError, TransientError
from curate.hub import Head, Repository
from curate.parcel import CARD, OURS, Content, Files, Plan, addressed, difference
from curate.pushed import Pushed

log = logging.getLogger(__name__)
T = TypeVar("T")

TRIES = 6
PAUSE = wait_exponential(multiplier=1, max=60)  # seconds, where the Hub does not say how long
LONGEST = 600.0  # seconds that the Hub may want to be left alone
AT_ONCE = 4  # files on their way
NEW = "0" * 40  # where a repository stands that is not made yet
AGAIN = "run the same command again, what the Hub has is not sent twice"


@dataclass(frozen=True, slots=True)
class Found:
    """A repository as it was found: where it stands (None: it is still to be made), and what is to be done to it."""

    head: Head | None
    held: Files
    plan: Plan


@dataclass(frozen=True)
class Push:
    """One push of a work folder: `ours` are its files, `parent` the commit that a user allowed to build upon.

    `say` is told what a person waits for, `sent` of every file that has arrived.
    """

    repository: Repository
    work: Path
    ours: dict[str, Content]
    private: bool
    parent: str | None
    say: Callable[[str], None]
    sent: Callable[[str], None] = field(default=lambda path: None)

    @property
    def card(self) -> bytes:
        """The card as it is sent."""
        return addressed(self.work, self.repository.name)

    async def look(self) -> Found:
        """What is to be done; nothing is changed. Raises SettingsError where it cannot or must not be."""
        if not self.repository.token:
            raise SettingsError("no token for the Hub: set HF_TOKEN or run `hf auth login`")
        await self._hub(partial(self.repository.check, self.card.decode()))
        return await self._found()

    async def push(self, found: Found) -> str:
        """Do it; returns the commit that the repository stands at. Raises SettingsError or HubError."""
        if found.head is None:
            await self._hub(partial(self.repository.create, self.private))
            found = await self._found()
            if found.head is None:
                raise SettingsError(f"the Hub made {self.repository.name} but does not show it to this token")
        self._note(found.head.commit)  # before the commit, which a kill may keep from being noted
        if found.plan.empty:
            return found.head.commit
        additions = await self._uploaded(found.plan.send)
        commit = await self._committed(found, additions)
        log.debug("commit %s upon %s", commit, found.head.commit)
        await self._verify(commit)
        self._note(commit)
        return commit

    async def _found(self) -> Found:
        head = await self._hub(self.repository.head)
        if head is None:
            return Found(None, {}, difference(self.ours, {}))
        if self.private and not head.private:
            raise SettingsError(f"{self.repository.name} is public: make it private on {self.repository.url}/settings")
        held = await self._hub(partial(self.repository.files, head.commit))
        plan = difference(self.ours, held)
        if not plan.empty:
            self._allow(head.commit, held)
        return Found(head, held, plan)

    def _allow(self, commit: str, held: Files) -> None:
        """Raise StaleError where this would undo what was pushed from elsewhere, unless a user said so."""
        if self.parent is not None:
            if commit.startswith(self.parent):
                return
            raise StaleError(f"--parent: {self.repository.name} stands at {commit[:12]}, not at {self.parent}")
        strange = sorted(path for path in held if OURS.fullmatch(path))
        if strange and not Pushed(self.work).knows(self.repository.url, commit, held):
            raise StaleError(
                f"{self.repository.name} was changed from elsewhere, so nothing was sent: look at "
                f"{self.repository.url}/commits/main; `--parent {commit[:12]}` replaces its sets and card"
            )

    async def _uploaded(self, paths: Sequence[str]) -> list[Any]:
        gate = asyncio.Semaphore(AT_ONCE)

        async def upload(path: str) -> Any:
            source = self.card if path == CARD else self.work / path
            addition = await aside(partial(self.repository.addition, path, source))
            async with gate:
                await self._hub(partial(self.repository.upload, addition))
            log.debug("%s: sent", path)
            self.sent(path)
            return addition

        return list(await asyncio.gather(*map(upload, paths)))

    async def _committed(self, found: Found, additions: Sequence[Any]) -> str:
        """The commit with these files. One whose answer was lost is found again instead of made twice."""
        parent = found.head.commit if found.head else NEW
        message = f"Sets and card, written by curate {curate.__version__}"

        def commit() -> str:
            head = self.repository.head()
            if head is None:
                raise SettingsError(f"{self.repository.name} is gone from the Hub")
            if head.commit == parent:
                return self.repository.commit(message, additions, found.plan.remove, parent)
            if difference(self.ours, self.repository.files(head.commit)).empty:
                return head.commit
            raise StaleError(
                f"{self.repository.name} was changed from elsewhere meanwhile, so nothing was sent: look at "
                f"{self.repository.url}/commits/main; `--parent {head.commit[:12]}` replaces its sets and card"
            )

        try:
            return await self._hub(commit)
        except StaleError:
            return await self._hub(commit)  # whose words say where it stands now, and what to do

    async def _verify(self, commit: str) -> None:
        """Raise HubError where the Hub does not hold at this commit what was sent."""
        plan = difference(self.ours, await self._hub(partial(self.repository.files, commit)))
        if not plan.empty:
            odd = (*plan.send, *plan.remove)[0]
            raise HubError(f"{self.repository.name} does not hold what was sent, {odd} for one: {AGAIN}")

    async def _hub(self, call: Callable[[], T]) -> T:
        """The result of one call, tried again with growing pauses where that may help."""

        def pause(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            wish = error.retry_after if isinstance(error, TransientError) else None
            return min(wish, LONGEST) if wish is not None else PAUSE(state)

        def waits(state: RetryCallState) -> None:
            fault = state.outcome.exception() if state.outcome else ""
            line = f"{fault}: again in {state.upcoming_sleep:.0f} s"
            log.debug("%s", line)
            self.say(line)

        tries = AsyncRetrying(
            retry=retry_if_exception_type(TransientError),
            stop=stop_after_attempt(TRIES),
            wait=pause,
            before_sleep=waits,
            reraise=True,
        )
        try:
            return await tries(aside, call)
        except TransientError as error:
            raise HubError(f"{error}: {AGAIN}") from error

    def _note(self, commit: str) -> None:
        try:
            Pushed(self.work).note(self.repository.url, commit, self.ours)
        except StoreError as error:
            self.say(f"the next push will not know this one: {error}")
