"""What happens inside a decoder's process: it is settled once, then runs one task after another."""

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module

from curate import child
from curate.errors import MediaError

OUT_OF_MEMORY = 77  # the exit code of a process that had too little
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def settle(memory: int) -> None:
    """Make this process quiet, bounded to `memory` bytes, single threaded and tied to its parent."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, memory)
    child.tied()


def call(module: str, function: str, *args: object) -> object:
    """Run one task. Whatever goes wrong comes back as a MediaError, for only that survives the way."""
    with _boundary():
        # by name: the parent must not load the decoders to say which of them it wants
        return getattr(import_module(module), function)(*args)


@contextmanager
def _boundary() -> Iterator[None]:
    try:
        yield
    except MediaError:
        raise
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # what is left of the process would starve the next clip
    except OSError as error:
        if error.errno in (errno.ENOMEM, errno.EAGAIN):
            os._exit(OUT_OF_MEMORY)
        raise MediaError("not readable", error.strerror or type(error).__name__, lasting=False) from None
    except Exception as error:
        raise MediaError("decoder failed", f"{type(error).__name__}: {error}", lasting=False) from None


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with suppress(ValueError, OSError):  # a system without this limit decodes unbounded
        resource.setrlimit(what, (bound, hard))
