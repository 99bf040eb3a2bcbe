"""A server that refuses whatever it is asked: soon told apart from one that refuses some requests for what they are."""

from collections import defaultdict
from collections.abc import Collection

from curate.chat import Ask, Media, Reply, Request
from curate.errors import FatalError, RefusedError, TooLongError
from curate.troubles import cause

ENOUGH = 20  # requests of one stage, the first that it asks


def trusting(ask: Ask, model: str, trusted: Collection[str]) -> Ask:
    """The same, but FatalError where the first requests of a stage are all refused, in the same words.

    `model` is how the settings name it. Stages that are `trusted` were answered before, or refused and asked
    again by somebody who knows of it.
    """
    known = set(trusted)
    firsts: defaultdict[str, _First] = defaultdict(_First)

    async def asked(request: Request) -> Reply:
        if (stage := request.stage) in known:
            return await ask(request)
        firsts[stage].asked(request)
        try:
            reply = await ask(request)
        except TooLongError:
            raise
        except RefusedError as error:
            if stage in known or not firsts[stage].refused(request, error):
                raise
            told = f"{model} has refused the first {ENOUGH} requests of {stage}, all in the same words"
            raise FatalError(f"{told}: {error}; once that is mended, or to go on all the same, run again") from error
        known.add(stage)
        return reply

    return asked


class _First:
    """What became of the first requests of one stage that were about different things."""

    def __init__(self) -> None:
        self._fates: dict[int, str] = {}  # "": nothing is known yet

    def asked(self, request: Request) -> None:
        if len(self._fates) < ENOUGH:
            self._fates.setdefault(_about(request), "")

    def refused(self, request: Request, error: RefusedError) -> bool:
        """Whether all of them are, by now."""
        about = _about(request)
        if about in self._fates:
            self._fates[about] = cause(str(error))
        return len(self._fates) == ENOUGH and len(said := set(self._fates.values())) == 1 and "" not in said


def _about(request: Request) -> int:
    """What a request is about: its media, so that many questions about one bad clip count once; else its texts.

    A medium that it does not show counts too: what was told of it may be what is refused.
    """
    media = {part.medium.sha256 for message in request.messages for part in message.parts if isinstance(part, Media)}
    return hash(frozenset(media) or request.about or request.messages)
