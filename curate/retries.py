"""Which rejected rows `--retry` asks about once more: each once in a round, however often its command is interrupted.

A round that was not asked to its end is noted in the work folder. Whoever asks for it again goes on with it, and no
reply of it is bought a second time; after that, the next one begins.
"""

import json
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

from curate.journal import Journal
from curate.workfolder import RETRIES, remember


class Retries:
    """The rounds of these reasons in this work folder; `say` hears of those that go on.

    A round is told by the newest reply that there was when it began. A note that cannot be read, or written, costs
    the rows of an interrupted round one more reply each.
    """

    def __init__(self, work: Path, reasons: Collection[str], journal: Journal, say: Callable[[str], None]) -> None:
        self._path = work / RETRIES
        self._journal = journal
        self._since: dict[str, int] = {}
        if not reasons:
            return
        noted = self._noted()
        for reason in sorted(reasons):
            if reason in noted:
                say(f"--retry {reason!r} goes on where it ended: what was asked again since is not asked once more")
            self._since[reason] = noted.get(reason, journal.last)
        self._note(noted | self._since)

    def due(self, reason: str, used: Sequence[str]) -> bool:
        """Whether a row that rests on these replies, and was dropped for this reason, is asked about once more."""
        since = self._since.get(reason)
        return since is not None and (not used or self._journal.place(used[-1]) <= since)

    def end(self) -> None:
        """These rounds are over."""
        if self._since:
            self._note({reason: since for reason, since in self._noted().items() if reason not in self._since})

    def _noted(self) -> dict[str, int]:
        try:
            noted = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        pairs = noted.items() if isinstance(noted, dict) else ()
        return {reason: since for reason, since in pairs if type(since) is int}

    def _note(self, rounds: dict[str, int]) -> None:
        if rounds:
            remember(self._path, json.dumps(rounds))
            return
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
