"""What waits in the batches of a work folder."""

from collections.abc import Collection
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


def stranded(work: Path, collected: Collection[str]) -> str | None:
    """What to say of batches that nobody looks after: all but those of the models `collected`, by identity."""
    if not (work / NAME).is_file():
        return None
    with closing(BatchStore(work)) as store:
        batches = [b for b in store.pending() if b.address and b.model not in collected]
        requests = sum(len(store.keys(batch.mark)) for batch in batches)
    if not requests:
        return None
    at = ", ".join(dict.fromkeys(batch.address for batch in batches))
    return (
        f"{requests:,} requests wait in {len(batches):,} batches at {at}, which no model of these settings collects: "
        'what is asked of them is bought again. provider = "openai-batch" and the model and base_url that they were '
        f"submitted with collect them; `curate batch forget {batches[0].batch_id or batches[0].mark}` gives them up"
    )


def given_up(work: Path, name: str) -> int:
    """Requests that waited for the batch of this name, and do so no more. Raises SettingsError where there is none."""
    with closing(BatchStore(work)) as store:
        batch = next((batch for batch in store.pending() if name in (batch.batch_id, batch.mark)), None)
        if batch is None:
            raise SettingsError(f"no batch {name!r} is waited for in {work}")
        return store.end(batch.mark)
