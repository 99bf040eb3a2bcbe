"""Raw rows to records: what cannot be used is rejected with its reason, never dropped silently."""

import asyncio
import hashlib
import json
import math
import re
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, get_args

from curate import tags
from curate.answers.references import hopeless
from curate.answers.score import PAPER, Measures
from curate.errors import MediaError
from curate.media.library import Library
from curate.medium import Kind, Medium
from curate.record import Failed, ProblemType, Record, Rejected
from curate.sources import BrokenLine, Row
from curate.standings import Standing

STEP = "input"
DUPLICATE = "duplicate"
NEAR = "near duplicate"
LEFT_OUT = "left out by the mix"
COLUMNS = frozenset(Record.model_fields) - {"medium", "outputs", "pass_rate"}
AHEAD = 32  # media looked at before their turn
BREATH = 200  # rows after which everything else gets its turn
WHOLE = re.compile(r"\s*-?\d{1,19}\s*")


class UnusableError(ValueError):
    """A row that cannot become a record. `reason` is countable."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class Entry(NamedTuple):
    """One row on its way in: its number, its stamp among the standings, what became of it, and what it asks.

    A Standing is what an earlier walk made of it, where nothing more can come of that.
    """

    number: int
    stamp: bytes
    item: Record | Rejected | Failed | Standing
    asked: bytes = b""


Stood = Callable[[Row], tuple[bytes, Standing | None]]


def nowhere(_: Row) -> tuple[bytes, None]:
    """Of no row it is known where it stood."""
    return b"", None


NONE: Mapping[int, int] = {}  # (a read-only view could not travel to the judging processes)
LeftOut = Callable[[dict[str, Any]], str | None]


def none(_: dict[str, Any]) -> None:
    """No row is left out."""


class Intake:
    """The rows of a question file, one by one, in order; the same question on the same medium is one row.

    `extras` counts the keys that no column has. Rows without a `problem_id` get their number. `stood` says
    where a row stood before, if it need not be walked again. `repeats` are rows by number that ask nearly the same
    as the row with that problem_id. `measures` says how answers are judged, which tells what no answer can be right
    beside.
    """

    def __init__(
        self,
        library: Library,
        stood: Stood = nowhere,
        left_out: LeftOut = none,
        repeats: Mapping[int, int] = NONE,
        measures: Measures = PAPER,
    ) -> None:
        self._library = library
        self._left_out = left_out
        self._repeats = repeats
        self._measures = measures
        self._stood = stood
        self._seen: dict[bytes, int] = {}
        self.extras: Counter[str] = Counter()

    async def entries(self, rows: Iterable[Row]) -> AsyncIterator[Entry]:
        """Records, rejections and failures in the order of the rows."""
        waiting: deque[Entry | asyncio.Task[Entry]] = deque()
        try:
            for count, row in enumerate(rows):
                stamp, standing = self._stood(row)
                waiting.append(Entry(row.number, stamp, standing) if standing else self._begun(row, stamp))
                if len(waiting) >= AHEAD:
                    yield await self._next(waiting)
                if count % BREATH == 0:
                    await asyncio.sleep(0)  # rows that are known already leave the others no room otherwise
            while waiting:
                yield await self._next(waiting)
        finally:
            looking = [entry for entry in waiting if isinstance(entry, asyncio.Task)]
            for task in looking:
                task.cancel()
            await asyncio.gather(*looking, return_exceptions=True)

    async def again(self, row: Row) -> Entry:
        """A row that came in before, as it was then."""
        item = await self._look(row)
        return Entry(row.number, self._stood(row)[0], item, asked(item) if isinstance(item, Record) else b"")

    def _begun(self, row: Row, stamp: bytes) -> Entry | asyncio.Task[Entry]:
        found = self._at_once(row)
        if not isinstance(found, dict):
            return Entry(row.number, stamp, found)

        async def looked() -> Entry:
            return Entry(row.number, stamp, await self._identified(row, found))

        return asyncio.create_task(looked())

    async def _next(self, waiting: deque[Entry | asyncio.Task[Entry]]) -> Entry:
        entry = waiting.popleft()
        if isinstance(entry, asyncio.Task):
            entry = await entry
        return self._once(entry)

    async def _look(self, row: Row) -> Record | Rejected | Failed:
        found = self._at_once(row)
        return await self._identified(row, found) if isinstance(found, dict) else found

    def _at_once(self, row: Row) -> Record | Rejected | dict[str, Any]:
        """What becomes of a row; of one whose medium is not at hand, its columns only."""
        try:
            fields = usable(row.raw, row.number, self._measures)
        except UnusableError as error:
            return Rejected(row.raw, STEP, error.reason, error.detail or row.where)
        self.extras.update(str(key) for key in row.raw if key not in COLUMNS)
        if group := self._left_out(fields):
            return Rejected(row.raw, STEP, LEFT_OUT, group)
        if (first := self._repeats.get(row.number)) is not None:
            return Rejected(row.raw, STEP, NEAR, f"nearly the same question as problem_id {first}")
        medium = self._library.at_hand(fields["path"], fields["data_type"])
        return record(fields, medium) if medium else fields

    async def _identified(self, row: Row, fields: dict[str, Any]) -> Record | Rejected | Failed:
        try:
            return record(fields, await self._library.identify(fields["path"], fields["data_type"]))
        except MediaError as error:
            if error.lasting:
                return Rejected(row.raw, STEP, error.reason, error.detail)
            return Failed(None, STEP, error.reason, error.detail, row.raw)

    def _once(self, entry: Entry) -> Entry:
        """The entry, or its rejection where an earlier row asked the same."""
        item = entry.item
        if isinstance(item, Standing):
            if item.asked:
                self._seen.setdefault(item.asked, item.problem_id)
            return entry
        if not isinstance(item, Record):
            return entry
        digest = asked(item)
        if digest in self._seen:
            return entry._replace(item=again(item, self._seen[digest]), asked=digest)
        self._seen[digest] = item.problem_id
        return entry._replace(asked=digest)


def again(record: Record, first: int) -> Rejected:
    """The rejection of a record that asks the same as the one of problem_id `first` before it."""
    return Rejected(record.row, STEP, DUPLICATE, f"the same question as problem_id {first}", record)


def asked(record: Record) -> bytes:
    """What makes two rows the same question."""
    said = [record.medium.sha256, record.problem, record.problem_type, *record.options]
    return hashlib.blake2b(json.dumps(said).encode(), digest_size=16).digest()


def usable(raw: Any, number: int, measures: Measures = PAPER) -> dict[str, Any]:
    """The columns of a record from a raw row, all but its medium. Raises UnusableError.

    `measures` is how answers are judged: a row is no use whose reference nothing can be right beside.
    """
    if isinstance(raw, BrokenLine):
        raise UnusableError("not JSON")
    if not isinstance(raw, dict):
        raise UnusableError("not a row", f"expected an object with the columns of a row, found {type(raw).__name__}")
    kind = choice(raw, "data_type", get_args(Kind))
    path = text(raw, "path")
    if not path.strip():
        raise UnusableError("no medium", "path is missing or empty")
    fields = {
        "problem_id": identifier(raw.get("problem_id"), number),
        "problem": needed(raw, "problem", "no question"),
        "data_type": kind,
        "problem_type": choice(raw, "problem_type", get_args(ProblemType)),
        "options": options(raw.get("options")),
        "solution": tags.solution(answer := reference(raw)),
        "path": path,
        "data_source": text(raw, "data_source"),
    }
    judgeable(fields, answer, measures)
    return fields


def judgeable(fields: Mapping[str, Any], answer: str, measures: Measures) -> None:
    """Raise UnusableError where no answer can be right beside the reference `answer`."""
    if not (reason := hopeless(fields["problem_type"], answer, fields["options"], measures)):
        return
    choosing = fields["problem_type"] == "multiple choice"
    reader = f", there are {len(fields['options'])}" if choosing else " (strict)" if measures.strict else ""
    raise UnusableError(reason, f"solution is {shown(answer)}{reader}")


def usable_rows(rows: Iterable[Row], measures: Measures = PAPER) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number and the columns of each of these rows that can be used, without a look at its medium."""
    for row in rows:
        try:
            yield row.number, usable(row.raw, row.number, measures)
        except UnusableError:
            continue


def question(fields: Mapping[str, Any]) -> bytes:
    """What makes two rows the same question as long as nobody has looked at their media."""
    return json.dumps([fields[name] for name in ("path", "problem", "problem_type", "options")]).encode()


def identifier(value: object, number: int) -> int:
    """The row's own id, or its number where it has none. It must fit 64 bits."""
    if value is None:
        return number
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise UnusableError("bad problem_id", f"expected a whole number, found {shown(value)}")
    return value


def known_as(row: Row, problem_id: int) -> bool:
    """Whether this row goes by this id."""
    try:
        return isinstance(row.raw, dict) and identifier(row.raw.get("problem_id"), row.number) == problem_id
    except UnusableError:
        return False


def text(raw: dict[str, Any], key: str) -> str:
    """The text under this key, "" where it is missing or null."""
    value = raw.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnusableError(f"bad {key}", f"expected text, found {shown(value)}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UnusableError(f"bad {key}", "broken text: it holds half a character") from error
    return value


def needed(raw: dict[str, Any], key: str, reason: str) -> str:
    """The text under this key, which must not be empty."""
    value = text(raw, key)
    if not value.strip():
        raise UnusableError(reason, f"{key} is missing or empty")
    return value


def choice(raw: dict[str, Any], key: str, known: tuple[str, ...]) -> str:
    """The text under this key, which must be one of those known."""
    value = text(raw, key)
    if value not in known:
        expected = ", ".join(known)
        raise UnusableError(f"unknown {key.replace('_', ' ')}", f"{shown(value)} is none of {expected}")
    return value


def options(value: object) -> tuple[str, ...]:
    """The options as text; missing or null means none."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise UnusableError("bad options", f"expected a list, found {shown(value)}")
    return tuple(text({"options": option}, "options") for option in value)


def reference(raw: dict[str, Any]) -> str:
    """The reference answer without its tags; numbers and untagged text are taken as they are."""
    value = raw.get("solution")
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        raw = {"solution": str(value)}
    solution = needed(raw, "solution", "no reference answer")
    found = tags.answer_in(solution)
    answer = solution.strip() if found is None else found
    if not answer or tags.ANY.search(answer):
        raise UnusableError("no reference answer", f"solution is {shown(solution)}")
    return answer


def record(fields: dict[str, Any], medium: Medium) -> Record:
    """The record of these columns and this medium."""
    return Record(medium=medium, **fields)


def shown(value: object) -> str:
    """A value for a message: short, on one line, without control characters."""
    try:
        return ascii(value)[:80] if not isinstance(value, str) else repr(value)[:80]
    except RecursionError:
        return f"a deeply nested {type(value).__name__}"
