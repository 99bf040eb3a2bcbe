"""Batches from outside: killed, interrupted, and taken by hand to whoever answers them."""

import json
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from tests.batching import DONE, GONE, BatchServer, Fate
from tests.chaos import until
from tests.server import Answer, ModelServer, failure, sensible
from tests.workplace import Workplace, ended, picture, row

DEAD = "http://127.0.0.1:9/v1"  # an address where nobody listens
KILLS = int(os.environ.get("KILLS", "6"))
SEED = 7
BATCH = "gather = 0.2\npoll = 0.1\nprice_in = 1000.0\n"


@pytest.fixture
def server():
    with BatchServer() as found:
        yield found


@pytest.fixture
def place(tmp_path: Path, server: BatchServer) -> Workplace:
    return batched(Workplace(tmp_path / "place", server.url))


def batched(place: Workplace, more: str = "") -> Workplace:
    """The same with batches for all models."""
    place.settings(model=f"max_retries = 3\n{BATCH}{more}")
    place.toml.write_text(place.toml.read_text().replace('"openai"', '"openai-batch"'))
    return place


def ids(place: Workplace, name: str) -> list[int]:
    files = sorted((place.work / name).glob("*.parquet"))
    return sorted(r["problem_id"] for file in files for r in pyarrow.parquet.read_table(file).to_pylist())


def test_a_run_goes_through_batches_and_once_more_sends_nothing_by_neither_way(place, server):
    ran = place.run("run", "--json")
    assert ran.code == 0
    assert ids(place, "sft") == [1, 2, 3]
    assert server.stages() == [["caption"] * 2, ["draft"] * 3, ["revise"] * 3]
    assert any("captioner: batch_0 submitted: 2 requests" in line for line in ran.json["notices"])
    assert ran.json["cost"] == pytest.approx(8 * 10 * 1000 / 1e6)
    sent = len(server.calls)
    assert place.run("run").code == 0
    assert len(server.calls) == sent
    with ModelServer() as plain:
        place.settings().toml.write_text(place.toml.read_text().replace(server.url, plain.url))
        assert place.run("run").code == 0
        assert plain.asked == []


def test_many_rows_are_judged_by_processes_of_their_own_also_where_batches_were_asked(place):
    """They get the settings, with models that hold nothing of a run."""
    place.questions([picture(number) for number in range(4001)])
    ran = place.run("run", "--json")
    assert ran.code == 0
    assert len(ids(place, "sft")) == 4001


def weathered(seed: int) -> Callable[[str, str], Answer | None]:
    """Every fifth call fails, one way or another."""
    dice = random.Random(seed)
    return lambda *_: dice.choice((DONE, GONE, failure(500, "oops"))) if dice.random() < 0.2 else None


def test_killed_at_random_moments_nothing_is_lost_and_nothing_bought_twice(place, server):
    """Each request is bought once, over all runs; each row ends once."""
    rows = 12
    place.questions([(row if number % 2 else picture)(number) for number in range(rows)])
    batched(place, "max_requests = 3\n")
    server.weather = weathered(SEED)
    dice = random.Random(SEED)
    server.fate = lambda number: Fate(
        "expired" if number % 4 == 3 else "completed", answered=1 if number % 4 == 3 else None, delay=0.2
    )
    for _ in range(KILLS):
        process, before = place.start("run", "--quiet"), len(server.calls)
        goal = dice.randint(1, 8)
        until(
            lambda process=process, before=before, goal=goal: (
                process.poll() is not None or len(server.calls) >= before + goal
            )
        )
        time.sleep(dice.uniform(0, 0.1))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    ran = ended(place.start("run"), timeout=300)
    assert ran.code == 0, ran.err
    assert ids(place, "sft") == ids(place, "rl") == [*range(rows)]
    assert set(server.bought.values()) == {1}
    assert len(server.bought) == 2 + 2 * rows
    sent = len(server.calls)
    assert place.run("run").code == 0
    assert len(server.calls) == sent


def test_ctrl_c_ends_at_once_and_says_what_waits_and_a_later_run_collects_it(place, server):
    server.fate = lambda _: Fate(delay=3600)
    process = place.start("run")
    until(lambda: server.calls.count(("GET", "/v1/batches/batch_0")) >= 2)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    ran = ended(process)
    assert time.monotonic() - began < 10  # not the 15 s that replies under way are waited for
    assert ran.code == 130
    assert "2 requests wait in batches" in ran.err
    assert "paid for" not in ran.err
    server.fate = lambda _: Fate()
    for batch in server.batches.values():
        batch.fate.delay = 0.0
    ran = place.run("run")
    assert ran.code == 0
    assert "2 requests wait in batches from before" in ran.err
    assert set(server.bought.values()) == {1}


def test_a_batch_that_cannot_be_had_is_forgotten_when_that_is_wished(place, server):
    server.fate = lambda _: Fate(delay=3600)
    process = place.start("caption")
    until(lambda: ("GET", "/v1/batches/batch_0") in server.calls)
    process.kill()
    process.communicate()
    ran = place.run("status", "--json")
    assert ran.json["waiting"] == 2
    assert "2 requests wait in 1 batches" in ran.err
    server.batches.clear()
    server.fate = lambda _: Fate()
    ran = place.run("caption")
    assert ran.code == 2
    assert "`curate batch forget batch_0`" in ran.err
    assert place.run("batch", "forget", "batch_9").code == 2
    assert place.run("batch", "forget", "batch_0", "--json").json["requests"] == 2
    assert place.run("caption").code == 0


def test_who_asks_in_another_way_while_a_batch_waits_is_told_before_anything_is_bought_again(place, server):
    server.fate = lambda _: Fate(delay=3600)
    process = place.start("caption")
    until(lambda: ("GET", "/v1/batches/batch_0") in server.calls)
    process.kill()
    process.communicate()
    text = place.toml.read_text()
    batched_lines = tuple(BATCH.splitlines()[:2])
    plain = "\n".join(line for line in text.splitlines() if line not in batched_lines)
    place.toml.write_text(plain.replace('"openai-batch"', '"openai"'))
    ran = place.run("caption", "--json")
    assert ran.code == 0
    [told] = [line for line in ran.json["notices"] if "wait in" in line]
    assert told.startswith(f"2 requests wait in 1 batches at {server.url}, which no model of these settings collects")
    assert "`curate batch forget batch_0`" in told
    place.toml.write_text(text)
    for batch in server.batches.values():
        batch.fate.delay = 0.0
    assert "which no model" not in place.run("caption").err


class Offline(Workplace):
    """A folder without any server: what it asks goes out in files."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, DEAD)
        self.settings(model="max_retries = 0\nprice_in = 1000.0")

    def exported(self, *more: str) -> dict[str, Any]:
        ran = self.run("batch", "export", "ask.jsonl", "--json", *more)
        assert ran.code == 0, ran.err
        found: dict[str, Any] = ran.json
        return found

    def lines(self, found: dict[str, Any]) -> list[dict[str, Any]]:
        files = [self.folder / file["path"] for file in found["files"]]
        return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]

    def imported(self, lines: list[Any], code: int = 0) -> dict[str, Any]:
        said = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        (self.folder / "told.jsonl").write_text("\n".join(said))
        ran = self.run("batch", "import", "told.jsonl", "--json")
        assert ran.code == code, ran.err
        found: dict[str, Any] = ran.json
        return found


@pytest.fixture
def offline(tmp_path: Path) -> Offline:
    return Offline(tmp_path / "offline")


def answered(line: dict[str, Any], status: int = 200, body: Any = None, error: Any = None) -> dict[str, Any]:
    """A line of an output file."""
    body = sensible(line["body"]).body if body is None and error is None else body
    response = {"status_code": status, "request_id": "r", "body": body}
    return {"id": "i", "custom_id": line["custom_id"], "response": response, "error": error}


def test_a_loop_of_export_and_import_completes_a_run(offline):
    stages = []
    while (found := offline.exported())["requests"]:
        lines = offline.lines(found)
        assert {(line["method"], line["url"]) for line in lines} == {("POST", "/v1/chat/completions")}
        stages.append((lines[0]["body"]["model"], len(lines)))
        told = offline.imported([answered(line) for line in lines])
        assert told["taken"] == len(lines)
        assert told["cost"] == pytest.approx(len(lines) * 0.01)
    assert stages == [("captioner-1", 2), ("reasoner-1", 3), ("reviser-1", 3)]
    ran = offline.run("run", "--json")
    assert (ran.code, ran.json["sent"]) == (0, 0)
    assert ids(offline, "sft") == [1, 2, 3]
    assert not list(offline.folder.glob(".*"))


def test_what_is_exported_is_exactly_what_a_run_would_send(offline, place, server):
    place.run("caption")
    [first] = list(server.batches.values())
    exported = {line["custom_id"]: line["body"] for line in offline.lines(offline.exported())}
    assert exported == {line["custom_id"]: line["body"] for line in server.lines(first)}


def test_files_are_split_and_each_is_for_one_model(offline):
    lines = offline.lines(offline.exported())
    offline.imported([answered(lines[0])])  # one medium goes on, the other still owes its caption
    found = offline.exported("--max-requests", "1")
    names = {file["path"]: (file["model"], file["requests"]) for file in found["files"]}
    drafts = found["requests"] - 1
    wanted = {"ask-captioner-1.jsonl": ("captioner", 1)}
    wanted |= {f"ask-reasoner-{n + 1}.jsonl": ("reasoner", 1) for n in range(drafts)}
    assert names == wanted
    assert found["again"] == 1
    only = offline.exported("--stage", "draft")
    assert [(file["path"], file["model"]) for file in only["files"]] == [("ask.jsonl", "reasoner")]
    assert offline.run("batch", "export", "ask.jsonl", "--stage", "poem").code == 2
    assert offline.run("batch", "export", "ask.txt").code == 2
    assert offline.run("batch", "export", "nowhere/ask.jsonl").code == 2


def test_an_import_trusts_no_line_and_a_second_one_changes_nothing(offline):
    first, second = offline.lines(offline.exported())
    odd: list[Any] = [
        "", "no json", "[]", "{}", '{"custom_id": 7}', "[" * 100_000, json.dumps({"custom_id": "../../etc"}),
        {"custom_id": "0" * 64, "response": {"status_code": 200, "body": {}}},
        {"custom_id": first["custom_id"], "response": {"status_code": "200", "body": {}}},
        {"custom_id": first["custom_id"], "body": {}},
        answered(first), answered(first, body={"choices": []}),
        answered(second, error="cannot identify image", status=400),
    ]  # fmt: skip
    told = offline.imported(odd)
    assert {name: told[name] for name in ("taken", "there", "repeated", "unknown", "unreadable", "cut")} == {
        "taken": 1, "there": 0, "repeated": 1, "unknown": 1, "unreadable": 8, "cut": 0,
    }  # fmt: skip
    assert list(told["failed"].items()) == [("HTTP 400: cannot identify image", 1)]
    again = offline.imported(odd)
    assert (again["taken"], again["there"], again["repeated"]) == (0, 1, 1)
    assert list(again["failed"].values()) == [1]
    assert again["cost"] == 0
    assert offline.exported("--stage", "caption")["requests"] == 1, "what failed is asked again"
    assert offline.imported(["no json"], code=1)["unreadable"] == 1
    missing = offline.run("batch", "import", "missing.jsonl")
    assert missing.code == 2
    assert "missing.jsonl" in missing.err


def test_whoever_failed_a_file_the_next_who_has_it_may_answer_it(offline):
    lines = offline.lines(offline.exported())
    died = {"error": {"message": "engine died"}}
    failed = offline.imported([answered(line, 500, died) for line in lines])
    assert (failed["taken"], failed["failed"]) == (0, {"HTTP 500: engine died": 2})
    good = [answered(line) for line in lines]
    assert offline.imported(good)["taken"] == 2
    assert offline.imported([answered(line, 500, died) for line in lines])["there"] == 2, "and no later failure counts"
    assert offline.exported("--stage", "caption")["requests"] == 0


@pytest.mark.parametrize("first", ["bad", "good"])
def test_a_good_line_stands_above_bad_ones_of_the_same_request_before_it_and_after(offline, first):
    line, other = offline.lines(offline.exported())
    late = {"custom_id": line["custom_id"], "response": None, "error": {"code": "batch_expired", "message": "late"}}
    told = [late, answered(line, 500, {"error": {"message": "oops"}}), answered(line)]
    told = offline.imported([answered(other), *(told if first == "bad" else reversed(told))])
    assert {name: told[name] for name in ("taken", "there", "repeated", "expired", "failed")} == {
        "taken": 2, "there": 0, "repeated": 2, "expired": 0, "failed": {},
    }  # fmt: skip


def test_what_failed_in_a_batch_of_the_server_takes_an_answer_from_a_file(place, server):
    server.answer = lambda _: failure(500, "worker died")
    assert place.run("caption").code == 1
    [key, _] = server.lines(next(iter(server.batches.values())))
    (place.folder / "told.jsonl").write_text(json.dumps(answered(key)))
    assert place.run("batch", "import", "told.jsonl", "--json").json["taken"] == 1


def test_a_file_that_breaks_off_or_is_empty_is_told_as_such(offline):
    first, second = (json.dumps(answered(line)) for line in offline.lines(offline.exported()))
    told = offline.imported([first, second[:-20]])
    assert (told["taken"], told["unreadable"], told["cut"]) == (1, 1, 1)
    assert offline.imported([first, '{"custom_id": "other"}'], code=0)["cut"] == 0
    assert offline.imported([], code=1)["unreadable"] == 0
    assert "there is nothing in it" in offline.run("batch", "import", "told.jsonl").err


def test_the_errors_of_vllm_and_of_openai_are_told_apart(offline):
    offline.questions([row(1), picture(2), picture(3, path="./other.jpg")])
    (offline.folder / "media" / "other.jpg").write_bytes((offline.folder / "media" / "sign.jpg").read_bytes() + b"x")
    one, two, three = offline.lines(offline.exported())
    long = {
        "error": {"message": "the prompt is too long", "type": "BadRequestError", "param": "input_tokens", "code": 400}
    }
    nobody = {"id": "i", "response": None}
    late, down = {"code": "batch_expired", "message": "late"}, {"code": "server_error", "message": "oh"}
    second, third = nobody | {"custom_id": two["custom_id"], "error": late}, nobody | {"error": down}
    third["custom_id"] = three["custom_id"]
    told = offline.imported([answered(one, status=400, error=long), second, third])
    assert told["expired"] == 1
    assert sorted(told["failed"]) == ["HTTP 400: the prompt is too long", "the server's reply is an error: oh"]


def test_what_waits_in_batches_is_not_exported(place, server):
    server.fate = lambda _: Fate(delay=3600)
    process = place.start("caption")
    until(lambda: ("GET", "/v1/batches/batch_0") in server.calls)
    process.kill()
    process.communicate()
    ran = place.run("batch", "export", "ask.jsonl", "--json")
    assert (ran.code, ran.json["requests"], ran.json["waiting"]) == (0, 0, 2)
    assert not (place.folder / "ask.jsonl").exists()


def test_a_model_that_is_asked_in_another_way_has_no_files(offline):
    text = offline.toml.read_text()
    head, _, tail = text.partition("[models.captioner]")
    offline.toml.write_text(
        f'{head}[models.captioner]\nprovider = "embedded"\n[stages.caption]{tail.partition("[stages.caption]")[2]}'
    )
    ran = offline.run("batch", "export", "ask.jsonl")
    assert ran.code == 2
    assert "'embedded'" in ran.err
