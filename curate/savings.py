"""What was not asked, and why: because records share a medium, because a filter stood early, because of the journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curate.journal import Spent
from curate.tally import Tally


@dataclass(frozen=True, slots=True)
class Saving:
    """Calls of one stage that were spared, by cause, and the USD that they would have cost."""

    stage: str
    sharing: int
    filters: int
    replay: int
    cost: float


def savings(
    steps: Sequence[str],
    stages: Mapping[str, bool],
    tally: Tally,
    media: int,
    replayed: Mapping[str, int],
    spent: Sequence[Spent],
) -> list[Saving]:
    """The savings of each stage; `stages` says of each whether records about one medium share its answer.

    `media` is how many media the records are about, `replayed` how often each stage was answered from the journal
    instead of being asked again.
    """
    found = []
    for at, step in enumerate(steps):
        if step not in stages:
            continue
        earlier = {name for name in steps[:at] if name not in stages}
        sharing = max(0, tally.passed[step] - media) if stages[step] else 0
        filters = sum(n for (name, _), n in tally.rejected.items() if name in earlier)
        replay = replayed.get(step, 0)
        bought = [s for s in spent if s.stage == step]
        calls = sum(s.calls for s in bought)
        mean = sum(s.cost for s in bought) / calls if calls else 0.0
        found.append(Saving(step, sharing, filters, replay, (sharing + filters + replay) * mean))
    return found
