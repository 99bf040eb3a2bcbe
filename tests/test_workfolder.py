import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import curate
from curate.errors import BusyError, SettingsError, StoreError
from curate.workfolder import LOCK, SHARD, WHOLE, held, part, resharded

HOLD = """
import sys
from pathlib import Path
from curate.workfolder import held
with held(Path(sys.argv[1]), "caption"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        cwd=Path(curate.__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_second_says_who_holds_the_folder(tmp_path, holder):
    with pytest.raises(BusyError) as caught, held(tmp_path, "run"):
        pytest.fail("held twice")
    line = str(caught.value)
    assert "\n" not in line
    assert f"{tmp_path} is held by `curate caption` (process {holder.pid} on {os.uname().nodename})" in line


def test_the_folder_is_free_when_its_holder_ends(tmp_path, holder):
    holder.stdin.close()
    assert holder.wait() == 0
    with held(tmp_path, "run"):
        assert f"`curate run` (process {os.getpid()}" in (tmp_path / LOCK).read_text()


def test_the_folder_is_free_when_its_holder_is_killed(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    assert holder.wait() == -signal.SIGKILL
    assert "caption" in (tmp_path / LOCK).read_text()
    with held(tmp_path, "run"):
        assert "caption" not in (tmp_path / LOCK).read_text()


def test_one_process_cannot_hold_it_twice(tmp_path):
    with held(tmp_path / "deep" / "work", "run"), pytest.raises(BusyError), held(tmp_path / "deep" / "work", "filter"):
        pytest.fail("held twice")
    with held(tmp_path / "deep" / "work", "filter"):
        pass


def test_the_folder_is_free_after_a_fault(tmp_path):
    with pytest.raises(ZeroDivisionError), held(tmp_path, "run"):
        raise ZeroDivisionError
    with held(tmp_path, "filter"):
        pass


def test_a_shorter_name_leaves_nothing_of_the_longer_one(tmp_path):
    with held(tmp_path, "a-command-with-a-long-name"):
        pass
    with held(tmp_path, "run"):
        assert (tmp_path / LOCK).read_text().count("\n") == 1
        assert "long" not in (tmp_path / LOCK).read_text()


def test_two_folders_can_be_held_at_once(tmp_path):
    with held(tmp_path / "a", "run"), held(tmp_path / "b", "run"):
        assert (tmp_path / "a" / LOCK).exists()


def test_a_file_is_no_work_folder(tmp_path):
    (tmp_path / "work").write_text("mine")
    with pytest.raises(SettingsError, match="is a file"), held(tmp_path / "work", "run"):
        pass
    assert (tmp_path / "work").read_text() == "mine"
    with pytest.raises(StoreError, match="cannot use the work folder"), held(tmp_path / "work" / "in", "run"):
        pass


def test_a_folder_is_for_the_shard_that_was_asked_for_last(tmp_path):
    assert (part(tmp_path, None), part(tmp_path, (2, 3))) == (WHOLE, (2, 3))
    assert resharded(tmp_path, (2, 3)) is None
    assert (part(tmp_path, None), part(tmp_path, (2, 3)), part(tmp_path, WHOLE)) == ((2, 3), (2, 3), WHOLE)
    with pytest.raises(SettingsError, match="is the work folder of --shard 2/3: give --shard 1/3 one of its own"):
        part(tmp_path, (1, 3))
    assert resharded(tmp_path, WHOLE) == f"{tmp_path} was last asked for --shard 2/3, now for all rows"
    assert part(tmp_path, (1, 3)) == (1, 3)


@pytest.mark.parametrize(
    "note", [b"", b"all rows\n", b"--shard 3/2\n", b"--shard 0/1", b"\xff" * 100, b"--shard 1/2 or so"]
)
def test_a_note_that_names_no_shard_stands_for_all_rows(tmp_path, note):
    (tmp_path / SHARD).write_bytes(note)
    assert part(tmp_path, None) == WHOLE


def test_a_disk_without_locks_is_named(tmp_path, monkeypatch):
    def refuse(handle, how):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StoreError, match=r"cannot lock the work folder .*: No locks available"), held(tmp_path, "run"):
        pass
