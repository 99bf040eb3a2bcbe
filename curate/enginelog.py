"""vLLM made quiet: all that it says, in this process and in those that it starts, goes to one log."""

import json
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from multiprocessing import spawn
from pathlib import Path

TAIL = 200_000  # bytes of a log that are looked through for what went wrong
CAUSE = re.compile(r"(?:^|\s)((?:\w+\.)*\w*(?:Error|Exception|Exit)): (.*\S)")
VAGUE = re.compile(r"EngineDead|See (stack trace|root cause)|WorkerProc initialization failed|cancelled")
GONE = "its process is gone: killed, or the memory was too small"
QUIET = {
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",  # this process has threads, which a fork would lose
    "VLLM_NO_USAGE_STATS": "1",  # nothing is told to anybody
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}
# vLLM's engine outlives a command that is killed, and keeps the GPU: Linux is told to end it, too (PR_SET_PDEATHSIG).
BOUND = """
import ctypes, os, sys
c = ctypes.CDLL(None)
if hasattr(c, "prctl"):
    c.prctl(1, 9)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class EngineLog:
    """The log of one engine, in a folder of its own among the temporary ones."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="curate-vllm-"))
        self.path = self._folder / "vllm.log"

    def remove(self) -> None:
        """Forget what was said."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def taking(self) -> Iterator[None]:
        """What is imported and started in here logs to it from then on."""
        os.environ.update({name: value for name, value in QUIET.items() if name not in os.environ})
        os.environ["VLLM_LOGGING_CONFIG_PATH"] = str(self._logging())
        begin = spawn.get_executable()
        spawn.set_executable(str(self._starter()))
        # Not closed: loggers that come to be meanwhile (torch's) go on writing to it. The console has its own.
        aside = self.path.open("a")
        try:
            with redirect_stderr(aside):
                yield
        finally:
            spawn.set_executable(os.fsdecode(begin or sys.executable))

    def _logging(self) -> Path:
        """A file that tells vLLM where to log to."""
        line = "%(asctime)s %(processName)s %(levelname)s %(name)s: %(message)s"
        to_file = {"class": "logging.FileHandler", "filename": str(self.path), "formatter": "line"}
        level = os.environ.get("VLLM_LOGGING_LEVEL", "INFO")
        told = {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"format": line}},
            "handlers": {"file": to_file},
            "loggers": {"vllm": {"handlers": ["file"], "level": level, "propagate": False}},
        }
        path = self._folder / "logging.json"
        path.write_text(json.dumps(told))
        return path

    def _starter(self) -> Path:
        """What starts Python in a new process: it ends with this one, and all that it prints (C, too) is logged."""
        path, python = self._folder / "python", shlex.quote(sys.executable)
        told = f'{python} -ISc {shlex.quote(BOUND)} {os.getpid()} {python} "$@" >>{shlex.quote(str(self.path))} 2>&1'
        path.write_text(f"#!/bin/sh\nexec {told}\n")
        path.chmod(0o700)
        return path

    def why(self, error: BaseException) -> str:
        """What went wrong, in one line: this error, or the log's last one that says more."""
        said = f"{type(error).__name__}: {error}"
        if VAGUE.search(said):
            said = cause(self.path) or GONE
        return " ".join(said.split())[:300]


def cause(file: Path) -> str:
    """The last error in this log that says more than that there was one; "" without."""
    if not file.is_file():
        return ""
    with file.open("rb") as log:
        log.seek(max(0, file.stat().st_size - TAIL))
        lines = log.read().decode("utf-8", "replace").splitlines()
    found = [f"{match[1]}: {match[2]}" for line in lines if (match := CAUSE.search(line))]
    return next((line for line in reversed(found) if not VAGUE.search(line)), "")
