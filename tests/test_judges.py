"""Rows replayed side by side, in processes that leave nothing behind."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from curate import garbage, judges
from curate.errors import MediaError, SettingsError, StoreError
from curate.judges import MANY, MOST, PART, Part

PATIENCE = 60.0  # seconds for what a busy machine does late


def prepare(folder: Path, factor: int) -> tuple[Path, int]:
    """In a process of its own: leaves its number."""
    (folder / str(os.getpid())).touch()
    return folder, factor


def unprepared(folder: Path, factor: int) -> None:
    raise SettingsError("no such folder")


def judge(at: tuple[Path, int], numbers: Sequence[int]) -> Part:
    """The numbers times the factor, as lines."""
    return Part([], Counter(rows=len(numbers)), [str(number * at[1]) for number in numbers])


def searching(at: tuple[Path, int], numbers: Sequence[int]) -> Part:
    """How often this process looks for garbage."""
    return Part([], Counter(), [str(gc.get_threshold()[0])])


def killed(at: tuple[Path, int], numbers: Sequence[int]) -> Part:
    """As the kernel ends a process for want of memory, at the third part."""
    if numbers[0] == 2 * PART:
        os.kill(os.getpid(), signal.SIGKILL)
    return judge(at, numbers)


def failing(at: tuple[Path, int], numbers: Sequence[int]) -> Part:
    """The first part fails last, when another one has."""
    end, other = time.monotonic() + PATIENCE, at[0] / "failed"
    while numbers[0] == 0 and not other.exists() and time.monotonic() < end:
        time.sleep(0.05)
    if numbers[0] == 0:
        time.sleep(0.5)
    other.touch()
    raise MediaError("no such file", "x.mp4", lasting=False)


def endless(at: tuple[Path, int], numbers: Sequence[int]) -> Part:
    time.sleep(600)
    return judge(at, numbers)


async def judged(folder: Path, judge: str = "judge", prepare: str = "prepare", rows: int = 6 * PART + 1) -> list[Part]:
    """Rows judged by two processes."""
    found = judges.parts(range(rows), 2, f"{__name__}:{prepare}", f"{__name__}:{judge}", (folder, 3))
    return [part async for part in found]


def alive(folder: Path) -> list[int]:
    """Which of the processes that were prepared are still there."""
    return [int(entry.name) for entry in folder.glob("[0-9]*") if Path("/proc", entry.name).exists()]


def settled(folder: Path, number: int) -> bool:
    """Whether at last so many processes have been prepared, or (0) none of them is left."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if (not alive(folder)) if number == 0 else len(list(folder.iterdir())) >= number:
            return True
        time.sleep(0.05)
    return False


def untold(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What asyncio says of errors that nobody took."""
    gc.collect()
    return [record.getMessage() for record in caplog.records]


def test_parts_come_in_order_from_more_than_one_process(tmp_path):
    parts = asyncio.run(judged(tmp_path))
    assert [line for part in parts for line in part.notices] == [str(3 * n) for n in range(6 * PART + 1)]
    assert [part.extras["rows"] for part in parts] == [*[PART] * 6, 1]
    assert 1 <= len(list(tmp_path.iterdir())) <= 2
    assert alive(tmp_path) == []


def test_the_processes_rarely_look_for_garbage(tmp_path):
    found = asyncio.run(judged(tmp_path, "searching"))
    assert {line for part in found for line in part.notices} == {str(garbage.OFTEN)}


def test_no_rows_have_no_parts(tmp_path):
    assert asyncio.run(judged(tmp_path, rows=0)) == []
    assert alive(tmp_path) == []


def test_a_process_that_is_killed_is_a_clear_error(tmp_path, caplog):
    with pytest.raises(StoreError, match=r"a process that replays rows was killed .* too little memory") as caught:
        asyncio.run(judged(tmp_path, "killed"))
    assert "\n" not in str(caught.value)
    del caught  # its traceback holds what is to be let go of
    assert alive(tmp_path) == []
    assert untold(caplog) == []


def test_what_a_judge_raises_comes_back_as_it_was(tmp_path, caplog):
    with pytest.raises(MediaError, match=r"no such file: x\.mp4") as caught:
        asyncio.run(judged(tmp_path, "failing"))
    assert not caught.value.lasting
    del caught
    assert alive(tmp_path) == []
    assert untold(caplog) == []


def test_what_cannot_be_prepared_comes_back_as_it_was(tmp_path, caplog):
    with pytest.raises(SettingsError, match="no such folder"):
        asyncio.run(asyncio.wait_for(judged(tmp_path, prepare="unprepared"), PATIENCE))
    assert untold(caplog) == []


def test_a_run_that_is_cancelled_leaves_no_process_behind(tmp_path, caplog):
    async def main() -> None:
        task = asyncio.create_task(judged(tmp_path, "endless"))
        assert await asyncio.to_thread(settled, tmp_path, 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert alive(tmp_path) == []

    asyncio.run(main())
    assert untold(caplog) == []


INTERRUPTED = """
import asyncio, sys
from pathlib import Path
from tests.test_judges import judged
if __name__ == "__main__":
    try:
        asyncio.run(judged(Path(sys.argv[1]), "endless"))
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_an_interrupt_or_a_kill_leaves_no_process_behind(tmp_path, how, code):
    """An interrupt as a terminal sends it, to the whole group."""
    script, folder = tmp_path / "interrupted.py", tmp_path / "processes"
    script.write_text(INTERRUPTED)
    folder.mkdir()
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, str(script), str(folder)]
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # whoever tests in the background has it ignored
    process = subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=heard
    )
    assert settled(folder, 2)
    os.killpg(process.pid, how) if how == signal.SIGINT else process.send_signal(how)
    said = process.communicate(timeout=PATIENCE)[1]
    assert how == signal.SIGKILL or said == ""
    assert process.returncode == code
    assert settled(folder, 0)


@pytest.mark.parametrize(
    ("cores", "rows", "processes"),
    [(8, MANY, 8), (8, MANY - 1, 0), (1, 10 * MANY, 0), (None, MANY, 0), (64, MANY, MOST), (2, MANY, 2)],
)
def test_processes_are_begun_where_they_are_worth_it(monkeypatch, cores, rows, processes):
    monkeypatch.setattr(judges.os, "cpu_count", lambda: cores)
    assert judges.wanted(rows) == processes
