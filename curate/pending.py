"""What waits in the batches of a work folder."""

from contextlib import closing
from pathlib import Path

from curate.batchstore import NAME, BatchStore
from curate.errors import SettingsError


def waiting(work: Path) -> tuple[int, int]:
    """Batches that a server has, or will have, and the requests in them that are not answered yet."""
    if not (work / NAME).is_file():
        return 0, 0
    with closing(BatchStore(work)) as store:
        batches = [batch for batch in store.pending() if batch.address]
        return len(batches), sum(len(store.keys(batch.mark)) for batch in batches)


def given_up(work: Path, name: str) -> int:
    """Requests that waited for the batch of this name, and do so no more. Raises SettingsError where there is none."""
    with closing(BatchStore(work)) as store:
        batch = next((batch for batch in store.pending() if name in (batch.batch_id, batch.mark)), None)
        if batch is None:
            raise SettingsError(f"no batch {name!r} is waited for in {work}")
        return store.end(batch.mark)
