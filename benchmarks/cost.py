"""What a process took, measured by itself."""

import json
import re
import resource
import sys
import time
from pathlib import Path

PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


class Clock:
    """Runs from its making until `tell`."""

    def __init__(self) -> None:
        self._cpu, self._wall = _cpu(), time.perf_counter()

    def tell(self) -> None:
        """Print as JSON: seconds that passed (`wall`), CPU seconds of this process meanwhile, MiB it had at most."""
        told = {"wall": time.perf_counter() - self._wall, "cpu": _cpu() - self._cpu, "peak": _peak()}
        sys.stdout.write(json.dumps(told) + "\n")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak() -> float:
    """Not `ru_maxrss`: that one is inherited from whoever started the process."""
    found = PEAK.search(Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
