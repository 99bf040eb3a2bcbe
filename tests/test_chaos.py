"""A server's faults seen by whoever runs `curate`: what they cost, how they end, what is said about them."""

import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import pyarrow.parquet
import pytest

from tests.chaos import ChaosServer, until
from tests.faults import Asked, Chance, Poison, Said, answered, date, wired
from tests.limits import Bucket, FixedWindow, Limit, SlidingWindow
from tests.server import Answer, failure
from tests.workplace import Ran, Workplace, ended, picture, row

PATIENT = "concurrency = 4\nmax_retries = 8\ntimeout = 6"
SEEDED = "seed = 7"


@pytest.fixture
def chaos() -> Iterator[ChaosServer]:
    """A server that has no fault until a test gives it rules."""
    with ChaosServer() as server:
        yield server


@pytest.fixture
def place(tmp_path, chaos: ChaosServer) -> Workplace:
    """A folder to run `curate` in, whose models are that server."""
    return Workplace(tmp_path / "place", chaos.url).settings(model=PATIENT, stages=SEEDED)


def ids(place: Workplace, name: str) -> list[int]:
    return sorted(r["problem_id"] for r in table(place, name))


def table(place: Workplace, name: str) -> list[dict[str, Any]]:
    files = sorted((place.work / name).glob("*.parquet"))
    return [r for file in files for r in pyarrow.parquet.read_table(file).to_pylist()]


def about(asked: list[Asked], stage: str, number: int) -> list[Asked]:
    """The requests of this stage about this row."""
    return [one for one in asked if one.stage == stage and f"part {number} of" in one.text]


def named(ran: Ran) -> set[int]:
    """The rows that stderr names."""
    return {int(n) for some in re.findall(r"problem_id ([\d, ]+)", ran.err) for n in re.findall(r"\d+", some)}


def bought_once(chaos: ChaosServer) -> None:
    assert set(Counter(one.digest for one in chaos.bought).values()) == {1}


def test_with_every_fifth_request_failing_every_row_ends_in_a_set_or_is_rejected_with_its_reason(place, chaos):
    rows = [*range(30)]
    place.questions([row(n) if n % 2 else picture(n) for n in rows])
    place.settings(model="concurrency = 8\nmax_retries = 1\ntimeout = 6", stages=SEEDED + "\nattempts = 1")
    chaos.rules = [Chance(0.2, seed=3)]
    hurried = place.run("run")
    rejected = table(place, "rejected")
    assert hurried.code == (1 if rejected else 0)
    assert sorted(ids(place, "sft") + ids(place, "rejected")) == rows == ids(place, "rl")
    assert all(r["step"] and r["reason"] and r["detail"] for r in rejected)
    assert named(hurried) <= set(ids(place, "rejected"))
    assert bool(named(hurried)) == bool(rejected)
    place.settings(model="concurrency = 8\nmax_retries = 8\ntimeout = 6", stages=SEEDED + "\nattempts = 6")
    assert place.run("run").code == 0
    assert ids(place, "sft") == rows
    bought_once(chaos)


def test_rows_that_always_bring_the_server_down_cost_these_rows_only(place, chaos):
    """One request always brings a 500, one always breaks the connection."""
    others = [n for n in range(20) if n not in (7, 11)]
    place.questions([row(n) for n in range(20)]).settings(model=PATIENT.replace("= 8", "= 2"), stages=SEEDED)
    chaos.rules = [Poison("part 7 of", "500"), Poison("part 11 of", "drops")]
    ran = place.run("run")
    assert ran.code == 1
    assert named(ran) == {7, 11}
    assert ids(place, "sft") == others
    assert ids(place, "rejected") == [7, 11]
    bought_once(chaos)
    sent = len(chaos.asked)
    chaos.rules = []
    assert place.run("run").code == 0
    assert sorted(one.stage for one in chaos.asked[sent:]) == ["draft", "draft", "revise", "revise"]
    assert ids(place, "sft") == [*range(20)]


def test_a_key_that_is_refused_in_mid_run_stops_it_at_once_in_one_line(place, chaos):
    place.questions([row(n) for n in range(60)])
    refused = failure(401, "Incorrect API key provided")
    chaos.rules = [lambda asked, _: wired(refused, asked) if asked.number > 15 else None]
    ran = place.run("run", "--quiet")
    assert ran.code == 2
    assert len(ran.lines) == 1, ran.err
    assert "refuses the key (401)" in ran.err
    # Three models with four requests each were under way, and as many may have taken their place.
    assert len(list(answered(chaos.asked, "401"))) <= 2 * 3 * 4
    chaos.rules = []
    assert place.run("run").code == 0
    assert ids(place, "sft") == [*range(60)]
    bought_once(chaos)


def test_a_server_that_goes_away_and_comes_back_costs_no_row(place, chaos):
    rows = [*range(60)]
    chaos.delay = 0.2
    place.questions([row(n) for n in rows]).settings(model=PATIENT.replace("= 8", "= 1"), stages=SEEDED)
    process = place.start("run")
    until(lambda: len(chaos.bought) >= 20 or process.poll() is not None)
    chaos.down()
    time.sleep(8)
    chaos.up()
    ran = ended(process, timeout=120)
    assert ran.code == 0, ran.err
    assert ids(place, "sft") == rows
    assert len(Counter(one.digest for one in chaos.bought)) == 1 + 60 + 60


TOO_LONG = {
    "openai": {
        "message": "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 "
        "tokens. Please reduce the length of the messages.",
        "type": "invalid_request_error",
        "param": "messages",
        "code": "context_length_exceeded",
    },
    "vllm": {
        "message": "This model's maximum context length is 8192 tokens. However, you requested 810 output tokens and "
        "your prompt contains at least 7383 input tokens, for a total of at least 8193 tokens.",
        "type": "BadRequestError",
        "param": "input_tokens",
        "code": 400,
    },
    "llama.cpp": {
        "message": "the request exceeds the available context size, try increasing it",
        "type": "exceed_context_size_error",
        "code": 400,
        "n_prompt_tokens": 9001,
        "n_ctx": 8192,
    },
}


def test_a_prompt_that_is_too_long_is_a_rejected_row_and_asked_once_for_all(place, chaos):
    """Three rows, told so by three kinds of server."""
    place.questions([row(n) for n in range(5)])
    told = {n: Answer({"error": error}, 400) for n, error in enumerate(TOO_LONG.values())}
    chaos.rules = [Said("draft", f"part {n} of", *[lambda n=n: told[n]] * 50) for n in told]
    ran = place.run("run")
    # Two shorter caption records are tried, and each with shorter replies where a server counts these, too; the
    # first of them with 8192, 4096, 2048 and 1024 tokens, the others from what was learned of its context.
    assert [len(about(chaos.asked, "draft", n)) for n in told] == [3, 4 + 3 + 3, 3]
    assert ids(place, "sft") == [3, 4]
    rejected = table(place, "rejected")
    assert [r["step"] for r in rejected] == ["draft"] * 3
    assert all("prompt too long" in r["reason"] for r in rejected), rejected
    assert ran.code == 0
    before, sent = place.sets(), len(chaos.asked)
    assert place.run("run").code == 0
    assert len(chaos.asked) == sent
    assert place.sets() == before


def test_the_wait_that_a_server_asks_for_in_seconds_or_as_a_date_is_kept(place, chaos):
    place.questions([row(n) for n in range(4)])
    dates: dict[int, str] = {}

    def told(number: int) -> Answer:
        dates[number] = date(3)
        return failure(429 if number < 2 else 503, "slow", Retry_After="2" if number % 2 else dates[number])

    chaos.rules = [Said("draft", f"part {number} of", partial(told, number)) for number in range(4)]
    skew = time.time() - time.monotonic()
    assert place.run("run").code == 0
    for number in range(4):
        first, second = about(chaos.asked, "draft", number)
        assert first.left is not None
        wished = first.left + 2 if number % 2 else parsedate_to_datetime(dates[number]).timestamp() - skew
        assert second.at >= wished - 0.05, number  # the two clocks differ by as much at most
    assert ids(place, "sft") == [*range(4)]


ROWS = 12  # that take twelve seconds at least


def one_model(url: str) -> str:
    """Settings in which one model, asked 32 times at once, plays all parts."""
    stages = "".join(f'[stages.{stage}]\nmodel = "one"\n{SEEDED}\n' for stage in ("caption", "draft", "revise"))
    model = (
        f'[models.one]\nprovider = "openai"\nmodel = "one"\nbase_url = "{url}"\n'
        "canary = false\nconcurrency = 32\nmax_retries = 20\n"
    )
    return f'[input]\nfiles = ["questions.json"]\nmedia_root = "media"\n{model}{stages}'


def measured(server: ChaosServer, limit: Limit, ran: Ran) -> float:
    """The share of requests refused that were sent after the first refusal had been answered.

    Those before it no client can avoid. Told on stderr, with what the run made of the limit.
    """
    took = max(one.at for one in server.bought) - server.asked[0].at
    refused = list(answered(server.asked, "limit"))
    late = [one for one in refused if refused[0].left is not None and one.at > refused[0].left]
    used = limit.taken / (limit.pace * took + limit.burst)
    share = len(late) / len(server.asked)
    sys.stderr.write(
        f"\n{type(limit).__name__}: {limit.taken} taken, {limit.refused} refused "
        f"({limit.refused / len(server.asked):.0%} of all requests, {limit.refused / limit.taken:.2f} a success, "
        f"{share:.0%} after the first) in {took:.1f} s: {used:.0%} of what the limit allows; exit {ran.code}\n"
    )
    return share


def test_a_limit_of_120_a_minute_is_found_without_being_run_into_all_the_time(tmp_path):
    """Three kinds of limit at the same time, to save time; only one of them says how long to wait."""
    limits = [Bucket(120, 60, capacity=2), FixedWindow(20, 10), SlidingWindow(20, 10, says=True)]
    with ExitStack() as stack:
        servers = [stack.enter_context(ChaosServer(limit, delay=0.2)) for limit in limits]
        places = [Workplace(tmp_path / str(number), server.url) for number, server in enumerate(servers)]
        for place in places:
            place.questions([row(n) for n in range(ROWS)]).toml.write_text(one_model(place.url))
        running = [place.start("run") for place in places]
        runs = [ended(process, timeout=300) for process in running]
    shares = [measured(*each) for each in zip(servers, limits, runs, strict=True)]
    assert [ran.code for ran in runs] == [0, 0, 0]
    assert all(ids(place, "sft") == [*range(ROWS)] for place in places)
    assert max(shares) < 0.2, shares
