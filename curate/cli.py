"""The commands: thin shells around the jobs. What only one of them needs is imported there."""

import sys
from collections.abc import Callable, Coroutine
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

from curate import __version__, folders, jobs
from curate.command import ended, failed
from curate.console import Screen
from curate.errors import CurateError, FatalError, SettingsError
from curate.jobs import Job
from curate.media.decoder import EXACT
from curate.options import chosen
from curate.options import shard as parted
from curate.pipeline import Scope
from curate.sampling import MAX_PIXELS
from curate.workfolder import WHOLE

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
batch = typer.Typer(no_args_is_help=True, help="Requests as files: written, and their answers read.")
app.add_typer(batch, name="batch")

SettingsFile = Annotated[Path, typer.Option("--settings", "-s", help="The settings file.")]
WorkFolder = Annotated[Path | None, typer.Option("--work", help="Another work folder than the settings'.")]
WorkFolders = Annotated[
    list[Path] | None, typer.Option("--work", help="Another work folder; of several, the sets go to the first.")
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N rows.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Errors and results only.")]
Json = Annotated[bool, typer.Option("--json", help="Progress and a last line that machines can read.")]
Retry = Annotated[list[str] | None, typer.Option("--retry", metavar="REASON", help="Ask again what was rejected so.")]
Log = Annotated[Path | None, typer.Option("--log", metavar="FILE", help="Append what happens to it, for debugging.")]
Shard = Annotated[str | None, typer.Option("--shard", metavar="I/N", help="Only the I-th of N parts of the rows.")]
MaxCost = Annotated[float | None, typer.Option("--max-cost", min=0, help="Spend at most so many USD in all.")]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", min=0, help="Use at most so many tokens in all.")]
NoCanary = Annotated[bool, typer.Option("--no-canary", help="Go on with models that read no words in frames first.")]
TOML = Path("curate.toml")

# What an interrupt means for a command.
ASKING = "everything answered is kept, the same command goes on from here"
WRITING = "the sets are as they were before, the same command begins anew"
FILE = "the file is as it was before, the same command begins anew"
FRAMES = "the frames are not all written, the same command begins anew"
LOOKING = "nothing was changed"
SENDING = "what the Hub has is kept there, the same command goes on from here"

USAGE = 2  # the exit code of a command line that cannot work


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Turn raw video and image questions into chain-of-thought training data."""
    if show:
        sys.stdout.write(f"curate {__version__}\n")
        raise typer.Exit()


@app.command()
def init(directory: Annotated[Path, typer.Argument(help="Where to write them.")] = Path()) -> None:
    """Write a commented curate.toml and a three-row example."""
    for path in folders.starter(directory):
        Screen().say(f"wrote {path}")


@app.command()
def caption(
    settings: SettingsFile = TOML,
    work: WorkFolder = None,
    limit: Limit = None,
    shard: Shard = None,
    retry: Retry = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    no_canary: NoCanary = False,
    log: Log = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Ask the captions that are still owed: one literal record per medium."""
    scope = scoped(limit, shard, retry, max_cost, max_tokens, no_canary)
    job = Job.of("caption", settings, work, Screen(quiet, json), scope, log)
    finish(job.ask("caption"), ASKING, job.interrupted)


@app.command()
def draft(
    settings: SettingsFile = TOML,
    work: WorkFolder = None,
    limit: Limit = None,
    shard: Shard = None,
    retry: Retry = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    log: Log = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Ask the drafts that are still owed; captions come from the journal only."""
    scope = scoped(limit, shard, retry, max_cost, max_tokens)
    job = Job.of("draft", settings, work, Screen(quiet, json), scope, log)
    finish(job.ask("draft"), ASKING, job.interrupted)


@app.command()
def revise(
    settings: SettingsFile = TOML,
    work: WorkFolder = None,
    limit: Limit = None,
    shard: Shard = None,
    retry: Retry = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    no_canary: NoCanary = False,
    log: Log = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Ask the revisions that are still owed; captions and drafts come from the journal only."""
    scope = scoped(limit, shard, retry, max_cost, max_tokens, no_canary)
    job = Job.of("revise", settings, work, Screen(quiet, json), scope, log)
    finish(job.ask("revise"), ASKING, job.interrupted)


@app.command("filter")
def filter_(
    settings: SettingsFile = TOML,
    work: WorkFolders = None,
    limit: Limit = None,
    log: Log = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Replay the journal, judge, and write the sets; sends nothing."""
    for other in work or ():
        if (work or []).count(other) > 1:
            raise SettingsError(f"--work: {other} stands there twice")
    first = work[0] if work else None
    scope = Scope(limit, others=tuple(work[1:]) if work else ())
    finish(Job.of("filter", settings, first, Screen(quiet, json), scope, log).filter(), WRITING)


@app.command()
def export(
    layout: Annotated[str, typer.Argument(metavar="LAYOUT", help="The trainer's format.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Ends in .json, .jsonl or .parquet.")],
    name: Annotated[str, typer.Option("--set", help="sft or rl.")] = "sft",
    split: Annotated[str, typer.Option("--split", help="train, validation, or all of both.")] = "train",
    path_prefix: Annotated[
        str | None, typer.Option("--path-prefix", help="What stands before a medium's relative path instead of '.'.")
    ] = None,
    data_type: Annotated[str | None, typer.Option("--data-type", help="Only rows about a video, or an image.")] = None,
    settings: SettingsFile = TOML,
    work: WorkFolder = None,
    limit: Limit = None,
    log: Log = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Write a set in another trainer's format, from the journal; sends nothing."""
    from curate.exporting import Export

    asked = Export(layout, file, name, split, path_prefix, data_type)
    finish(Job.of("export", settings, work, Screen(quiet, json), Scope(limit), log).export(asked), FILE)


@app.command()
def run(
    settings: SettingsFile = TOML,
    work: WorkFolder = None,
    limit: Limit = None,
    shard: Shard = None,
    retry: Retry = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    no_canary: NoCanary = False,
    log: Log = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Do all of it, streaming: a record is drafted as soon as it is captioned; then write the sets."""
    scope = scoped(limit, shard, retry, max_cost, max_tokens, no_canary)
    job = Job.of("run", settings, work, Screen(quiet, json), scope, log)
    finish(job.ask(None), ASKING, job.interrupted)


@app.command()
def status(
    settings: SettingsFile = TOML,
    work: WorkFolder = None,
    limit: Limit = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Show what is done, owed, rejected and spent."""
    job = Job.of("status", settings, work, Screen(quiet, json), Scope(limit))
    finish(job.status(), LOOKING)


@app.command()
def show(
    problem_id: Annotated[int, typer.Argument(metavar="ID", help="The record's problem_id.")],
    settings: SettingsFile = TOML,
    work: WorkFolder = None,
    limit: Limit = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Tell one record's whole story: captions, draft, verdicts, revision as a diff."""
    scope = Scope(limit, WHOLE)  # a row's story, whichever shard it is in
    finish(Job.of("show", settings, work, Screen(quiet, json), scope).show(problem_id), LOOKING)


@app.command()
def estimate(
    settings: SettingsFile = TOML,
    work: WorkFolder = None,
    limit: Limit = None,
    pilot: Annotated[int | None, typer.Option("--pilot", min=1, help="Run so many records, for real.")] = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    no_canary: NoCanary = False,
    log: Log = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Project calls, tokens, USD and hours from a pilot, or from the journal; without --pilot nothing is sent."""
    scope = Scope(limit, max_cost=max_cost, max_tokens=max_tokens, pilot=pilot, canary=not no_canary)
    job = Job.of("estimate", settings, work, Screen(quiet, json), scope, log)
    if pilot is None:
        finish(job.estimate(), LOOKING)
    finish(job.estimate(), ASKING, job.interrupted)


@app.command()
def push(
    name: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="The data set on the Hugging Face Hub.")],
    private: Annotated[bool, typer.Option("--private", help="Only its owners see it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent, and send nothing.")] = False,
    parent: Annotated[str | None, typer.Option("--parent", help="Replace what the Hub holds at this commit.")] = None,
    settings: SettingsFile = TOML,
    work: WorkFolder = None,
    log: Log = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Upload the sets and their card to the Hugging Face Hub; what is there already is not sent again."""
    from curate.delivery import Options

    job = Job.of("push", settings, work, Screen(quiet, json), Scope(), log)
    finish(job.push(name, Options(private, dry_run, parent)), LOOKING if dry_run else SENDING)


@app.command()
def mend(settings: SettingsFile = TOML, work: WorkFolder = None, quiet: Quiet = False, json: Json = False) -> None:
    """Save all that can be read of a damaged journal; the damaged one is kept beside it."""
    finish(Job.of("mend", settings, work, Screen(quiet, json), Scope()).mend(), LOOKING)


@app.command()
def frames(
    path: Annotated[Path, typer.Argument(help="A video or an image.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write to.")],
    count: Annotated[int | None, typer.Option("--count", min=1, help="So many, evenly spaced.")] = None,
    fps: Annotated[float | None, typer.Option("--fps", help="So many a second (default 1).")] = None,
    max_frames: Annotated[int, typer.Option("--max-frames", min=1, help="With --fps, at most so many.")] = 128,
    max_pixels: Annotated[int, typer.Option("--max-pixels", min=1, help="Width x height at most.")] = MAX_PIXELS,
    processor: Annotated[str | None, typer.Option("--processor", help="Count and size as this family does.")] = None,
    decoder: Annotated[str, typer.Option("--decoder", help="pyav, decord or opencv.")] = EXACT,
    damaged: Annotated[str, typer.Option("--damaged", help="refuse, or keep what is readable.")] = "refuse",
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Write the frames of a file exactly as a model will see them, as PNG, and frames.json."""
    sampling, most_lost = chosen(count, fps, max_frames, max_pixels, processor, decoder, damaged)
    finish(jobs.frames(Screen(quiet, json), path, out, sampling, decoder, most_lost), FRAMES)


@app.command()
def doctor(
    probe: Annotated[
        bool, typer.Option("--probe", help="Ask the models' servers, too: about eight small requests each.")
    ] = False,
    settings: SettingsFile = TOML,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Try the decoders on this machine, and look at the settings where there are any; say what to do about each."""
    finish(jobs.doctor(Screen(quiet, json), settings, probe), LOOKING)


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(help="Where to write and run it.")] = Path("curate-demo"),
    prepare: Annotated[bool, typer.Option("--prepare", help="Only write the folder.")] = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Run the main job on a real clip with the embedded models: no key, no GPU, no server."""
    screen = Screen(quiet, json)
    settings = folders.demo(directory)
    screen.say(f"wrote the demo to {directory}")
    if prepare:
        return
    job = Job.of("demo", settings, None, screen, Scope())
    code = ended(job.ask(None), ASKING, job.interrupted)
    for line in folders.where_to_look(directory):
        screen.say(line)
    raise typer.Exit(code)


@batch.command("export")
def batch_export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Ends in .jsonl; of several, each has a name after it.")],
    stage: Annotated[str | None, typer.Option("--stage", help="Only what this stage owes.")] = None,
    max_requests: Annotated[int, typer.Option("--max-requests", min=1, help="In a file, at most.")] = 50_000,
    max_file: Annotated[float, typer.Option("--max-file", min=0.001, help="MB of a file, at most.")] = 200.0,
    settings: SettingsFile = TOML,
    work: WorkFolder = None,
    limit: Limit = None,
    shard: Shard = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Write what the stages owe now, as OpenAI's batch files; sends nothing."""
    from curate import batching
    from curate.batchexport import Wanted

    wanted = Wanted(file, stage, max_requests, max_file)
    job = Job.of("batch export", settings, work, Screen(quiet, json), Scope(limit, parted(shard)))
    finish(batching.export(job, wanted), FILE)


@batch.command("import")
def batch_import(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Output and error files of batches.")],
    settings: SettingsFile = TOML,
    work: WorkFolder = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Put the answers in these files into the journal; what is there already stays as it is."""
    from curate import batching

    job = Job.of("batch import", settings, work, Screen(quiet, json), Scope())
    finish(batching.import_(job, files), "what was read is kept, the same command goes on")


@batch.command("forget")
def batch_forget(
    name: Annotated[str, typer.Argument(metavar="ID", help="The batch, as the server names it.")],
    settings: SettingsFile = TOML,
    work: WorkFolder = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Wait no more for a batch that can not be had any more: its requests are asked again."""
    from curate import batching

    job = Job.of("batch forget", settings, work, Screen(quiet, json), Scope())
    finish(batching.forget(job, name), LOOKING)


def scoped(
    limit: int | None,
    shard: str | None,
    retry: list[str] | None,
    max_cost: float | None,
    max_tokens: int | None,
    no_canary: bool = False,
) -> Scope:
    """What these options say a command is about. Raises SettingsError."""
    anew = frozenset(retry or ())
    return Scope(limit, parted(shard), (), anew, max_cost, max_tokens, canary=not no_canary)


def finish(job: Coroutine[Any, Any, int], after: str, waits: Callable[[], None] | None = None) -> None:
    """Run a job to its end and exit as it says."""
    raise typer.Exit(ended(job, after, waits))


def main() -> None:
    """The console script: every fault is one line on stderr and the contract's exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter is no fault of the text
    try:
        app()
    except CurateError as error:
        code = 2 if isinstance(error, SettingsError | FatalError) else 1
        Screen().fail(f"error: {error}")
        failed(code, str(error))
        sys.exit(code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except SystemExit as end:
        if end.code == USAGE:
            failed(USAGE, "the command line cannot work: stderr says why")
        raise
