"""What is known of a batch and of each request in one."""

from dataclasses import dataclass

FORGET = "`curate batch forget {}` has its requests asked again"


@dataclass(frozen=True, slots=True)
class Batch:
    """One file of requests to a `model` (its identity) at this address; "" where the user brings it there himself.

    `mark` is our own name for it. `creating` is when the server was first told to begin, and may have.
    """

    mark: str
    address: str
    model: str
    requests: int
    size: int
    at: float
    file_id: str | None = None
    creating: float | None = None
    batch_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A request in a batch: its key, and what its reply is kept with; `guess` is the tokens its prompt may take."""

    key: str
    stage: str
    max_tokens: int
    guess: float


@dataclass(frozen=True, slots=True)
class Item:
    """Where a request stands: in a batch, or (`status` and `body` say so) answered. Its batch may have ended."""

    mark: str
    address: str | None
    batch_id: str | None
    stage: str
    max_tokens: int
    guess: float
    status: int | None
    body: bytes | None
    model: str | None

    @property
    def waits(self) -> bool:
        """Whether a server has it, or will have, and has not answered yet."""
        return self.status is None and bool(self.address)

    @property
    def good(self) -> bool:
        """Whether it has a reply."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def name(self) -> str:
        """By which its batch can be spoken of."""
        return self.batch_id or self.mark
