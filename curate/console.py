"""What a user sees: progress and messages on stderr, results on stdout, for people or for machines."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from curate import view
from curate.progress import Progress
from curate.watch import Watch, passed
from curate.words import duration, one_line, printable

EVERY = 10.0  # seconds between two lines of progress where stderr is no terminal, and between two events
FIRST = 2.0  # seconds until the first event
TICK = 1.0  # seconds between two looks
CALM = 10.0  # seconds without trouble until that is told


class _Piped(Console):
    """A console whose reader may go away: an error like any other, not the end of the program on the spot."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Screen:
    """Messages and progress to stderr, results to stdout; `quiet` leaves errors and results only."""

    def __init__(self, quiet: bool = False, as_json: bool = False) -> None:
        self.out = _Piped(file=sys.stdout)
        self.err = _Piped(file=sys.stderr, stderr=True)
        self._quiet = quiet
        self._json = as_json

    def say(self, text: str, style: str = "") -> None:
        """One line to stderr, unless quiet. The text is plain: no markup in it is obeyed."""
        if not self._quiet:
            self.err.print(Text(printable(text), style=style), soft_wrap=True)

    def warn(self, text: str) -> None:
        """One line that must not be missed."""
        self.err.print(Text(printable(text), style="yellow"), soft_wrap=True)

    def notice(self, text: str) -> None:
        """The same, and an event for a machine."""
        self.warn(text)
        self.event("notice", {"text": text})

    def fail(self, text: str) -> None:
        """One line about what went wrong."""
        self.err.print(Text(printable(text), style="red"), soft_wrap=True)

    def show(self, renderable: Any) -> None:
        """A table or text to stdout, unless the result is JSON."""
        if not self._json:
            self.out.print(renderable, soft_wrap=isinstance(renderable, Text))

    def event(self, kind: str, values: dict[str, Any]) -> None:
        """One line of JSON on stdout, where that was asked for and nobody wants quiet."""
        if not self._quiet:
            self._write({"event": kind} | values)

    def result(self, values: dict[str, Any]) -> None:
        """The machine-readable last line, where it was asked for."""
        self._write({"event": "end"} | values)

    @contextmanager
    def watching(self, progress: Progress) -> Iterator[None]:
        """Show this progress until the block ends: live on a terminal, else a line now and then."""
        if self._quiet:
            yield
            return
        watch, live = Watch(progress), self.err.is_terminal
        done = threading.Event()
        thread = threading.Thread(target=_Teller(self, watch, not live).until, args=(done,), daemon=True)
        thread.start()
        try:
            if live:
                with self._live(watch):
                    yield
            else:
                yield
        finally:
            done.set()
            thread.join()

    def _live(self, watch: Watch) -> Live:
        # stdout is for results, also while this is shown
        options: dict[str, Any] = {"refresh_per_second": 4, "transient": True, "redirect_stdout": False}
        return Live(console=self.err, get_renderable=lambda: view.live(watch.facts()), **options)

    def _write(self, values: dict[str, Any]) -> None:
        if self._json:
            sys.stdout.write(json.dumps(values) + "\n")
            sys.stdout.flush()


class _Teller:
    """Takes the looks, and tells of them now and then: events, and where `plain` is true lines for people."""

    def __init__(self, screen: Screen, watch: Watch, plain: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._watch = watch
        self._plain = plain
        self._clock = clock
        self._troubles = _Troubles()

    def until(self, done: threading.Event) -> None:
        """Tell until that is set."""
        began = self._clock()
        line, event = began + EVERY, began + min(FIRST, EVERY)
        while not done.wait(min(TICK, EVERY)):
            self._watch.look()
            now = self._clock()
            if now >= event:
                event = now + EVERY
                if self._watch.progress.asking:
                    self._screen.event("progress", self._watch.facts())
            if self._plain:
                if now >= line:
                    line = now + EVERY
                    self._screen.say(view.plain(self._watch.facts()))
                for told in self._troubles.news(self._watch.facts()["models"], now):
                    self._screen.say(told)


class _Troubles:
    """When a model's trouble begins and when it has ended for good; one that comes and goes is told once."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._gone: set[str] = set()

    def news(self, models: dict[str, dict[str, Any]], now: float) -> list[str]:
        """A line for each change since the last time."""
        lines = []
        for name, model in models.items():
            if model.get("gone"):
                lines += [] if name in self._gone else [f"{name}: given up: {one_line(model['gone'])}"]
                self._gone.add(name)
            elif model["trouble"]:
                if name not in self._began:
                    self._began[name] = now
                    lines.append(f"{name}: {view.trouble(model)}")
                self._last[name] = now
            elif name in self._began and now - self._last[name] >= CALM:
                lines.append(f"{name}: goes on, after {duration(self._last[name] - self._began.pop(name))}")
        return lines


def summary(progress: Progress) -> dict[str, Any]:
    """What a command did, for `--json`."""
    tally = progress.tally
    steps: dict[str, Any] = {}
    for step in ("input", *progress.steps):
        steps[step] = {
            "passed": passed(progress, step),
            "rejected": {reason: n for (at, reason), n in sorted(tally.rejected.items()) if at == step},
            "failed": {reason: n for (at, reason), n in sorted(tally.failed.items()) if at == step},
            "owed": tally.owed[step],
        }
    meters = progress.meters.values()
    return {
        "rows": progress.total,
        "shard": progress.shard,
        "steps": steps,
        "sent": sum(m.sent for m in meters),
        "replayed": sum(m.replayed for m in meters),
        "prompt_tokens": sum(m.prompt_tokens for m in meters),
        "cached_tokens": sum(m.cached_tokens for m in meters),
        "completion_tokens": sum(m.tokens for m in meters),
        "cost": round(sum(m.cost for m in meters), 6),
        "notices": progress.notices,
    }
