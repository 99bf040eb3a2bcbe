"""One answer for all records about one medium: worked out once, and kept at hand while they come by."""

from collections import OrderedDict
from collections.abc import Hashable

from curate.ask import Meter
from curate.chat import Ask
from curate.flights import Flights
from curate.record import Output, Record
from curate.stage import Stage

AT_HAND = 256  # answers; the rows about one medium mostly stand together


class Shared:
    """Runs a stage for a record, unless another record's run serves as well: one under way, or one of the last.

    Every record that is served so counts as shared in the stage's meter.
    """

    def __init__(self, stage: Stage, meter: Meter) -> None:
        self._stage = stage
        self._meter = meter
        self._flights: Flights[Output] = Flights()
        self._at_hand: OrderedDict[Hashable, Output] = OrderedDict()

    async def run(self, record: Record, ask: Ask) -> Output:
        """The stage's output. Raises what its run raises, for all that waited for it."""
        about = self._stage.about(record)
        output = self._at_hand.get(about)
        if output is not None:
            self._meter.shared += 1
            self._at_hand.move_to_end(about)
            return output
        if not self._flights.flying(about):
            return await self._flights.share(about, lambda: self._found(about, record, ask))
        self._meter.shared += 1
        self._meter.waiting += 1
        try:
            return await self._flights.share(about, lambda: self._found(about, record, ask))
        finally:
            self._meter.waiting -= 1

    async def _found(self, about: Hashable, record: Record, ask: Ask) -> Output:
        output = self._at_hand[about] = await self._stage.run(record, ask)
        if len(self._at_hand) > AT_HAND:
            self._at_hand.popitem(last=False)
        return output
