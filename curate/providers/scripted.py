"""A model that says what it is told to: for unit tests only."""

from collections import Counter

from pydantic import Field, PrivateAttr

from curate.chat import Reply, Request
from curate.errors import RefusedError
from curate.provider import Provider


class ScriptedProvider(Provider):
    """Replies from the settings, one after the other for each stage, then from the start again."""

    model: str = "scripted"
    replies: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    _asked: list[Request] = PrivateAttr(default_factory=list)
    _turns: Counter[str] = PrivateAttr(default_factory=Counter)

    @property
    def asked(self) -> list[Request]:
        """Every request so far, in the order in which they came."""
        return self._asked

    async def ask(self, request: Request) -> Reply:
        """The stage's next line. Raises RefusedError for a stage without any."""
        self._asked.append(request)
        lines = self.replies.get(request.stage)
        if not lines:
            raise RefusedError(f"nothing is scripted for {request.stage!r}")
        turn = self._turns[request.stage]
        self._turns[request.stage] += 1
        return Reply(text=lines[turn % len(lines)], model=self.model, completion_tokens=1)
