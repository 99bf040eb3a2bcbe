"""The commands about batch files: what is owed goes out in them, and what came of it comes back."""

from contextlib import closing
from pathlib import Path

from curate import workfolder
from curate.batchexport import Exported, Wanted, exported
from curate.batchimport import Imported, checked, imported
from curate.jobs import Job, relative
from curate.journal import Journal
from curate.pending import given_up
from curate.pipeline import opened
from curate.words import size

COUNTS = ("taken", "there", "repeated", "expired", "unknown", "unreadable", "cut")


async def export(job: Job, wanted: Wanted) -> int:
    """Write what is owed; 1 where records failed on the way there."""
    with workfolder.held(job.settings.work, job.command):
        async with opened(job.settings, job.scope, job.progress, holds=True) as pipeline:
            with job.screen.watching(job.progress):
                found = await exported(pipeline, wanted)
    _tell(job, found)
    code = 1 if job.progress.tally.failed else 0
    told = [written._asdict() | {"path": str(written.path)} for written in found.files]
    counts = {"requests": sum(written.requests for written in found.files), "again": found.again}
    job.screen.result({"command": job.command, "exit": code, **counts, "waiting": found.waiting, "files": told})
    return code


def _tell(job: Job, found: Exported) -> None:
    for path, model, requests, bytes_ in found.files:
        job.screen.say(f"wrote {requests:,} requests to {model} to {relative(path)}, {size(bytes_)}")
    if not found.files:
        job.screen.say("nothing is owed that could be asked now")
    if found.again:
        job.screen.say(f"{found.again:,} of them were exported before, and no reply to them was imported", "yellow")
    if found.waiting:
        job.screen.say(f"{found.waiting:,} others wait in batches: `curate run` collects them", "yellow")


async def import_(job: Job, files: list[Path]) -> int:
    """Take what these files tell; 1 where they tell nothing of any request."""
    checked(files)
    work = job.settings.work
    with workfolder.held(work, job.command), closing(Journal(work / workfolder.JOURNAL)) as journal:
        found = await imported(files, work, journal, job.settings.models)
    _report(job, found)
    code = 1 if found.useless else 0
    counts = {name: getattr(found, name) for name in COUNTS}
    cost = {"cost": round(found.cost, 6), "failed": dict(found.failed.most_common())}
    job.screen.result({"command": job.command, "exit": code, **counts, **cost})
    return code


def _report(job: Job, found: Imported) -> None:
    cost = f", {found.cost:.4f} USD" if found.cost else ""
    job.screen.say(f"{found.taken:,} replies came in{cost}; {found.there:,} were there before")
    for why, number in found.failed.most_common():
        job.screen.say(f"{number:,} failed: {why}", "yellow")
    for number, what in (
        (found.repeated, "lines tell of a request again"),
        (found.expired, "were not answered"),
        (found.unknown, "lines answer nothing that was exported from this work folder"),
        (found.unreadable, "lines are no answers"),
        (found.cut, "of these break off at the end of a file: is it whole?"),
    ):
        if number:
            job.screen.say(f"{number:,} {what}", "yellow")
    if found.empty:
        job.screen.fail("there is nothing in it")
    elif found.useless:
        job.screen.fail("nothing of it answers a request of this work folder: are they of another one?")


async def forget(job: Job, name: str) -> int:
    """Give up this batch: whoever wants its replies asks again."""
    with workfolder.held(job.settings.work, job.command):
        number = given_up(job.settings.work, name)
    job.screen.say(f"{number:,} requests of {name} are asked again by the next run")
    job.screen.result({"command": job.command, "exit": 0, "requests": number})
    return 0
