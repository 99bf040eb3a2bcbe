"""The contract of a stage: one question about one record. It knows no network, no retry, no file."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import ClassVar, Self

from pydantic import Field, ValidationError, model_validator

from curate import assets
from curate.chat import REFUSAL, Ask, Media, Message, Reply, Request, Schema, Text
from curate.cuts import sparing
from curate.errors import DeclinedError, TooLongError, UnansweredError, UnreadableError
from curate.medium import Kind
from curate.plugin import Plugin
from curate.processor import Name as ProcessorName
from curate.record import Out, Output, Record
from curate.sampling import MAX_PIXELS, Sampling

MARK = "$media"
LEAST_SHARE = 4  # a part of the frames that a stage is to show; with fewer than this, its reply rests on too little
ALIKE = 1.1  # a reply's length and another's
NEARLY = 0.9  # of `max_tokens`: some servers cut a little earlier


class Stage(Plugin, ABC):
    """One question about one record.

    `attempts` bounds how often an unreadable reply is asked again in one run; one that the token limit cut is asked
    for with twice the tokens each time, up to `room` times `max_tokens`. `tries` bounds how
    often the stage is asked anew when a filter behind it (and before the next stage) rejects. `samples`
    are all asked for, and the best goes on; the share of right ones is the record's `pass_rate`.
    """

    folder: ClassVar[str] = "stages"
    output: ClassVar[type[Output]]
    needs: ClassVar[tuple[type[Output], ...]] = ()
    shared: ClassVar[bool] = False  # one answer serves every record about a medium
    embeds: ClassVar[bool] = False  # it asks an embedding model
    settled: ClassVar[bool] = False  # asked anew it would say the same: the stage before it is asked instead

    model: str
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = None
    max_tokens: int = Field(default=8192, ge=1)
    room: float = Field(default=4.0, ge=1)
    attempts: int = Field(default=3, ge=1)
    tries: int = Field(default=1, ge=1)
    samples: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.tries > 1 and self.samples > 1:
            raise ValueError("tries asks only until one is right, samples asks all of them: choose one")
        return self

    @abstractmethod
    def fields(self, record: Record) -> dict[str, str]:
        """What fills the placeholders of this stage's prompts."""

    @abstractmethod
    def parse(self, reply: Reply, record: Record) -> Output:
        """The output in this reply. Raises ValueError where it cannot be read: it is asked again."""

    def media(self, record: Record) -> tuple[Media, ...]:
        """The frames shown, in order; they stand where the user prompt says `$media`."""
        return ()

    def shows(self, record: Record) -> tuple[Media, ...]:
        """What each request about this record shows: one medium a request, none where it shows nothing."""
        return self.media(record)

    def concerns(self, record: Record) -> bool:
        """Whether anything is asked about this record at all."""
        return True

    def frames(self) -> int:
        """Frames in one request at most; 0 where it shows none."""
        return 0

    def rounds(self) -> int:
        """How many requests a record takes at least where none of them shows anything."""
        return 1

    def most(self, kind: Kind) -> int:
        """Replies that a record about a medium of this kind takes at most, as long as none is cut."""
        return self.attempts * max(self.tries, self.samples)

    def objection(self, shows_parts: bool) -> str | None:
        """Why this stage cannot ask a model that shows clips whole or (`shows_parts`) in parts; None: it can."""
        return None

    def about(self, record: Record) -> Hashable:
        """Where the stage is `shared`: what its answer depends on of this record, and nothing else of it."""
        medium = record.medium
        return self.prompts(record), medium.sha256, medium.kind, medium.missing, medium.times.lost

    def shape(self, record: Record) -> Schema | None:
        """The JSON schema of the reply, or None for free text."""
        return None

    def prompts(self, record: Record) -> str:
        """The folder below `prompts/` that holds `system.md` and `user.md` for this record."""
        return f"{self.name()}/{record.medium.kind}"

    def request(self, record: Record) -> Request:
        """The first request about this record."""
        folder = self.prompts(record)
        told = self.fields(record), self.media(record), self.shape(record)
        return self.compose(folder, *told, about=record.medium.sha256)

    def compose(
        self, folder: str, fields: dict[str, str], media: tuple[Media, ...], schema: Schema | None, about: str = ""
    ) -> Request:
        """A request from the two prompts in this folder, `about` a medium that it may not show."""
        system = Message("system", (Text(assets.prompt(f"{folder}/system.md", fields)),))
        before, _, after = assets.text("prompts", f"{folder}/user.md").partition(MARK)
        texts = [assets.fill(part.strip(), fields) for part in (before, after)]
        parts: tuple[Text | Media, ...] = (Text(texts[0]), *media, Text(texts[1]))
        shown = tuple(part for part in parts if isinstance(part, Media) or part.text)
        return Request(
            stage=self.name(),
            messages=(system, Message("user", shown)),
            max_tokens=self.max_tokens,
            schema=schema,
            temperature=self.temperature,
            top_p=self.top_p,
            seed=self.seed,
            about=about,
        )

    async def run(self, record: Record, ask: Ask) -> Output:
        """One request, parsed; a stage that needs several overrides this and still knows only `ask`."""
        return await self.answered(self.request(record), record, ask)

    async def answered(self, request: Request, record: Record, ask: Ask) -> Output:
        """The output in the reply to this request about the record. Raises what `read` raises."""
        return await sparing(lambda ask: self.read(request, ask, lambda reply: self.parse(reply, record)), ask)

    async def read(self, request: Request, ask: Ask, parse: Callable[[Reply], Out], split_if_cut: bool = False) -> Out:
        """Ask until a reply can be read, at most `attempts` new replies in one run.

        Each time the model is told what was wrong, unless that is the limit's fault.
        Unreadable replies of earlier runs count for nothing, so that a rerun asks again; those of this run
        count, also where the record was put off meanwhile. Raises UnreadableError when the attempts are used
        up, or where an earlier run was cut with all the room there is, DeclinedError where the last reply did that,
        and CutError at the first reply that the token limit cut where the caller can ask for less (`split_if_cut`).
        Raises TooLongError where more room changed nothing.
        """
        attempt = bought = 0
        problem, fault = ValueError(), ""
        most, cut = request.max_tokens, CutError()
        limit = int(self.room * request.max_tokens)
        while bought < self.attempts:
            asked = replace(request, attempt=attempt, max_tokens=most, fault=fault) if attempt else request
            try:
                reply = await ask(asked)
            except UnansweredError:
                if attempt < self.attempts:
                    raise
                break
            try:
                return parse(given(uncut(reply, asked)))
            except CutError as error:
                if split_if_cut:
                    raise
                if 0 < error.early <= ALIKE * cut.early:
                    raise TooLongError(str(error)) from None
                if reply.replayed and asked.max_tokens >= limit:
                    raise UnreadableError(f"{error}; raise max_tokens or room to ask again") from None
                if most == request.max_tokens:
                    cut = error
                problem, fault = error, ""
                most = min(2 * most, limit)
            except ValueError as error:
                problem, fault = error, told(error)
            attempt += 1
            bought += not reply.replayed
        raise problem if isinstance(problem, DeclinedError) else UnreadableError(advised(problem))


def told(error: ValueError) -> str:
    """What was wrong with a reply, in one short line."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"[:300]
    return " ".join(str(error).split())[:300]


def advised(error: ValueError) -> str:
    """The same with what is for the user alone: the error's notes."""
    return " ".join([told(error), *getattr(error, "__notes__", ())])


class CutError(ValueError):
    """The token limit ended the reply, or (`early`, after so many tokens) something else: the context, mostly."""

    def __init__(self, message: str = "", early: int = 0) -> None:
        super().__init__(message)
        self.early = early


def uncut(reply: Reply, request: Request) -> Reply:
    """The reply, if it ended by itself. Raises CutError where it did not."""
    if not reply.cut:
        return reply
    limit = f"max_tokens = {request.max_tokens}"
    if not reply.guessed and 0 < reply.completion_tokens < NEARLY * request.max_tokens:
        said = f"cut after {reply.completion_tokens} tokens: the model has no room for {limit}"
        raise CutError(said, reply.completion_tokens)
    raise CutError(f"cut at {limit}")


def given(reply: Reply) -> Reply:
    """The reply, if the model gave one. Raises DeclinedError where it refused, or a filter took the reply away."""
    if not reply.refused:
        return reply
    words = " ".join(reply.text.split())[:200]
    if reply.finish == REFUSAL:
        raise DeclinedError(f"the model declines: {words!r}")
    raise DeclinedError(f"a filter ended the reply ({reply.finish})" + (f": {words!r}" if words else ""))


class ShowingStage(Stage):
    """A stage that shows the medium: `fps` frames a second, evenly spaced `max_frames` where that is more.

    `max_pixels` bounds width x height of a frame as the model sees it (512 patches of 28 x 28).
    `processor` counts and sizes frames as that family of models does; `min_pixels` is then what a frame
    is enlarged to at least (None: the family's own).
    """

    fps: float = Field(default=1.0, gt=0, le=240)
    max_frames: int = Field(default=128, ge=1)
    max_pixels: int = Field(default=MAX_PIXELS, ge=28 * 28)
    processor: ProcessorName | None = None
    min_pixels: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _can_pair(self) -> Self:
        if self.processor and self.max_frames < 2:
            raise ValueError(f"max_frames must be at least 2 for processor {self.processor!r}, which pairs frames")
        if self.min_pixels and not self.processor:
            raise ValueError("min_pixels needs a processor: without one, frames are never enlarged")
        if self.min_pixels and self.min_pixels > self.max_pixels:
            raise ValueError(f"min_pixels must not be above max_pixels ({self.max_pixels})")
        return self

    @property
    def sampling(self) -> Sampling:
        """Which frames are shown, and how large."""
        return Sampling(self.fps, self.max_frames, self.max_pixels, self.processor, self.min_pixels)

    def media(self, record: Record) -> tuple[Media, ...]:
        """The frames on show, as one medium. Raises MediaError where no rule can size it."""
        return (self.sampling.media(record.medium),)

    def frames(self) -> int:
        """All of them at once."""
        return self.max_frames

    async def run(self, record: Record, ask: Ask) -> Output:
        """One request, parsed; where it is too long, or has too many pictures, half the frames, or a quarter."""
        stage = self
        while True:
            try:
                return await super(ShowingStage, stage).run(record, ask)
            except TooLongError:
                fewest = len(self.media(record)[0].frames) // LEAST_SHARE
                half = len(stage.media(record)[0].frames) // 2
                if half < max(fewest, 2 if self.processor else 1):
                    raise
                stage = stage.model_copy(update={"max_frames": half})
