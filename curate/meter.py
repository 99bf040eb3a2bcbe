"""What one stage has asked in this run."""

from dataclasses import dataclass, field

from curate.troubles import Troubles


@dataclass(slots=True)
class Meter:
    """What one stage has asked in this run, for the eyes of its user."""

    sent: int = 0
    replayed: int = 0
    shared: int = 0
    retried: int = 0
    in_flight: int = 0
    waiting: int = 0  # for a reply that another record has asked for
    prompt_tokens: int = 0
    cached_tokens: int = 0
    tokens: int = 0
    cost: float = 0.0
    seconds: float = 0.0  # that its replies took, all together
    troubles: Troubles = field(default_factory=Troubles)  # what went wrong on the way
