"""The settings: one TOML file. Every mistake in it is one line that names the key, before anything is sent."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from curate.answers.score import PAPER, Measures
from curate.checks import checked, nearest
from curate.errors import SettingsError
from curate.filter import Filter
from curate.fitness import Fitness
from curate.layout import Layout
from curate.media import decoder as decoders
from curate.media.decoder import EXACT
from curate.mix import Mix
from curate.nearness import Duplicates
from curate.plugin import Plugin, find, names
from curate.provider import Provider
from curate.record import Output
from curate.stage import Stage

P = TypeVar("P", bound=Plugin)
DEFAULT_STEPS = ("caption", "draft", "answer", "revise", "format", "leak", "length", "repetition")
LAYOUT = "videorft"
PRESET = "openai"  # the provider of a model that names a preset and no provider


class Input(BaseModel):
    """Where the questions and their media lie."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: tuple[str, ...] = Field(min_length=1)
    media_root: Path


class MediaSettings(BaseModel):
    """How media are decoded, and how much of one may be lost.

    `decoder` reads the frames ("pyav" is exact, others are checked against its index). `workers` are
    processes (0: one a core), `timeout` seconds and `memory` MiB of address space for one task.
    `damaged` says what becomes of a clip that lost more than `max_lost` of its frames: "refuse", or
    "keep" its readable ones, as of one that lost less.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    decoder: str = EXACT
    workers: int = Field(default=0, ge=0, le=1024)
    timeout: float = Field(default=120.0, gt=0)
    memory: int = Field(default=4096, ge=512)
    damaged: Literal["refuse", "keep"] = "refuse"
    max_lost: float = Field(default=0.05, ge=0, le=1)

    @property
    def most_lost(self) -> float:
        """The share of lost frames above which a clip is refused."""
        return self.max_lost if self.damaged == "refuse" else 1.0


class SetSettings(BaseModel):
    """How one set is written; what the layout itself takes stands beside it.

    Media of at most `embed` MiB stand in the rows as bytes; 0: none do.
    The pass rates are the RL set's: which share of right answers its rows may have, both ends included.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    layout: str = LAYOUT
    rows_per_shard: int = Field(default=50_000, ge=1)
    embed: float = Field(default=0.0, ge=0, le=1024)
    min_pass_rate: float = Field(default=0.0, ge=0, le=1)
    max_pass_rate: float = Field(default=1.0, ge=0, le=1)


class CardSettings(BaseModel):
    """What the data set card says and no row tells.

    `license` is the Hub's word for it ("cc-by-4.0"; with "other" also `license_name` and `license_link`), `licenses`
    are those of the sources, by `data_source`; one that is not told is said to be unknown. `citation` is BibTeX.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(default="Chain-of-thought rows for video and image questions", min_length=1, max_length=200)
    license: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9.+-]{0,60}$")
    license_name: str | None = Field(default=None, max_length=100)
    license_link: str | None = Field(default=None, pattern=r"^(https?://\S{1,300}|LICENSE(\.[a-z]+)?)$")
    licenses: dict[str, str] = {}
    citation: str | None = Field(default=None, max_length=5000)


class Sets(BaseModel):
    """Both sets. `validation` is the share of the media whose rows stand in a split of their own, `seed` says which."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    validation: float = Field(default=0.0, ge=0, lt=1)
    seed: int = 0
    sft: SetSettings = SetSettings()
    rl: SetSettings = SetSettings()

    @property
    def each(self) -> dict[str, SetSettings]:
        """The sets by name."""
        return {"sft": self.sft, "rl": self.rl}


class Tables(BaseModel):
    """The file as written, before its plugins are known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    work: Path = Path("work")
    max_cost: float | None = Field(default=None, ge=0)
    max_tokens: int | None = Field(default=None, ge=0)
    steps: tuple[str, ...] = Field(default=DEFAULT_STEPS, min_length=1)
    input: Input
    media: MediaSettings = MediaSettings()
    models: dict[str, dict[str, Any]] = {}
    stages: dict[str, dict[str, Any]] = {}
    filters: dict[str, dict[str, Any]] = {}
    sets: Sets = Sets()
    mix: Mix | None = None
    duplicates: Duplicates | None = None
    card: CardSettings = CardSettings()


class Settings(BaseModel):
    """Settings that can work. Paths are absolute; `steps` are names, their plugins beside them."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    base: Path
    work: Path
    max_cost: float | None
    max_tokens: int | None
    media_root: Path
    media: MediaSettings
    files: tuple[str, ...]
    steps: tuple[str, ...]
    models: dict[str, Provider]
    stages: dict[str, Stage]
    filters: dict[str, Filter]
    layouts: dict[str, Layout]
    rows_per_shard: dict[str, int]
    card: CardSettings
    embed: dict[str, float]
    validation: float
    seed: int
    mix: Mix | None
    duplicates: Duplicates | None = None
    fitness: Fitness = Fitness()
    measures: Measures = PAPER


def load(path: Path, work: Path | None = None) -> Settings:
    """The settings in this file; `work` overrides the file's. Raises SettingsError."""
    tables = checked(Tables, _toml(path), "")
    for table in ("models", "stages", "filters"):
        for name in getattr(tables, table):
            if not name.isprintable():
                raise SettingsError(f"{table}: {name!r} is no name")
    base = path.resolve().parent
    stages = {n: _plugin(Stage, n, options, f"stages.{n}", base) for n, options in tables.stages.items()}
    filters = {n: _plugin(Filter, n, options, f"filters.{n}", base) for n, options in tables.filters.items()}
    for name in tables.steps:
        if name in stages or name in filters:
            continue
        if name in names(Filter):
            filters[name] = _plugin(Filter, name, {}, f"filters.{name}", base)
        elif name in names(Stage):
            stages[name] = _plugin(Stage, name, {}, f"stages.{name}", base)
        else:
            raise SettingsError(f"steps: unknown step {name!r}{nearest(name, names(Stage) + names(Filter))}")
    order(tables.steps, stages, filters)
    decoder(tables.media.decoder)
    models = {n: _model(n, options, base) for n, options in tables.models.items()}
    for name, stage in stages.items():
        if stage.model not in models:
            raise SettingsError(f"stages.{name}.model: no model {stage.model!r}{nearest(stage.model, models)}")
        if stage.embeds != models[stage.model].embeds:
            kind = "is no embedding model" if stage.embeds else "only tells how alike two texts are"
            raise SettingsError(f"stages.{name}.model: {stage.model!r} {kind}")
        if objection := stage.objection(models[stage.model].shows_parts):
            raise SettingsError(f"stages.{name}: {objection}")
    sets = tables.sets.each
    return Settings(
        base=base,
        work=(work or base / tables.work).resolve(),
        max_cost=tables.max_cost,
        max_tokens=tables.max_tokens,
        media_root=base / tables.input.media_root,
        media=tables.media,
        files=tables.input.files,
        steps=tables.steps,
        models=models,
        stages=stages,
        filters=filters,
        layouts={name: _layout(name, settings, base) for name, settings in sets.items()},
        rows_per_shard={name: settings.rows_per_shard for name, settings in sets.items()},
        card=tables.card,
        embed={name: settings.embed for name, settings in sets.items()},
        validation=tables.sets.validation,
        seed=tables.sets.seed,
        mix=tables.mix,
        duplicates=tables.duplicates,
        fitness=fitness(sets, stages, filters),
        measures=next(filter(None, (filters[n].measured() for n in tables.steps if n in filters)), PAPER),
    )


def fitness(sets: Mapping[str, SetSettings], stages: Mapping[str, Stage], filters: Mapping[str, Filter]) -> Fitness:
    """What the RL set leaves out. Raises SettingsError where it cannot be told."""
    least, most = sets["rl"].min_pass_rate, sets["rl"].max_pass_rate
    if (sets["sft"].min_pass_rate, sets["sft"].max_pass_rate) != (0.0, 1.0):
        raise SettingsError("sets.sft: pass rates bound the RL set: put them into [sets.rl]")
    if least > most:
        raise SettingsError(f"sets.rl: min_pass_rate = {least:g} is above max_pass_rate = {most:g}")
    if (least, most) != (0.0, 1.0) and not any(stage.samples > 1 for stage in stages.values()):
        raise SettingsError("sets.rl: there are no pass rates without several drafts: set samples in [stages.draft]")
    return Fitness(frozenset(name for name, found in filters.items() if found.unfit), least, most)


def decoder(name: str) -> None:
    """Raise SettingsError where this decoder is unknown or cannot work here."""
    if name not in decoders.known():
        raise SettingsError(f"media.decoder: unknown decoder {name!r}{nearest(name, decoders.known())}")
    if reason := decoders.why_not(name):
        raise SettingsError(f"media.decoder: {name} cannot work here: {reason}")


def order(steps: tuple[str, ...], stages: Mapping[str, Stage], filters: Mapping[str, Filter]) -> None:
    """Raise SettingsError where a step stands twice or before what it needs."""
    made: list[type[Output]] = []
    for index, name in enumerate(steps):
        if name in steps[:index]:
            raise SettingsError(f"steps: {name!r} stands there twice")
        plugin = stages[name] if name in stages else filters[name]
        for need in plugin.wants() if isinstance(plugin, Filter) else plugin.needs:
            if not any(issubclass(output, need) for output in made):
                maker = next((n for n in names(Stage) if issubclass(find(Stage, n).output, need)), "a stage")
                raise SettingsError(f"steps: {name!r} needs {maker!r} before it")
        if name in stages:
            made.append(stages[name].output)
    _graded(steps, stages, filters)


def _graded(steps: tuple[str, ...], stages: Mapping[str, Stage], filters: Mapping[str, Filter]) -> None:
    """Raise SettingsError where something stands between several samples and the filter that grades them."""
    sampled, between = "", ""
    for name in steps:
        if name in stages and stages[name].settled:
            between = name
        elif name in stages:
            sampled, between = (name if stages[name].samples > 1 else ""), ""
        elif filters[name].grades and sampled and between:
            raise SettingsError(f"stages.{sampled}.samples: {name!r} cannot grade them, {between!r} stands between")


def _toml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except FileNotFoundError:
        raise SettingsError(f"no settings file {path}: `curate init` writes one") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"cannot read {path}: {error}") from None
    if not values:
        raise SettingsError(f"{path} is empty: `curate init` writes a commented one elsewhere to copy from")
    return values


def _model(name: str, options: dict[str, Any], base: Path) -> Provider:
    where = f"models.{name}"
    if "provider" not in options and "preset" not in options:
        raise SettingsError(f"{where}.provider is missing; known: {', '.join(names(Provider))}")
    rest = {key: value for key, value in options.items() if key != "provider"}
    return _plugin(Provider, str(options.get("provider", PRESET)), rest, where, base, ("provider",))


def _layout(name: str, settings: SetSettings, base: Path) -> Layout:
    options, beside = settings.model_extra or {}, tuple(SetSettings.model_fields)
    layout = _plugin(Layout, settings.layout, options, f"sets.{name}", base, beside)
    fitting(layout, name, f"sets.{name}.layout")
    return layout


def fitting(layout: Layout, name: str, where: str) -> None:
    """Raise SettingsError where this layout has no form for the set of this name, or not for media of all kinds."""
    if layout.form(name) is None:
        known = [other for other in names(Layout) if find(Layout, other).form(name)]
        what = "with a chain of thought" if name == "sft" else "without a chain of thought"
        raise SettingsError(f"{where}: {layout.name()!r} has no form for rows {what}; known: {', '.join(known)}")
    if layout.apart:  # a set of the work folder is one table, whatever its rows are about
        export = f"leave it, and `curate export {layout.name()} FILE --set {name} --data-type KIND`"
        raise SettingsError(f"{where}: {layout.name()!r} is read from files about one kind of media: {export}")


def _plugin(
    kind: type[P],
    name: str,
    options: Mapping[str, Any],
    where: str,
    base: Path,
    beside: tuple[str, ...] = (),
) -> P:
    """The plugin with these options; `beside` are keys of the same table that are not its own."""
    try:
        cls = find(kind, name)
    except KeyError:
        raise SettingsError(f"{where}: unknown {kind.folder[:-1]} {name!r}{nearest(name, names(kind))}") from None
    return checked(cls, options, where, base, beside)
