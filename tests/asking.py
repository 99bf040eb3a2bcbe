"""A model for tests of stages: it says what it is told to and remembers what it was asked."""

from curate.chat import Media, Reply, Request, Text


class Model:
    """An `ask` that hands out these replies in turn; an exception among them is raised."""

    def __init__(self, *replies: str | Reply | Exception) -> None:
        self._replies = list(replies)
        self.asked: list[Request] = []

    async def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        reply = self._replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return Reply(text=reply) if isinstance(reply, str) else reply

    @property
    def left(self) -> int:
        """How many replies nobody asked for."""
        return len(self._replies)


def texts(request: Request, role: str | None = None) -> str:
    """All text of a request, or of one role."""
    said = [part for m in request.messages if role in (None, m.role) for part in m.parts]
    return "\n".join(part.text for part in said if isinstance(part, Text))


def media(request: Request) -> list[Media]:
    """All media of a request."""
    return [part for message in request.messages for part in message.parts if isinstance(part, Media)]
