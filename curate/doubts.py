"""What in settings that work is of little use: told by every command that reads the rows, in one line each."""

from collections.abc import Collection, Iterator

from curate.checks import nearest
from curate.filter import Filter
from curate.plugin import find, names
from curate.record import Output, Thought
from curate.settings import Settings


def doubts(settings: Settings) -> Iterator[str]:
    """Filters and stages that are set and stand in no step, and steps whose replies are bought for nobody."""
    for name in sorted(settings.filters.keys() - set(settings.steps)):
        yield f"[filters.{name}] is set, but {name!r} is not among the steps: it judges nothing"
    for name in sorted(settings.stages.keys() - set(settings.steps)):
        yield f"[stages.{name}] is set, but {name!r} is not among the steps: it asks nothing"
    for name, stage in settings.stages.items():
        if name in settings.steps and stage.temperature == 0 and (most := max(stage.tries, stage.samples)) > 1:
            yield f"[stages.{name}] asks up to {most} times at temperature 0, at which a model says the same each time"
    for name in _unread(settings):
        yield f"steps: none uses what {name!r} finds, so its replies are bought in vain{_reader(settings, name)}"


def strangers(named: Collection[str], sources: Collection[str]) -> Iterator[str]:
    """Sources that [card.licenses] names and none of the rows has, whose data sources are these."""
    for name in sorted(set(named) - set(sources)):
        yield f"[card.licenses] names {name!r}, which is the data_source of no usable row{nearest(name, sources)}"


def _unread(settings: Settings) -> Iterator[str]:
    """The stages among the steps that write no thinking and that no later step needs; a traced layout tells of all."""
    if any(layout.traced for layout in settings.layouts.values()):
        return
    for at, name in enumerate(settings.steps):
        if name in settings.stages and not issubclass(output := settings.stages[name].output, Thought):
            later = [need for step in settings.steps[at + 1 :] for need in _needs(settings, step)]
            if not any(issubclass(output, need) for need in later):
                yield name


def _needs(settings: Settings, step: str) -> tuple[type[Output], ...]:
    return settings.filters[step].wants() if step in settings.filters else settings.stages[step].needs


def _reader(settings: Settings, name: str) -> str:
    """The filter to add, where one exists for this stage."""
    output = settings.stages[name].output
    known = (n for n in names(Filter) if output in find(Filter, n).needs)
    return next((f": add {reader!r} behind it" for reader in known), "")
