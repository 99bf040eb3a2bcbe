"""What a card tells of the settings: whatever shapes the rows and can hold no secret.

Numbers, switches and words out of a fixed list are told. Free texts stay out, for they may be keys, addresses or
paths of somebody's machine; of what is sent along with every request (`extra_body`) only that there is some.
"""

from types import NoneType
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from curate.mix import Mix
from curate.plugin import Plugin
from curate.settings import Settings


def disclosed(settings: Settings) -> dict[str, str]:
    """{"stages.caption.fps": "1.0"} for the steps of these settings, their models and their sets, in order."""
    told = {"steps": ", ".join(settings.steps)}
    told |= {f"sets.{name}.layout": layout.name() for name, layout in settings.layouts.items()}
    told |= _sets(settings) | (_mix(settings.mix) if settings.mix else {})
    if near := settings.duplicates:
        told |= {"duplicates.questions": str(near.questions), "duplicates.clips": str(near.clips).lower()}
    for step in settings.steps:
        plugin: Plugin = settings.stages[step] if step in settings.stages else settings.filters[step]
        told |= _options(plugin, f"{plugin.folder}.{step}")
    used = {settings.stages[step].model for step in settings.steps if step in settings.stages}
    for name in sorted(used):
        model = settings.models[name]
        told[f"models.{name}.provider"] = model.name()
        if getattr(model, "extra_body", None):
            told[f"models.{name}.extra_body"] = "set, and not shown here"
    return told


def _sets(settings: Settings) -> dict[str, str]:
    """Which rows stand in which split and set, and what they hold of their media."""
    told = {f"sets.{name}.embed": str(most) for name, most in settings.embed.items() if most}
    if settings.validation:
        told |= {"sets.validation": str(settings.validation), "sets.seed": str(settings.seed)}
    fitness = settings.fitness
    return told | {"sets.rl.min_pass_rate": str(fitness.least), "sets.rl.max_pass_rate": str(fitness.most)}


def _mix(mix: Mix) -> dict[str, str]:
    """What was asked for of each group, by its number in the card's table of the mix, where its name stands."""
    told = {"mix.seed": str(mix.seed), "mix.others": mix.others}
    for number, group in enumerate(mix.groups, 1):
        kind, amount = ("rows", group.rows) if group.weight is None else ("weight", group.weight)
        told[f"mix.groups.{number}.{kind}"] = str(amount)
    return told


def _options(plugin: Plugin, where: str) -> dict[str, str]:
    values = {name: getattr(plugin, name) for name in type(plugin).model_fields}
    return {
        f"{where}.{name}": str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in values.items()
        if isinstance(value, bool | int | float) or (value is not None and _fixed(type(plugin).model_fields[name]))
    }


def _fixed(field: FieldInfo) -> bool:
    """Whether a field takes nothing but words out of a list, or None."""
    inside = get_args(field.annotation)
    kinds = inside if NoneType in inside else (field.annotation,)
    return all(get_origin(kind) is Literal or kind is NoneType for kind in kinds)
