"""A command at work, watched from outside: its memory, that of its children, CPU and time."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE") / 2**20  # MiB
EVERY = 0.2  # seconds between two looks


@dataclass(frozen=True, slots=True)
class Look:
    """Memory `at` so many seconds after the start: MiB resident of the command, and of all its children together."""

    at: float
    own: float
    children: float


@dataclass(slots=True)
class Watched:
    """A command that came to its end. `began` is in seconds since 1970, `cpu` in seconds, with its children's."""

    began: float
    wall: float = 0.0
    cpu: float = 0.0
    out: str = ""
    looks: list[Look] = field(default_factory=list)

    @property
    def peak(self) -> float:
        """MiB resident at most, of the command and its children together; shared pages count for each."""
        return max((look.own + look.children for look in self.looks), default=0.0)

    @property
    def own_peak(self) -> float:
        """MiB resident at most, of the command alone."""
        return max((look.own for look in self.looks), default=0.0)


def watched(command: Sequence[str], folder: Path, environment: dict[str, str]) -> Watched:
    """Run this command in this folder to its end. Raises RuntimeError where it fails."""
    with (folder / "out").open("w+") as out:
        found = Watched(time.time())
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out)  # noqa: S603
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            found.looks.append(_look(process.pid, time.time() - found.began))
            time.sleep(EVERY)
        found.wall = time.time() - found.began
        process.returncode = os.waitstatus_to_exitcode(ended[1])
        found.cpu = ended[2].ru_utime + ended[2].ru_stime
        out.seek(0)
        found.out = out.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {found.out}")
    return found


def _look(pid: int, at: float) -> Look:
    parents = dict(filter(None, map(_parent, Path("/proc").glob("[0-9]*"))))
    below = [child for child in parents if _descends(child, pid, parents)]
    return Look(at, _resident(pid), sum(map(_resident, below)))


def _parent(entry: Path) -> tuple[int, int] | None:
    """A process and its parent; None where it has ended."""
    try:
        return int(entry.name), int((entry / "stat").read_text().rpartition(") ")[2].split()[1])
    except OSError:
        return None


def _descends(child: int, ancestor: int, parents: dict[int, int]) -> bool:
    parent = parents.get(child, 0)
    return parent == ancestor or (parent > 1 and _descends(parent, ancestor, parents))


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0.0
