"""A plugin: a frozen model whose fields are its options in the settings. Its module name is its name."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo


class Plugin(BaseModel):
    """Base of every stage, filter, layout and provider. The docstring's first line describes it to users."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    folder: ClassVar[str]

    @classmethod
    def name(cls) -> str:
        """The plugin's name: that of its module, with "-" for "_" as in the settings."""
        return cls.__module__.rpartition(".")[2].replace("_", "-")


P = TypeVar("P", bound=Plugin)


def names(base: type[Plugin]) -> list[str]:
    """The names of all plugins of this kind, sorted; imports none of them."""
    package = import_module(f"curate.{base.folder}")
    return sorted(m.name.replace("_", "-") for m in iter_modules(package.__path__))


def find(base: type[P], name: str) -> type[P]:
    """The plugin class of this kind and name. Raises KeyError for a name that no module has."""
    if name not in names(base):
        raise KeyError(name)
    module: Any = import_module(f"curate.{base.folder}.{name.replace('-', '_')}")
    for found in vars(module).values():
        if isinstance(found, type) and issubclass(found, base) and found.__module__ == module.__name__:
            return found
    raise KeyError(name)


def _from_settings(path: Path, info: ValidationInfo) -> Path:
    base = (info.context or {}).get("base")
    return base / path if base else path


SettingsPath = Annotated[Path, AfterValidator(_from_settings)]
"""A path in the settings: relative to the settings file."""
