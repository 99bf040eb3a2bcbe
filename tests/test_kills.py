"""Killed again and again while a fifth of all requests fails: nothing paid for is lost or bought twice.

Told from outside: by the server's ledger, the journal's table of replies and the published files. Each
reply carries the number of its request as `prompt_tokens`, so that a purchase can be found in the journal.
`KILLS` in the environment sets how often the run is killed (`make test-kills`: 50).
"""

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from tests.chaos import ChaosServer, until
from tests.faults import Asked, Chance
from tests.media.media_samples import jpeg
from tests.workplace import Workplace, ended, picture, row

KILLS = int(os.environ.get("KILLS", "6"))
SEED = 20
ROWS = 60 + KILLS
LEAST = 2 * ROWS - 30  # different requests that the run needs at least, and some that are left to the last breath
OTHER, INVALID = "./other.jpg", 999
BEFORE = {"revise": "draft", "draft": "caption"}


@pytest.fixture
def unsteady() -> Iterator[ChaosServer]:
    """A server at which every fifth request fails."""
    with ChaosServer(Chance(0.2, SEED)) as server:
        yield server


@pytest.fixture
def place(tmp_path: Path, unsteady: ChaosServer) -> Workplace:
    """Many questions on three media, and a row that cannot be used."""
    place = Workplace(tmp_path / "place", unsteady.url)
    (place.folder / "media" / OTHER).write_bytes(jpeg((64, 48)))
    kinds = (row, picture, lambda number: picture(number, path=OTHER))
    rows = [kinds[number % 3](number) for number in range(ROWS)]
    place.questions([*rows, row(INVALID, problem_type="essay")])
    return place.settings(
        # With a seed, asking again for a reply that could not be read is another body.
        model="concurrency = 4\nmax_retries = 8\ntimeout = 6",
        stages="seed = 7\nattempts = 6",
        more="[media]\nworkers = 1\n",
    )


def test_what_clears_up_after_a_kill_says_nothing(place, unsteady):
    process = place.start("run", "--quiet")
    until(lambda: len(unsteady.asked) >= 4)
    process.kill()
    assert "resource_tracker" not in ended(process).err


class Account:
    """What was bought and what was kept, from kill to kill."""

    def __init__(self, place: Workplace, server: ChaosServer) -> None:
        self.place, self.server = place, server
        self.kept: set[int] = set()
        self.in_flight: Counter[str] = Counter()  # at how many kills a body was in flight
        self.oldest = 0.0  # of all replies that a kill took: seconds between its sending and the kill
        self._seen = 0

    def balance(self, ended: float) -> None:
        """Check the run that has ended at this time, by a kill or by itself."""
        self.server.settled()
        asked = self.server.asked[self._seen :]
        kept = numbers(self.place)
        assert self.kept <= kept, "a reply has gone from the journal"
        assert kept <= {one.number for one in self.server.bought}
        self._nothing_again(asked)
        self._kept_before_used(asked, kept)
        self.oldest = max([self.oldest, *(ended - (one.left or 0) for one in asked if lost(one, kept))])
        safe = {self.server.asked[number - 1].digest for number in kept}
        self.in_flight.update({one.digest for one in asked} - safe)
        self.kept, self._seen = kept, self._seen + len(asked)

    def _nothing_again(self, asked: list[Asked]) -> None:
        """No body is asked whose reply was in the journal, or came earlier in the same run."""
        had = {self.server.asked[number - 1].digest for number in self.kept}
        for one in asked:
            assert one.digest not in had, f"asked again: {told(one)}"
            if one.bought:
                had.add(one.digest)

    def _kept_before_used(self, asked: list[Asked], kept: set[int]) -> None:
        """A question that rests on a reply goes out only when that reply is on the disk."""
        safe = {subject(one) for one in self.server.asked if one.number in kept and one.outcome == "200"}
        for one in asked:
            if before := BEFORE.get(one.stage):
                assert (before, part(one) if before == "draft" else medium(one)) in safe, told(one)

    def close(self) -> None:
        """The sum over all runs: a body was bought again at most as often as a kill met it in flight."""
        bought = Counter(one.digest for one in self.server.bought)
        for digest, times in bought.items():
            assert times - 1 <= self.in_flight[digest]
        assert bought.total() - len(bought) == bought.total() - len(self.kept) <= self.in_flight.total()


def lost(asked: Asked, kept: set[int]) -> bool:
    """Whether this was bought and never came to be kept."""
    return asked.bought and asked.number not in kept


def told(asked: Asked) -> str:
    """Which request that is, in one line."""
    return f"{asked.number}, {asked.stage}: … {' '.join(asked.text.split())[-200:]}"


def part(asked: Asked) -> str:
    """Which row a draft or a revision is about."""
    found = re.search(r"in part (\d+) of", asked.text)
    assert found, asked.text
    return found[1]


def medium(asked: Asked) -> str:
    """Whether a question is about the clip or about one of the pictures, as far as its words tell."""
    mark = "Frame at" if asked.stage == "caption" else "CAPTION of the clip"
    return "clip" if mark in asked.text else "picture"


def subject(asked: Asked) -> tuple[str, str]:
    """The stage, and what the request is about."""
    return asked.stage, medium(asked) if asked.stage == "caption" else part(asked)


def numbers(place: Workplace) -> set[int]:
    """The requests whose replies are in the journal; looked up in a copy, so that nothing is mended by looking."""
    copy = place.folder / "looked"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for file in place.work.glob("journal.sqlite*"):
        shutil.copy(file, copy)
    base = sqlite3.connect(copy / "journal.sqlite")
    try:
        if not base.execute("SELECT 1 FROM sqlite_master WHERE name = 'replies'").fetchone():
            return set()
        found = [number for (number,) in base.execute("SELECT prompt_tokens FROM replies")]
    finally:
        base.close()
    assert len(found) == len(set(found))
    return set(found)


def moments(kills: int) -> list[tuple[int, float]]:
    """When to kill: after so many different purchases, one in each part of the run, and then after a breath."""
    dice = random.Random(SEED)
    parts = [range(LEAST * n // kills, LEAST * (n + 1) // kills) for n in range(kills)]
    return [(dice.choice(part), dice.choice((0.0, dice.uniform(0, 0.25)))) for part in parts]


def killed(place: Workplace, server: ChaosServer, goal: int, breath: float) -> float:
    """Start the run and kill it, decoders and all, when so many different bodies are bought and one more is asked.

    Returns when that was (monotonic).
    """
    process = place.start("run", "--quiet")
    before = len(server.asked)
    until(lambda: process.poll() is not None or (len(server.asked) > before and different(server) >= goal))
    time.sleep(breath)
    now = time.monotonic()
    end(process)
    return now


def different(server: ChaosServer) -> int:
    """How many different bodies have been bought."""
    return len({one.digest for one in server.bought})


def end(process: "subprocess.Popen[str]") -> None:
    """SIGKILL for the process and all that it started; it must not have ended by itself."""
    os.killpg(process.pid, signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, said


def table(place: Workplace, name: str) -> list[dict[str, Any]]:
    files = sorted((place.work / name).glob("*.parquet"))
    return [r for file in files for r in pyarrow.parquet.read_table(file).to_pylist()]


def everything_is_there(place: Workplace) -> None:
    """Every row once in sft or rejected, every valid row once in rl."""
    sft, rl, rejected = ([r["problem_id"] for r in table(place, name)] for name in ("sft", "rl", "rejected"))
    assert sorted(sft + rejected) == [*range(ROWS), INVALID]
    assert sorted(rl) == [*range(ROWS)]
    assert INVALID in rejected
    assert all(r["step"] and r["reason"] for r in table(place, "rejected"))


def test_killed_at_random_moments_nothing_is_lost_and_nothing_bought_twice(place, unsteady):
    account = Account(place, unsteady)
    for goal, breath in moments(KILLS):
        account.balance(killed(place, unsteady, goal, breath))
    ran = ended(place.start("run"), timeout=300)
    account.balance(time.monotonic())
    account.close()
    assert ran.code in (0, 1)
    assert ran.code == 0 or "problem_id" in ran.err
    everything_is_there(place)
    sys.stderr.write(
        f"\n{KILLS} kills: {len(unsteady.asked)} requests, {len(unsteady.bought)} bought, {len(account.kept)} kept, "
        f"the oldest of the others sent {account.oldest:.2f} s before the kill\n"
    )
    before, sent = place.sets(), len(unsteady.asked)
    assert place.run("filter").code == ran.code
    assert len(unsteady.asked) == sent
    assert place.sets() == before


def test_killed_while_it_writes_the_sets_every_file_is_the_old_one_or_the_new_one(place, unsteady):
    """Two layouts in turn, each writing killed on its way; the last one is let through."""
    unsteady.rules.clear()
    place.questions([row(number) for number in range(12)])
    settings = [place.toml.read_text() + f'[sets.sft]\nlayout = "{name}"\n' for name in ("videorft", "video-r1")]
    sets = []
    for command, text in zip(("run", "filter"), settings, strict=True):
        place.toml.write_text(text)
        assert place.run(command).code == 0
        sets.append(place.sets())
    assert sets[0] != sets[1]
    sent = len(unsteady.asked)
    dice = random.Random(SEED)
    for turn in range(KILLS // 3):
        place.toml.write_text(settings[turn % 2])
        process = place.start("filter")
        there = folders(place)
        until(lambda there=there, process=process: folders(place) != there or process.poll() is not None)
        time.sleep(dice.uniform(0, 0.05))  # any moment will do, also one after the end
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        for name, held in place.sets().items():
            assert held in (sets[0].get(name), sets[1].get(name)), name
    assert place.run("filter").code == 0
    assert place.sets() == sets[(KILLS // 3 - 1) % 2]
    assert len(unsteady.asked) == sent


def folders(place: Workplace) -> set[str]:
    """The folders in the work folder; a new one is the sign that the sets are being written."""
    return {path.name for path in place.work.iterdir() if path.is_dir()}
