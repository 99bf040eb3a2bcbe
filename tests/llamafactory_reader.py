"""LLaMA-Factory 0.9.5's own reading of `dataset_info.json` and of conversations, without what it trains with.

Its `data/parser.py` and `data/converter.py` are run as they are. Beside them stand, in place of modules that import
torch and peft, only what these two take from them: a file's name, whether another hub is asked, and a log, which
here raises what would be a warning, since that means an example is skipped or a medium is not found.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from datasets import Dataset

NAME = "llamafactory"


class Complaint:
    """A log whose every warning is an error."""

    def warning_rank0(self, said: str) -> None:
        raise AssertionError(said)

    warning_rank0_once = warning_rank0


def converted(folder: Path, name: str, ending: str) -> list[dict[str, Any]]:
    """The examples of the data set of this name as training sees them; media lie in the same folder."""
    with _modules() as (parser, converter):
        [attributes] = parser.get_dataset_list([name], str(folder))
        assert attributes.load_from == "file"
        convert = converter.get_dataset_converter(attributes.formatting, attributes, SimpleNamespace(media_dir=folder))
        file = str(folder / attributes.dataset_name)
        reader = Dataset.from_parquet if ending == "parquet" else Dataset.from_json
        return [convert(example) for example in reader(file, cache_dir=str(folder / "cache"))]


@contextmanager
def _modules() -> Iterator[tuple[Any, Any]]:
    spec = find_spec(NAME)
    assert spec, "the group `readers` is not installed"
    root = Path(str(spec.origin)).parent
    made: dict[str, ModuleType] = {}
    for inside in ("", ".data", ".extras"):
        package = made[NAME + inside] = ModuleType(NAME + inside)
        package.__path__ = [str(root / inside[1:])]
    for module, holds in {
        "logging": {"get_logger": lambda _: Complaint()},
        "constants": {"DATA_CONFIG": "dataset_info.json"},
        "misc": {"use_modelscope": lambda: False, "use_openmind": lambda: False},
    }.items():
        made[f"{NAME}.extras.{module}"] = stand_in = ModuleType(module)
        vars(stand_in).update(holds)
        setattr(made[f"{NAME}.extras"], module, stand_in)
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == NAME}
    sys.modules.update(made)
    try:
        yield import_module(f"{NAME}.data.parser"), import_module(f"{NAME}.data.converter")
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
            del sys.modules[name]
        sys.modules.update(before)
