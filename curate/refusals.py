"""A server that refuses whatever it is asked: soon told apart from one that refuses some requests for what they are."""

from curate.chat import Ask, Media, Reply, Request
from curate.errors import FatalError, RefusedError, TooLongError
from curate.troubles import cause

ENOUGH = 20  # requests about different things, all refused in the same words and none ever answered


def trusting(ask: Ask, model: str) -> Ask:
    """The same, as long as the model has answered, or not refused too much. Raises FatalError.

    `model` is how the settings name it.
    """
    refused: dict[str, set[int]] = {}
    answered = False

    async def asked(request: Request) -> Reply:
        nonlocal answered
        try:
            reply = await ask(request)
        except RefusedError as error:
            if answered or isinstance(error, TooLongError):
                raise
            alike = refused.setdefault(cause(str(error)), set())
            alike.add(_about(request))
            if len(alike) < ENOUGH:
                raise
            told = f"{model} has refused all that it was asked, {len(alike)} requests in the same words"
            raise FatalError(f"{told}: {error}; once that is mended, run again") from error
        answered = True
        return reply

    return asked


def _about(request: Request) -> int:
    """What a request is about: its media, so that many questions about one bad clip count once; else its texts."""
    media = {part.medium.sha256 for message in request.messages for part in message.parts if isinstance(part, Media)}
    return hash(frozenset(media) or request.messages)
