"""OpenAI's Batch API: the same requests at half the price, answered within a day."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pydantic import Field, PrivateAttr

from curate.batches import Batches, Manner, swept
from curate.batchfile import UNSAID
from curate.batchitems import Ask
from curate.batchlife import BatchLife
from curate.batchserver import BatchServer
from curate.batchstore import BatchStore
from curate.chat import Reply, Request
from curate.errors import AskError, BatchedError, SettingsError, TransientError
from curate.modes import Mode
from curate.persistence import Persistence
from curate.posting import Answer
from curate.provider import House
from curate.providers.openai import OpenAIProvider
from curate.spool import FOLDER
from curate.wire import counted

MEGABYTE = 1_000_000  # bytes
SWEPT = "batches swept"


class OpenAIBatchProvider(OpenAIProvider):
    """Asks by OpenAI's Batch API: half the price, answers within a day, the same replies.

    A file goes out with `max_requests` requests, with `max_file` MB, or when nothing new came for `gather` seconds; a
    batch is looked at every `poll` seconds at most. What was submitted is found again by any later run in the work
    folder. `concurrency` is how many requests may wait at once. The prices are those that a batch is billed with.
    """

    keeps = True

    concurrency: int = Field(default=50_000, ge=1)
    max_requests: int = Field(default=50_000, ge=1, le=50_000)
    max_file: float = Field(default=200.0, gt=0, le=200)
    gather: float = Field(default=10.0, gt=0)
    poll: float = Field(default=60.0, gt=0)

    _house: House | None = PrivateAttr(default=None)
    _told: set[str] = PrivateAttr(default_factory=set)  # requests whose answer was of no use, and was told
    _own: "_Office | None" = PrivateAttr(default=None)

    @property
    def pending(self) -> int:
        """The requests that the server has and has not answered yet."""
        return self._own.store.waiting(self.base_url, self.identity) if self._own else 0

    def housed(self, house: House) -> None:
        """Batches are noted in the work folder."""
        self._house = house

    async def close(self) -> None:
        """Stop looking after the batches, and forget the answers that are in the journal by now."""
        await super().close()
        own, self._own = self._own, None
        if own and self._house:
            await own.close(self._house.kept)

    async def ask_now(self, request: Request) -> Reply:
        """One call to /chat/completions, at its full price: a day is too long for a canary."""
        return await self._structure.ask(request, super()._sent)

    async def _sent(self, request: Request, mode: Mode) -> Reply:
        """Wait for the batch that this request is in, from an earlier run maybe, or else put it in the next one."""
        key, batches = request.key(self.identity), self._started()
        ask = Ask(key, request.stage, request.max_tokens, request.prompt_guess)
        while True:
            item = None if key in self._told else await batches.held(key)
            if item is None:
                self._told.discard(key)
                fitted, kept = await self._fitted(request), await self._structure.settled(request, mode)
                await batches.add(ask, partial(self.body, fitted, self._eyes, kept))
                continue
            answer = Answer(item.status or UNSAID, {}, item.body or b"")
            if less := self._room.less(answer, request.max_tokens):
                request = replace(request, max_tokens=less)
                self._told.add(key)
                continue
            reply = self._reply(key, answer, request)
            if not reply.cut or item.max_tokens >= ask.max_tokens:
                return reply
            self._told.add(key)

    def _reply(self, key: str, answer: Answer, request: Request) -> Reply:
        """The reply that was bought. Raises BatchedError, RefusedError or FatalError where there is none."""
        try:
            if answer.status == UNSAID:
                raise self.faults().unread(answer, TransientError("the batch holds no answer to this request"))
            if not 200 <= answer.status < 300:
                raise self.faults().refused(answer)
            return self.priced(counted(self._read(answer), request))
        except AskError as error:
            self._told.add(key)
            if isinstance(error, TransientError):
                raise BatchedError(str(error)) from None
            raise

    def _started(self) -> Batches:
        """The batches of this model, which are looked after from the first request on."""
        if self._house is None:
            raise SettingsError(f"{self.model}: batches need a work folder")
        name, common = (type(self), self.base_url, self.identity), self._house.common
        if name not in common:
            self._own = _Office(self, self._house, self._say)
            common[name] = self._own.batches
        batches: Batches = common[name]
        return batches


class _Office:
    """All that batches take, open until `close`."""

    def __init__(self, model: OpenAIBatchProvider, house: House, say: Callable[[str], None]) -> None:
        folder = house.work / FOLDER
        self.store = BatchStore(house.work)
        if SWEPT not in house.common:  # other models of this run may be filling files there
            house.common[SWEPT] = True
            swept(self.store, folder)
        self._server = BatchServer(model.base_url, model.usable_key(), model.timeout, model.faults())
        steady = Persistence(model.max_retries, model.patience, say)
        life = BatchLife(self.store, self._server, folder, model.poll, steady, say)
        manner = Manner(folder, model.max_requests, int(model.max_file * MEGABYTE), model.gather)
        self.batches = Batches(self.store, life, manner, model.base_url, model.identity)
        if waiting := self.batches.resume():
            say(f"{waiting:,} requests wait in batches from before: they are not asked again")

    async def close(self, kept: Callable[[str], bool]) -> None:
        """Let go of it; answers that are `kept` in the journal are forgotten here."""
        await self.batches.close()
        await self._server.close()
        self.store.forget([key for key in self.store.answered() if kept(key)])
        self.store.close()
