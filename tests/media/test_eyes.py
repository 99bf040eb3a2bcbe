"""A clip may break its decoder; it costs no other clip, and nothing stays behind."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest
from media_samples import number

from curate.chat import Media
from curate.errors import MediaError
from curate.flights import Flights
from curate.media import worker
from curate.media.eyes import Eyes
from tests.media.corpus import ffmpeg

HANG = ("time", "sleep", 60)


@pytest.fixture
def eyes() -> Iterator[Eyes]:
    eyes = Eyes(workers=1, timeout=60)
    yield eyes
    eyes.close()


def workers() -> list[int]:
    return [child.pid for child in multiprocessing.active_children() if child.pid]


async def reason(work: Awaitable[Any]) -> str:
    with pytest.raises(MediaError) as caught:
        await work
    return caught.value.reason


def test_probe_frames_and_lines(eyes: Eyes, clip: Path) -> None:
    async def main() -> None:
        facts = await eyes.probe(clip, "video")
        assert len(facts.times) == 40
        media = Media(facts.medium("0" * 64, "video", clip), (4, 30), 10**6)
        assert [number(frame) for frame in await eyes.frames(media)] == [4, 30]
        first, second = await eyes.lines(media)
        assert first.startswith("At 00:00:00 the picture of 128x96 pixels is grey ")
        assert second.startswith("At 00:00:01 the picture of 128x96 pixels is grey ")
        assert await reason(eyes.probe(clip, "image")) == "not an image"

    asyncio.run(main())


def test_a_process_begins_before_it_is_needed(eyes: Eyes, clip: Path) -> None:
    async def main() -> None:
        before = set(workers())
        eyes.wake()
        async with asyncio.timeout(30):
            while not set(workers()) - before:
                await asyncio.sleep(0.01)
        begun = set(workers()) - before
        await eyes.probe(clip, "video")
        assert set(workers()) - before == begun

    asyncio.run(main())


def test_a_crash_costs_one_task(eyes: Eyes, clip: Path) -> None:
    async def main() -> None:
        waiting = asyncio.create_task(eyes.probe(clip, "video"))
        with pytest.raises(MediaError) as caught:
            await eyes._run("os", "abort")
        assert str(caught.value) == "decoder crashed: ended by SIGABRT"
        assert len((await waiting).times) == 40
        assert await reason(eyes._run("os", "_exit", 3)) == "decoder crashed"

    asyncio.run(main())


def test_a_worker_killed_at_work_or_at_rest(eyes: Eyes, clip: Path) -> None:
    async def main() -> None:
        working = asyncio.create_task(reason(eyes._run(*HANG)))
        await eyes_busy()
        os.kill(workers()[0], signal.SIGKILL)
        assert await working == "decoder crashed"
        assert len((await eyes.probe(clip, "video")).times) == 40
        os.kill(workers()[0], signal.SIGKILL)
        assert len((await eyes.probe(clip, "video")).times) == 40
        os.kill(workers()[0], signal.SIGKILL)
        await asyncio.sleep(0.3)
        assert len((await eyes.probe(clip, "video")).times) == 40

    asyncio.run(main())


async def eyes_busy() -> None:
    """Until a worker is up and has taken its task."""
    while not workers():
        await asyncio.sleep(0.02)
    await asyncio.sleep(1)


def test_a_pool_that_breaks_twice_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    eyes, tries = Eyes(workers=1), []

    async def broken(*args: Any) -> None:
        tries.append(args)
        raise BrokenProcessPool

    monkeypatch.setattr(eyes, "_sent", broken)
    assert asyncio.run(reason(eyes._run("os", "getpid"))) == "decoder crashed"
    assert len(tries) == 2


def test_a_hang_ends() -> None:
    async def main() -> None:
        eyes = Eyes(workers=1, timeout=0.3)
        began = time.monotonic()
        with pytest.raises(MediaError) as caught:
            await eyes._run(*HANG)
        assert str(caught.value) == "decoder timed out: after 0.3 s"
        assert time.monotonic() - began < 10
        eyes.close()

    asyncio.run(main())


def test_a_frame_that_finds_no_room_is_no_damage(eyes: Eyes, tmp_path: Path) -> None:
    path = tmp_path / "8k.mp4"
    source = ["-f", "lavfi", "-i", "color=gray:s=7680x4320:r=5:d=2.4"]
    ffmpeg(*source, "-c:v", "libx264", "-preset", "ultrafast", "-x264-params", "ref=1", str(path))

    async def main() -> None:
        media = Media((await eyes.probe(path, "video")).medium("0" * 64, "video", path), tuple(range(12)), 10**5)
        small = Eyes(workers=1, memory=450 * 2**20)
        assert await reason(small.frames(media)) == "decoder out of memory"
        small.close()
        assert len(await eyes.frames(media)) == 12

    asyncio.run(main())


def test_memory_is_bounded() -> None:
    async def main() -> None:
        eyes = Eyes(workers=1, memory=2**30)
        for task in (("builtins", "bytearray", 2**31), ("mmap", "mmap", -1, 2**41)):
            before = await eyes._run("os", "getpid")
            assert await reason(eyes._run(*task)) == "decoder out of memory"
            assert await eyes._run("os", "getpid") != before, "what is left of a process starves the next clip"
        assert await eyes._run("builtins", "len", await eyes._run("builtins", "bytes", 2**20)) == 2**20
        eyes.close()

    asyncio.run(main())


def test_what_goes_wrong_in_a_worker_has_a_name(eyes: Eyes, tmp_path: Path) -> None:
    async def main() -> None:
        with pytest.raises(MediaError) as caught:
            await eyes._run("operator", "truediv", 1, 0)
        assert str(caught.value) == "decoder failed: ZeroDivisionError: division by zero"
        with pytest.raises(MediaError) as caught:
            await eyes.probe(tmp_path / "gone.mp4", "video")
        assert str(caught.value) == "not readable: No such file or directory"

    asyncio.run(main())


def test_close_leaves_no_worker(clip: Path) -> None:
    async def main() -> None:
        eyes = Eyes(workers=2)
        await eyes.probe(clip, "video")
        busy = asyncio.create_task(eyes._flights.share("busy", lambda: eyes._run(*HANG)))
        await asyncio.sleep(0.1)
        pids = workers()
        assert len(pids) == 2
        eyes.close()
        assert workers() == []
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
        with pytest.raises(asyncio.CancelledError):
            await busy
        eyes.close()
        assert await reason(eyes.probe(clip, "video")) == "decoder closed"
        assert workers() == []

    asyncio.run(main())


def test_one_decoding_for_all_who_ask(eyes: Eyes, monkeypatch: pytest.MonkeyPatch, clip: Path) -> None:
    sent: list[Any] = []
    whole = eyes._sent

    async def counted(*args: Any) -> Any:
        sent.append(args)
        return await whole(*args)

    monkeypatch.setattr(eyes, "_sent", counted)

    async def main() -> None:
        asked = [asyncio.create_task(eyes.probe(clip, "video")) for _ in range(5)]
        await asyncio.sleep(0)
        asked[0].cancel()
        facts = await asyncio.gather(*asked[1:])
        assert asked[0].cancelled()
        assert len(sent) == 1
        assert all(found is facts[0] for found in facts)

    asyncio.run(main())


def test_a_flight_ends_with_its_last_waiter() -> None:
    async def main() -> None:
        flights: Flights[int] = Flights()
        ended: list[str] = []

        async def work() -> int:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise
            return 1

        async def quick() -> int:
            return 2

        waiters = [asyncio.create_task(flights.share("key", work)) for _ in range(2)]
        await asyncio.sleep(0.01)
        for waiter in waiters:
            assert not ended
            waiter.cancel()
            await asyncio.sleep(0)
        joined = asyncio.create_task(flights.share("key", quick))
        await asyncio.sleep(0.01)
        assert joined.result() == 2
        assert ended == ["cancelled"]

    asyncio.run(main())


def test_an_error_reaches_every_waiter() -> None:
    async def main() -> None:
        flights: Flights[int] = Flights()

        async def fail() -> int:
            await asyncio.sleep(0)
            raise MediaError("damaged")

        waiters = (flights.share("key", fail) for _ in range(2))
        found = await asyncio.gather(*waiters, return_exceptions=True)
        assert [str(error) for error in found] == ["damaged", "damaged"]

    asyncio.run(main())


SCRIPT = """
import asyncio, multiprocessing, sys
from curate.media.eyes import Eyes

async def main():
    eyes = Eyes(workers=2)
    task = asyncio.create_task(eyes._run("{module}", "{function}", {argument}))
    await eyes._run("time", "sleep", 0)
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)
    try:
        await task
    finally:
        eyes.close()

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str, str, object], subprocess.Popen[str]]:
    def start(module: str, function: str, argument: object) -> subprocess.Popen[str]:
        path = tmp_path / "run.py"
        path.write_text(SCRIPT.format(module=module, function=function, argument=repr(argument)))
        here = {**os.environ, "PYTHONPATH": str(Path(worker.__file__).parents[2])}
        pipe = subprocess.PIPE
        return subprocess.Popen([sys.executable, path], stdout=pipe, stderr=pipe, text=True, env=here)

    return start


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_its_parent(
    script: Callable[[str, str, object], subprocess.Popen[str]], ending: int
) -> None:
    parent = script("time", "sleep", 60)
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    parent.send_signal(ending)
    parent.communicate(timeout=10)
    deadline = time.monotonic() + 5
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [pid for pid in pids if _alive(pid)] == []


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_workers_write_nothing_to_the_console(
    script: Callable[[str, str, object], subprocess.Popen[str]],
) -> None:
    run = script("os", "system", "echo noise; echo noise >&2")
    out, err = run.communicate(timeout=20)
    assert run.returncode == 0
    assert "noise" not in out + err


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_a_worker_ignores_ctrl_c_and_a_hangup(eyes: Eyes, name: str) -> None:
    async def main() -> None:
        busy = asyncio.create_task(eyes._run("time", "sleep", 1.5))
        while not workers():
            await asyncio.sleep(0.001)
        for _ in range(20):
            os.kill(workers()[0], signal.Signals[name])
            await asyncio.sleep(0.05)
        await busy

    asyncio.run(main())
    assert signal.Signals[name] not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_medium_shared_by_several_requests_is_decoded_once(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where they come one after the other, as requests in flight do."""
    tasks: list[str] = []
    plain = Eyes._run

    async def counted(eyes: Eyes, module: str, function: str, *args: object, seconds: float | None = None) -> object:
        tasks.append(function)
        return await plain(eyes, module, function, *args, seconds=seconds)

    monkeypatch.setattr(Eyes, "_run", counted)

    async def main(kept: int) -> list[str]:
        tasks.clear()
        eyes = Eyes(workers=2, kept=kept)
        try:
            medium = (await eyes.probe(clip, "video")).medium("0" * 64, "video", clip)
            shown = await asyncio.gather(*(eyes.frames(Media(medium, (4, 30), 10**6)) for _ in range(5)))
            shown.append(await eyes.frames(Media(medium, (4, 30), 10**6)))
            assert all(frames == shown[0] for frames in shown)
            await eyes.frames(Media(medium, (4, 31), 10**6))
        finally:
            eyes.close()
        return list(tasks)

    assert asyncio.run(main(2**20)) == ["probe", "frames", "frames"]
    assert asyncio.run(main(0)) == ["probe", "frames", "frames", "frames"]


def test_a_survey_and_a_trial_happen_in_the_process_too(eyes: Eyes, clip: Path) -> None:
    async def main() -> None:
        facts = await eyes.probe(clip, "video")
        assert not facts.surveyed
        again = await eyes.survey(clip, facts)
        assert (again.surveyed, len(again.times), list(again.times.lost_frames)) == (True, 40, [])
        assert len((await eyes.tried("pyav")).right) == 5

    asyncio.run(main())


def test_a_large_file_has_more_time(eyes: Eyes, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float | None] = []

    async def asked(_: Eyes, *__: object, seconds: float | None = None) -> None:
        given.append(seconds)

    monkeypatch.setattr(Eyes, "_run", asked)
    with clip.open("ab") as file:
        file.truncate(40 * 2**20)
    asyncio.run(eyes.probe(clip, "video"))
    asyncio.run(eyes.probe(clip.with_name("gone.mp4"), "video"))
    assert given == [70.0, 60.0]
