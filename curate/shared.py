"""One answer for all records about one medium: worked out once, and kept at hand while they come by."""

from collections import OrderedDict
from collections.abc import Hashable

from curate.ask import noted
from curate.chat import Ask
from curate.flights import Flights
from curate.meter import Meter
from curate.record import Output, Record
from curate.stage import Stage

AT_HAND = 256  # answers; the rows about one medium mostly stand together


Found = tuple[Output, list[str]]


class Shared:
    """Runs a stage for a record, unless another record's run serves as well: one under way, or one of the last.

    Every record that is served so counts as shared in the stage's meter.
    """

    def __init__(self, stage: Stage, meter: Meter) -> None:
        self._stage = stage
        self._meter = meter
        self._flights: Flights[Found] = Flights()
        self._at_hand: OrderedDict[Hashable, Found] = OrderedDict()

    async def run(self, record: Record, ask: Ask, again: bool = False) -> Found:
        """The stage's output, and the replies that it rests on. Raises what its run raises, for all that waited.

        A record that comes `again` has been counted.
        """
        about = self._stage.about(record)
        found = self._at_hand.get(about)
        if found is not None:
            self._meter.shared += not again
            self._at_hand.move_to_end(about)
            return found
        if not self._flights.flying(about):
            return await self._flights.share(about, lambda: self._found(about, record, ask))
        self._meter.shared += not again
        self._meter.waiting += 1
        try:
            return await self._flights.share(about, lambda: self._found(about, record, ask))
        finally:
            self._meter.waiting -= 1

    async def _found(self, about: Hashable, record: Record, ask: Ask) -> Found:
        used: list[str] = []
        output = await self._stage.run(record, noted(ask, lambda reply: used.append(reply.key)))
        found = self._at_hand[about] = output, used
        if len(self._at_hand) > AT_HAND:
            self._at_hand.popitem(last=False)
        return found
