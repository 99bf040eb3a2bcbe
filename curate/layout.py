"""The contract of a layout: how a record becomes a row of a set that a trainer reads."""

from abc import ABC, abstractmethod
from typing import ClassVar

from curate.plugin import Plugin
from curate.record import Output, Record


class Layout(Plugin, ABC):
    """Turns records into rows. `sft` and `rl` are the row types with and without a chain of thought."""

    folder: ClassVar[str] = "layouts"
    sft: ClassVar[type[Output]]
    rl: ClassVar[type[Output]]

    @abstractmethod
    def row(self, record: Record) -> Output:
        """A row of type `sft` where the record carries a thought, else of type `rl`."""
