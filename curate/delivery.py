"""What a user sees of a push: what would be sent, each file that has arrived, and how it ended."""

import json
import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from rich.table import Table
from rich.text import Text

from curate import workfolder
from curate.aside import aside
from curate.console import Screen
from curate.errors import HubError, SettingsError
from curate.hub import Repository
from curate.parcel import CARD, Content, Plan, difference, parcel
from curate.push import Found, Push
from curate.swap import repair
from curate.words import printable, size

REPORT = "report.json"
COMMIT = re.compile(r"[0-9a-f]{7,40}")


class Options(NamedTuple):
    """How to push: for its owners only, only in words, and the commit on the Hub that may be replaced."""

    private: bool = False
    dry: bool = False
    parent: str | None = None


async def delivered(screen: Screen, work: Path, repository: Repository, options: Options) -> dict[str, Any]:
    """Push this work folder's publication, or show what would be sent; returns the same for machines."""
    if options.parent is not None and not COMMIT.fullmatch(options.parent):
        raise SettingsError("--parent: expected a commit, 7 to 40 digits of it")
    with workfolder.held(there(work), "push"):
        repair(work)
        delivery = _Delivery(screen, work, repository, options, await aside(partial(parcel, work, repository.name)))
        return await (delivery.shown() if options.dry else delivery.made())


def there(work: Path) -> Path:
    """The work folder. Raises SettingsError where nothing was ever made in it."""
    if not work.is_dir():
        raise SettingsError(f"no sets are published in {work}: `curate filter` or `curate run` writes them")
    return work


def unfinished(work: Path) -> str:
    """How many rows wait or failed by this work folder's report; "" where none does, or there is no report."""
    try:
        report = json.loads((work / REPORT).read_text())
        counts = {"rows wait for an answer": report["owed"], "rows failed": report["failed"]}
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


class _Delivery:
    """One push as it is told."""

    def __init__(
        self, screen: Screen, work: Path, repository: Repository, options: Options, ours: dict[str, Content]
    ) -> None:
        self._screen = screen
        self._work = work
        self._repository = repository
        self.push = Push(repository, work, ours, options.private, options.parent, screen.notice, self.arrived)
        self._waiting: list[str] = []
        self._arrived: list[str] = []

    async def made(self) -> dict[str, Any]:
        """Push, and say of each file when it has arrived."""
        self._doubt()
        found = await self.push.look()
        self._waiting = [path for path in found.plan.send if path != CARD]
        if not found.plan.empty:
            self._screen.say(self._intent(found, "sending"))
        commit = await self.push.push(found)
        these = "these sets already" if found.plan.empty else "the sets and their card"
        self._screen.say(f"{self._repository.name} holds {these}: {self._repository.url}", "green")
        return {**self._told(found.plan), "commit": commit}

    async def shown(self) -> dict[str, Any]:
        """Show what would be sent, and the card; the Hub is only read."""
        self._doubt()
        found = await self._seen()
        self._screen.show(self._table(found))
        card = self.push.card.decode()
        self._screen.show(Text(printable(card)))
        self._screen.say(self._intent(found, "would send"))
        return {**self._told(found.plan), "dry_run": True, "files": self._rows(found), "card": card}

    def arrived(self, path: str) -> None:
        """One file is on the Hub, or will be there with the commit."""
        if path == CARD:
            return
        self._arrived.append(path)
        total = sum(self.push.ours[path].size for path in self._waiting)
        there = sum(self.push.ours[path].size for path in self._arrived)
        self._screen.say(f"{path} has arrived: {len(self._arrived)} of {len(self._waiting)}, {size(there)}")
        counts = {"files": len(self._arrived), "of": len(self._waiting), "bytes": there, "bytes_of": total}
        self._screen.event("progress", {"arrived": path, **counts})

    def _doubt(self) -> None:
        """Tell of rows that the published sets do not have yet."""
        if missing := unfinished(self._work):
            told = f"this run is not finished: {missing}"
            self._screen.warn(f"{told}; `curate run` asks for them, and another push adds them")

    async def _seen(self) -> Found:
        """What would be done, as far as the Hub can be asked."""
        why = None if self._repository.token else "there is no token (HF_TOKEN, or `hf auth login`)"
        if why is None:
            try:
                return await self.push.look()
            except HubError as error:
                why = str(error)
        self._screen.warn(f"what the Hub holds already was not looked at: {why}")
        return Found(None, {}, difference(self.push.ours, {}))

    def _intent(self, found: Found, verb: str) -> str:
        files, total = len(found.plan.send), size(self._bytes(found.plan.send))
        removed = f", removing {len(found.plan.remove)}" if found.plan.remove else ""
        return f"{verb} {files} of {len(self.push.ours)} files, {total}, to {self._repository.name}{removed}"

    def _bytes(self, paths: Iterable[str]) -> int:
        return sum(self.push.ours[path].size for path in paths)

    def _rows(self, found: Found) -> list[dict[str, Any]]:
        """Every file and what becomes of it."""
        plan, held = found.plan, found.held
        done = {path: "change" if path in held else "add" for path in plan.send}
        done |= dict.fromkeys(plan.same, "keep") | dict.fromkeys(plan.remove, "remove")
        sizes = {path: content.size for path, content in (*held.items(), *self.push.ours.items())}
        return [{"path": path, "bytes": sizes[path], "action": done[path]} for path in sorted(done)]

    def _table(self, found: Found) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("file")
        table.add_column("size", justify="right")
        table.add_column("what")
        for row in self._rows(found):
            table.add_row(Text(printable(row["path"])), size(row["bytes"]), row["action"])
        return table

    def _told(self, plan: Plan) -> dict[str, Any]:
        lists = {"sent": list(plan.send), "unchanged": list(plan.same), "removed": list(plan.remove)}
        where = {"repository": self._repository.name, "url": self._repository.url}
        return {**where, "bytes": self._bytes(plan.send), **lists}
