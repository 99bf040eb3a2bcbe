"""What was looked at, on this machine or at a server, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from curate.medium import Medium

TEXT = 1000  # tokens that the shortest prompt of a stage takes, and more


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `needed` is true where `curate` cannot do without it; `facts` tells it to programs."""

    about: str
    good: bool
    told: str
    needed: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the stages of a run want of one model.

    `frames` are those in one request at most (0: it is shown nothing), `frame` the tokens that one of their size takes
    for most models, `prompt` those that a request may take for any, and `max_tokens` those of a reply. `sampling` is
    what goes along with every request. `film` is a small clip of more frames than that, to try it with; None where
    there is none.
    """

    frames: int = 0
    frame: int = 0
    prompt: int = 0
    max_tokens: int = 0
    sampling: Mapping[str, Any] = field(default_factory=dict)
    film: Medium | None = None
