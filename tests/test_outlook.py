"""Whether the time left is honest: runs simulated on a clock of their own, looked at after a minute."""

import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field, replace

import pytest

from curate.outlook import Bought, Look, Looks, Passed, Speed, brought, left, owed, speed, to_spend, whole

MODELS = {"captioner": ["caption"], "reasoner": ["draft"], "reviser": ["revise"]}


@dataclass
class Server:
    """Answers `lanes` requests at once, each after `latency` seconds."""

    latency: float
    lanes: int
    busy: int = 0
    waiting: deque = field(default_factory=deque)


@dataclass
class Run:
    """Records that go through caption, draft, answer and revise; every row about one of `rows / sharing` media.

    The first `stood` rows had come to their end before, the captions of the first `captioned` are in the journal.
    `drops` is the share that the filter takes, `windows` the requests of a caption, `unusable` the share of rows
    that never become records, `width` the records on their way at once; what finds so many waiting is parked.
    """

    rows: int
    servers: dict[str, Server]
    drops: float = 0.0
    stood: int = 0
    captioned: int = 0
    sharing: int = 1
    windows: int = 1
    unusable: float = 0.0
    crowd: int = 100
    models: dict = field(default_factory=lambda: MODELS)
    outage: tuple = (0.0, 0.0)

    def __post_init__(self):
        self.counts = {name: [0, 0, 0] for name in ("caption", "draft", "answer", "revise")}
        self.sent = dict.fromkeys(("caption", "draft", "revise"), 0)
        self.begun = set()
        self.dropped_at_input = 0
        self.events, self.order = [], itertools.count()
        self.parked = {"draft": deque(), "revise": deque()}
        self.looks = []
        self.captions, self.asking = set(), {}

    def go(self):
        """All looks, one a second, and when the run ended."""
        self.now, self.fresh = 0.0, iter(range(self.rows))
        self.feed()
        second = 0
        while self.events:
            at, _, act = heapq.heappop(self.events)
            while second <= at:
                self.look(second)
                second += 1
            self.now = at
            act()
        self.ends = self.now
        return self

    def look(self, at):
        steps = {name: Passed(*counts) for name, counts in self.counts.items()}
        stages = {}
        for name, sent in self.sent.items():
            server = self.servers[name]
            seconds = sent * server.latency
            stages[name] = Bought(name in self.begun, sent, sent * 100, sent * 10, sent * 0.5, seconds, server.busy)
        waiting = {model: len(self.servers[stages[0]].waiting) for model, stages in MODELS.items()}
        away = frozenset({"draft"} if self.away(at) else ())
        self.looks.append(Look(float(at), self.rows, self.dropped_at_input, steps, stages, waiting, away))

    def away(self, at):
        """Whether the model of the drafts is away, as its first lost request tells."""
        return self.outage[0] <= at < self.outage[1]

    def feed(self):
        """Take rows in, a thousand in a second, while the first model has room."""
        for _ in range(100):
            if len(self.servers["caption"].waiting) > self.crowd:
                break
            if (row := next(self.fresh, None)) is None:
                return
            self.enter(row)
        heapq.heappush(self.events, (self.now + 0.1, next(self.order), self.feed))

    def enter(self, row):
        if row * self.unusable % 1 + self.unusable > 1:
            self.dropped_at_input += 1
        elif row < self.stood:
            for name in self.counts:
                self.counts[name][0] += 1
        else:
            self.caption(row)

    def caption(self, row):
        medium = row // self.sharing
        if row < self.captioned or medium in self.captions:
            self.passed("caption", row)
        elif medium in self.asking:
            self.asking[medium].append(row)
        else:
            self.asking[medium] = [row]
            self.ask("caption", medium, self.windows)

    def ask(self, stage, row, times=1):
        self.begun.add(stage)
        self.servers[stage].waiting.append((row, times))
        self.pump(stage)

    def pump(self, stage):
        server = self.servers[stage]
        if stage == "draft" and self.away(self.now):
            heapq.heappush(self.events, (self.outage[1], next(self.order), lambda: self.pump(stage)))
            return
        while server.waiting and server.busy < server.lanes:
            row, times = server.waiting.popleft()
            server.busy += 1
            act = lambda row=row, times=times: self.answered(stage, row, times)  # noqa: E731
            heapq.heappush(self.events, (self.now + server.latency, next(self.order), act))
        parked = self.parked.get(stage)
        while parked and len(server.waiting) < server.lanes:
            row = parked.popleft()
            self.counts[stage][2] -= 1
            self.back(stage, row, 1)
            server.waiting.append((row, 1))

    def back(self, stage, row, by):
        for name in itertools.takewhile(lambda name: name != stage, self.counts):
            self.counts[name][0] += by

    def answered(self, stage, row, times):
        self.servers[stage].busy -= 1
        self.sent[stage] += 1
        if times > 1:
            self.ask(stage, row, times - 1)
        elif stage == "caption":
            self.captions.add(row)
            for each in self.asking.pop(row):
                self.passed("caption", each)
        else:
            self.passed(stage, row)
        self.pump(stage)

    def passed(self, step, row):
        self.counts[step][0] += 1
        if step == "caption":
            self.reach("draft", row)
        elif step == "draft":
            kept = (row * 0.618) % 1 >= self.drops
            self.counts["answer"][0 if kept else 1] += 1
            if kept:
                self.reach("revise", row)

    def reach(self, stage, row):
        server = self.servers[stage]
        if len(server.waiting) > self.crowd and server is not self.servers["caption"]:
            self.back(stage, row, -1)
            self.counts[stage][2] += 1
            self.parked[stage].append(row)
            return
        self.ask(stage, row)


def servers(caption=(2.0, 16), draft=(10.0, 32), revise=(4.0, 32)):
    return {"caption": Server(*caption), "draft": Server(*draft), "revise": Server(*revise)}


def seen(run, at):
    """What is kept of the looks by that second."""
    looks = Looks()
    for look in run.looks:
        if look.at <= at:
            looks.note(look)
    return looks.kept


RUNS = {
    "steady": {"rows": 3000, "servers": servers()},
    "half of the drafts are dropped, and revising is slow": {
        "rows": 3000,
        "servers": servers(revise=(30.0, 32)),
        "drops": 0.5,
    },
    "half of the drafts are dropped": {"rows": 3000, "servers": servers(), "drops": 0.5},
    "resumed: most rows stood": {"rows": 20_000, "servers": servers(), "stood": 16_000},
    "resumed: captions are there": {"rows": 4000, "servers": servers(), "captioned": 4000},
    "resumed: half of the captions are there": {
        "rows": 6000,
        "servers": servers(caption=(8.0, 8), draft=(1.0, 32)),
        "captioned": 3000,
    },
    "captions are slow": {"rows": 1500, "servers": servers(caption=(20.0, 64))},
    "five rows a medium": {"rows": 4000, "servers": servers(caption=(10.0, 8)), "sharing": 5},
    "five rows a medium, captions are slow": {"rows": 4000, "servers": servers(caption=(10.0, 4)), "sharing": 5},
    "a fifth of the rows is unusable": {"rows": 3000, "servers": servers(), "unusable": 0.2},
    "captions are quick, and drafts are parked": {"rows": 4000, "servers": servers(caption=(0.5, 64))},
    "one answer takes half a minute": {"rows": 4000, "servers": servers(draft=(30.0, 128))},
}


@pytest.mark.parametrize("name", RUNS)
def test_after_a_minute_the_time_left_is_within_a_quarter_of_the_truth(name):
    run = Run(**RUNS[name]).go()
    for at in (61, 75, 90, run.ends / 2):
        truth = run.ends - at
        said = whole(seen(run, at), MODELS)
        assert said == pytest.approx(truth, rel=0.25), f"after {at:.0f} s of {run.ends:.0f}"


@pytest.mark.parametrize("lasts", [20, 100, 600])
@pytest.mark.parametrize("latency", [0.5, 10.0, 30.0])
def test_a_model_that_is_away_leaves_no_time_to_tell_and_a_minute_after_it_is_back_the_time_is_honest(latency, lasts):
    lanes = round(8 * latency)
    run = Run(
        6000, servers(caption=(0.5, 64), draft=(latency, lanes), revise=(1.0, 32)), outage=(100, 100 + lasts)
    ).go()
    for at in range(100, 100 + lasts, 10):
        assert whole(seen(run, at), MODELS) is None
        assert left(seen(run, at), ["draft"]) is None
    assert left(seen(run, 110), ["caption"]) is not None
    for at in (100 + lasts + 60, 100 + lasts + 90, 100 + lasts + 200):
        assert whole(seen(run, at), MODELS) == pytest.approx(run.ends - at, rel=0.25), at


def test_a_rush_that_used_up_a_limit_says_nothing_of_the_pace_that_follows():
    """600 replies in ten seconds, none for fifty, and then ten in a second."""
    looks = Looks()
    for at in range(121):
        sent = min(60 * at, 600) + 10 * max(at - 60, 0)
        full = frozenset({"draft"} if 10 <= at < 60 else ())
        bought = Bought(True, sent, seconds=sent * 0.3, flying=0 if full else 3)
        looks.note(replace(look(total=9000, draft=(sent,), stages={"draft": bought}), at=float(at), full=full))
        if 20 <= at < 60:
            assert left(looks.kept, ["draft"]) is None
        if at > 75:
            assert left(looks.kept, ["draft"]) == pytest.approx((9000 - sent) / 10, rel=0.25), at


def test_of_a_model_that_is_away_nobody_need_know_where_nothing_is_owed():
    done = look(total=5, draft=(5,), stages={"draft": Bought(True, 5)})
    assert whole([replace(done, away=frozenset({"draft"}))], {"reasoner": ["draft"]}) == 0.0


def test_records_that_take_several_replies_tell_nothing_before_some_have_all():
    run = Run(1000, servers(caption=(3.0, 16), draft=(4.0, 32)), windows=4).go()
    assert whole(seen(run, 61), MODELS) is None
    for at in (run.ends / 3, run.ends / 2, run.ends * 0.8):
        assert whole(seen(run, at), MODELS) == pytest.approx(run.ends - at, rel=0.25), at


def test_one_model_for_all_stages_answers_them_one_after_the_other():
    one = Server(4.0, 32)
    run = Run(1500, {"caption": one, "draft": one, "revise": one}, crowd=10**9)
    run.pump = lambda stage: shared_pump(run, one)
    run.ask = lambda stage, row, times=1: (
        run.begun.add(stage),
        one.waiting.append((stage, row, times)),
        run.pump(stage),
    )
    run.go()
    for at in (61, 120, run.ends / 2):
        said = whole(seen(run, at), {"one": ["caption", "draft", "revise"]})
        assert said == pytest.approx(run.ends - at, rel=0.25), at


def shared_pump(run, server):
    while server.waiting and server.busy < server.lanes:
        stage, row, times = server.waiting.popleft()
        server.busy += 1
        act = lambda stage=stage, row=row, times=times: run.answered(stage, row, times)  # noqa: E731
        heapq.heappush(run.events, (run.now + server.latency, next(run.order), act))


def test_after_a_change_of_pace_a_minute_is_enough():
    """Ten replies a second for ten minutes, then one."""
    looks = Looks()
    for second in range(700):
        sent = min(second, 600) * 10 + max(0, second - 600)
        looks.note(Look(second, 10_000, 0, {"draft": Passed(sent)}, {"draft": Bought(True, sent)}))
    assert left(looks.kept, ["draft"]) == pytest.approx(10_000 - sent, rel=0.05)


def look(at=0.0, total=100, unusable=0, stages=None, **steps):
    return Look(at, total, unusable, {name: Passed(*counts) for name, counts in steps.items()}, stages or {})


def test_what_filters_drop_so_far_tells_how_many_will_reach_a_later_stage():
    found = owed(look(caption=(40, 0), draft=(30, 0), answer=(15, 15), revise=(5, 0)))
    assert found == {"caption": 60, "draft": 70, "answer": 70, "revise": 70 * 0.5 + 10}


def test_rows_that_cannot_be_used_will_be_among_the_rest_as_often_as_so_far():
    assert owed(look(unusable=10, caption=(30, 0))) == {"caption": 60 * 0.75}


def test_records_that_wait_outside_have_the_steps_before_behind_them():
    found = owed(look(caption=(10, 0), draft=(5, 0, 40)))
    assert found == {"caption": 50, "draft": 50 + 5 + 40}


def test_nothing_is_owed_by_nobody():
    assert owed(look()) == {}
    assert left([], ["draft"]) is None
    assert whole([], MODELS) is None
    assert to_spend([], ["draft"]) == 0.0


def test_what_is_done_takes_no_time():
    done = look(total=5, draft=(5,), stages={"draft": Bought(True, 5)})
    assert left([done], ["draft"]) == 0.0
    assert whole([done], {"reasoner": ["draft"]}) == 0.0


def test_a_model_that_says_nothing_leaves_no_time_to_tell():
    looks = [look(at, draft=(3,), stages={"draft": Bought(True, 3)}) for at in (0.0, 30.0, 60.0)]
    assert speed(looks, "draft") == Speed()
    assert left(looks, ["draft"]) is None
    assert whole(looks, {"reasoner": ["draft"]}) is None


def test_of_a_model_that_nobody_has_asked_yet_nothing_is_known():
    start = look(0.0, caption=(0,), draft=(0,), stages={"caption": Bought(True), "draft": Bought()})
    later = look(10.0, caption=(50,), draft=(0,), stages={"caption": Bought(True, 50), "draft": Bought()})
    assert left([start, later], ["caption"]) == pytest.approx(10.0)
    assert whole([start, later], {"captioner": ["caption"], "reasoner": ["draft"]}) is None
    assert whole([start, later], {"captioner": ["caption"]}) == pytest.approx(10.0)


def test_what_is_still_to_be_paid_is_what_the_rest_costs_at_the_price_so_far():
    looks = [
        look(at, draft=(n,), stages={"draft": Bought(True, 2 * n, cost=0.2 * n)}) for at, n in ((0.0, 0), (9.0, 10))
    ]
    assert brought(looks, "draft") == 0.5
    assert to_spend(looks, ["draft"]) == pytest.approx(90 * 0.2)


def test_few_looks_are_kept_of_a_long_run():
    looks = Looks()
    for tick in range(4 * 3600):
        looks.note(look(tick / 4))
    kept = [look.at for look in looks.kept]
    assert len(kept) < 200
    assert kept == sorted(kept)
    assert kept[-1] - kept[0] > 500
    assert sum(at > kept[-1] - 60 for at in kept) >= 55
