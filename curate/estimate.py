"""What a run would ask and how much it would carry, from its first records; sends nothing."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from curate.chat import Media
from curate.errors import MediaError
from curate.provider import Eyes, Provider
from curate.record import Record
from curate.stage import Stage

MIB = 2**20


@dataclass(slots=True)
class Weight:
    """The requests of one stage. `sizes` are bytes of media in each; `refused` says why some cannot be sent."""

    stage: str
    model: str
    requests: int = 0
    frames: int = 0
    sizes: list[int] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)

    @property
    def mean(self) -> float:
        """MiB of media in a request that carries any."""
        return sum(self.sizes) / len(self.sizes) / MIB if self.sizes else 0.0

    @property
    def largest(self) -> float:
        """MiB of media in the largest request."""
        return max(self.sizes, default=0) / MIB


@dataclass(slots=True)
class Estimate:
    """The stages of a run over `total` rows, from the first `seen` of them; `unusable` cannot be asked about."""

    total: int
    weights: list[Weight]
    seen: int = 0
    unusable: int = 0

    def expected(self, weight: Weight) -> int:
        """Requests of this stage for all rows, at most: a filter before it saves some."""
        return round(weight.requests * self.total / self.seen) if self.seen else 0


async def estimated(
    records: AsyncIterator[object], asked: Iterable[tuple[Stage, Provider]], eyes: Eyes, total: int
) -> Estimate:
    """Weigh what these stages would ask about these records."""
    stages = list(asked)
    estimate = Estimate(total, [Weight(stage.name(), provider.identity) for stage, provider in stages])
    once: list[set[Media]] = [set() for _ in stages]
    async for item in records:
        estimate.seen += 1
        if not isinstance(item, Record):
            estimate.unusable += 1
            continue
        for (stage, provider), weight, known in zip(stages, estimate.weights, once, strict=True):
            await _weighed(item, stage, provider, eyes, weight, known)
    return estimate


async def _weighed(
    record: Record, stage: Stage, provider: Provider, eyes: Eyes, weight: Weight, known: set[Media]
) -> None:
    """Add this record's requests; those that another record has brought already are shared."""
    if not stage.concerns(record):
        return
    try:
        shown = stage.shows(record)
        weight.requests += 0 if shown else stage.rounds()
        for media in shown:
            if stage.shared and media in known:
                continue
            known.add(media)
            weight.sizes.append(await provider.payload(media, eyes))
            weight.frames += len(media.frames)
            weight.requests += 1
    except MediaError as error:
        weight.refused[str(error)] = weight.refused.get(str(error), 0) + 1
