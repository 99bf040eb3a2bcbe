"""The whole pipeline against a real server on loopback: what is sent, what is bought, what is kept."""

import asyncio
import base64
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import pyarrow.parquet
import pytest
from PIL import Image

from curate import judges, publishing
from curate.pipeline import Scope, opened, through
from curate.progress import Progress
from curate.settings import load
from curate.workfolder import RETRIES
from tests.server import REVISED, THINKING, Answer, ModelServer, completion, failure, sensible, stage_of
from tests.workplace import Workplace, ended, picture, row

OPTIONS = ["A. The SENTINEL shape", "B. Nothing"]


def table(place: Workplace, name: str) -> list[dict[str, Any]]:
    files = sorted((place.work / name).glob("*.parquet"))
    return [r for file in files for r in pyarrow.parquet.read_table(file).to_pylist()]


def words(body: dict[str, Any]) -> str:
    """All text of a request."""
    contents = [message["content"] for message in body["messages"]]
    parts = [part for c in contents for part in ([{"type": "text", "text": c}] if isinstance(c, str) else c)]
    return "\n".join(part["text"] for part in parts if part["type"] == "text")


def pictures(body: dict[str, Any]) -> list[Image.Image]:
    """All frames of a request, decoded."""
    parts = [p for m in body["messages"] if isinstance(m["content"], list) for p in m["content"]]
    urls = [p["image_url"]["url"] for p in parts if p["type"] == "image_url"]
    return [Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) for url in urls]


def test_every_request_carries_what_the_contract_says_and_nothing_else(place, server):
    question = {"problem": "QUESTION which?", "options": OPTIONS, "solution": "<answer>A</answer>"}
    place.questions(
        [
            row(1, **question),
            picture(2, **question | {"problem_type": "OCR", "options": [], "solution": "<answer>SECRET 42</answer>"}),
            row(3, **question | {"problem_type": "numerical", "options": [], "solution": "<answer>31415</answer>"}),
        ]
    )
    server.answer = lambda body: (
        completion("<answer>A</answer>", reasoning_content="DRAFT " + THINKING)
        if stage_of(body) == "draft"
        else sensible(body)
    )
    place.settings(top='steps = ["caption", "draft", "revise"]')
    assert place.run("run").code == 0
    seen = Counter(server.stages())
    assert seen == {"caption": 2, "draft": 3, "revise": 3}
    for body in server.asked:
        stage, text, frames = stage_of(body), words(body), pictures(body)
        sent = json.dumps(body)
        assert "SECRET" not in sent
        assert "31415" not in sent
        assert "<answer>A" not in sent
        assert ("QUESTION" in text) == (stage != "caption")
        assert ("CAPTION" in text) == (stage == "draft")
        assert ("DRAFT" in text) == (stage == "revise")
        assert bool(frames) == (stage != "draft")
        if "SENTINEL" in sent:
            assert stage in ("draft", "revise")
            assert text.count("A. The SENTINEL shape") == 1
        assert body["model"] == {"caption": "captioner-1", "draft": "reasoner-1", "revise": "reviser-1"}[stage]
    assert sum("SENTINEL" in json.dumps(body) for body in server.asked) == 2
    video = next(body for body in server.asked if stage_of(body) == "caption" and "Frame at" in words(body))
    assert len(pictures(video)) == 2
    assert "Frame at 00:00:00:" in words(video)
    assert "Frame at 00:00:01:" in words(video)
    formats = [words(body) for body in server.asked if stage_of(body) == "draft"]
    assert sum("letter of the right option" in text for text in formats) == 1
    assert sum("word for word" in text for text in formats) == 1
    assert sum("number only" in text for text in formats) == 1


def test_the_sets_hold_what_the_models_said(place):
    assert place.run("run").code == 0
    [first, *_] = sft = table(place, "sft")
    assert list(first) == [
        "problem_id", "problem", "data_type", "problem_type", "options", "process", "solution", "path", "data_source",
    ]  # fmt: skip
    assert first["process"] == f"<think>{REVISED}</think>"
    assert first["solution"] == "<answer>A</answer>"
    assert first["path"] == "./clips/one.mp4"
    assert "A. The shape\nB. Nothing" in first["problem"]
    rl = table(place, "rl")
    assert [r["problem_id"] for r in sft] == [r["problem_id"] for r in rl] == [1, 2, 3]
    assert list(rl[0]) == [column for column in first if column != "process"]
    assert table(place, "rejected") == []
    assert json.loads((place.work / "report.json").read_text())["sets"] == {"sft": 3, "rl": 3}


def test_report_and_card_tell_the_mix_and_nothing_of_what_is_sent_along(place, server):
    place.settings(model='max_retries = 0\nextra_body = { tenant = "sk-hunter2hunter2" }')
    assert place.run("run").code == 0
    assert server.asked[0]["tenant"] == "sk-hunter2hunter2"
    card, report, page = ((place.work / name).read_text() for name in ("README.md", "report.json", "report.html"))
    assert "hunter2" not in card + report + page
    assert "- **caption**: captioner-1\n" in card
    assert "| models.captioner.extra\\_body | set, and not shown here |" in card
    shares = [tuple(share.values()) for share in json.loads(report)["shares"]]
    assert shares == [("made", "image", "multiple choice", 1, 1), ("made", "video", "multiple choice", 2, 2)]
    assert "| made | video | multiple choice | 2 | 2 |" in card


def test_without_revise_the_process_is_the_drafts_thinking(place, server):
    place.settings(top='steps = ["caption", "draft", "answer", "format"]')
    assert place.run("run").code == 0
    assert table(place, "sft")[0]["process"] == f"<think>{THINKING}</think>"
    assert "revise" not in server.stages()


def test_a_wrong_answer_is_rejected_with_both_answers_and_never_revised(place, server):
    server.answer = lambda body: (
        completion("<answer>B</answer>", reasoning=THINKING) if stage_of(body) == "draft" else sensible(body)
    )
    assert place.run("run").code == 0
    assert "revise" not in server.stages()
    assert table(place, "sft") == []
    assert len(table(place, "rl")) == 3
    rejected = table(place, "rejected")
    assert {(r["step"], r["reason"]) for r in rejected} == {("answer", "wrong answer")}
    assert "B" in rejected[0]["detail"]
    assert json.loads(rejected[0]["row"])["problem_id"] == 1


def test_one_caption_per_medium_also_when_a_hundred_questions_ask_at_once(place, server):
    place.questions([row(n) for n in range(60)] + [picture(100 + n) for n in range(40)])
    server.answer = lambda body: (
        Answer(sensible(body).body, delay=0.2) if stage_of(body) == "caption" else sensible(body)
    )
    assert place.run("run", "--quiet").code == 0
    assert Counter(server.stages()) == {"caption": 2, "draft": 100, "revise": 100}
    assert len(table(place, "sft")) == 100


def test_the_concurrency_of_a_model_holds_over_all_its_stages(place, server):
    place.questions([row(n) for n in range(20)])
    text = place.toml.read_text()
    for name in ("captioner", "reviser"):
        text = text.replace(f'model = "{name}"', 'model = "reasoner"')
    place.toml.write_text(text.replace('model = "reasoner-1"', 'model = "reasoner-1"\nconcurrency = 3'))
    server.answer = lambda body: Answer(sensible(body).body, delay=0.02)
    assert place.run("run").code == 0
    assert server.most_at_once == 3


def test_a_record_is_drafted_as_soon_as_it_is_captioned(place, server):
    """The picture's caption hangs until the clip's question is revised: the stages overlap."""
    revised = threading.Event()

    def answer(body: dict[str, Any]) -> Answer:
        stage = stage_of(body)
        if stage == "caption" and "Frame at" not in words(body):
            assert revised.wait(30)
        if stage == "revise":
            revised.set()
        return sensible(body)

    server.answer = answer
    assert place.run("run").code == 0
    assert revised.is_set()


def test_a_finished_run_started_again_sends_nothing_and_writes_the_same_bytes(place, server):
    assert place.run("run").code == 0
    before, sent = place.sets(), len(server.asked)
    assert before
    for command in ("run", "filter", "caption", "draft", "revise"):
        assert place.run(command).code == 0
        assert len(server.asked) == sent
        assert place.sets() == before


def test_a_moved_folder_a_new_address_and_other_limits_buy_nothing_again(place, server, tmp_path):
    assert place.run("run").code == 0
    before = place.sets()
    (place.folder / "media").rename(place.folder / "elsewhere")
    with ModelServer() as other:
        place.url = other.url
        place.settings(model="concurrency = 3\ntimeout = 5\nmax_retries = 1", stages="max_tokens = 9000\nattempts = 9")
        place.toml.write_text(place.toml.read_text().replace('"media"', '"elsewhere"'))
        ran = place.run("run", "--json")
        assert ran.code == 0
        assert other.asked == []
        assert ran.json["sent"] == 0
    assert place.sets()["sft/train-00000-of-00001.parquet"] == before["sft/train-00000-of-00001.parquet"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder in which everything was asked, to be copied."""
    with ModelServer() as server:
        place = Workplace(tmp_path_factory.mktemp("finished"), server.url)
        assert place.run("run").code == 0
        assert Counter(server.stages()) == {"caption": 2, "draft": 3, "revise": 3}
    return place.folder


@pytest.mark.parametrize(
    ("old", "new", "asked"),
    [
        ('model = "reviser-1"', 'model = "reviser-2"', {"revise": 3}),
        ('model = "reasoner-1"', 'model = "reasoner-2"', {"draft": 3}),
        ('model = "captioner-1"', 'model = "captioner-2"', {"caption": 2}),
        ('[stages.draft]\nmodel = "reasoner"', '[stages.draft]\nmodel = "reasoner"\ntemperature = 0.5', {"draft": 3}),
        ('[stages.revise]\nmodel = "reviser"', '[stages.revise]\nmodel = "reviser"\nfps = 5', {"revise": 2}),
        ('[stages.caption]\nmodel = "captioner"', '[stages.caption]\nmodel = "captioner"\nmax_frames = 99', {}),
        ('[stages.revise]\nmodel = "reviser"', '[stages.revise]\nmodel = "reviser"\nmax_frames = 9', {}),
        ('[stages.revise]\nmodel = "reviser"', '[stages.revise]\nmodel = "reviser"\nmax_pixels = 800', {"revise": 3}),
    ],
)
def test_a_change_asks_anew_for_exactly_what_it_changes(place, server, finished, old, new, asked):
    shutil.copytree(finished, place.folder, dirs_exist_ok=True)
    place.settings()
    text = place.toml.read_text()
    assert old in text
    place.toml.write_text(text.replace(old, new))
    assert place.run("run").code == 0
    # The scripted replies do not depend on the model, so nothing behind the changed stage changes.
    assert Counter(server.stages()) == asked


def test_a_changed_prompt_asks_anew_for_its_stage(place, server, monkeypatch):
    async def go() -> None:
        async with opened(load(place.toml), Scope(), Progress()) as pipeline:
            await pipeline.ask(None)

    asyncio.run(go())
    sent = len(server.asked)
    from curate import assets

    real = assets.text
    monkeypatch.setattr(assets, "text", lambda kind, name: real(kind, name) + (" Please." if "revise" in name else ""))
    asyncio.run(go())
    assert Counter(server.stages()[sent:]) == {"revise": 3}


def test_raising_max_tokens_asks_again_only_for_replies_that_were_cut(place, server):
    def answer(body: dict[str, Any]) -> Answer:
        if stage_of(body) == "draft" and "part 1" in words(body) and body["max_tokens"] < 9000:
            return completion("", finish="length", reasoning_content="Let me")
        return sensible(body)

    server.answer = answer
    place.settings(stages="attempts = 1")
    ran = place.run("run")
    assert ran.code == 1
    assert "cut at max_tokens = 8192" in ran.err
    assert len(table(place, "sft")) == 2
    sent = len(server.asked)
    place.settings(stages="attempts = 1\nmax_tokens = 9000")
    assert place.run("run").code == 0
    assert Counter(server.stages()[sent:]) == {"draft": 1, "revise": 1}
    assert len(table(place, "sft")) == 3


@pytest.mark.parametrize("stage", ["caption", "draft", "revise"])
def test_what_was_cut_and_then_answered_is_not_bought_again_under_a_higher_limit(place, server, stage):
    """The clip's caption is asked for in halves then, everything else once more."""
    met: set[str] = set()

    def answer(body: dict[str, Any]) -> Answer:
        said = words(body)
        cut = stage_of(body) == stage and said not in met and "Above are 1 frames" not in said
        met.add(said)
        return completion("", finish="length", reasoning_content="Let me") if cut else sensible(body)

    server.answer = answer
    assert place.run("run").code == 0
    bought, rows = server.stages(), table(place, "sft")
    assert len(bought) > 8
    place.settings(stages="max_tokens = 9000")
    assert place.run("filter").code == 0
    assert table(place, "sft") == rows
    assert place.run("run").code == 0
    assert server.stages() == bought
    assert table(place, "sft") == rows


def test_records_that_are_put_off_between_attempts_take_no_more_of_them_and_save_nothing(place, server):
    """Its model is slow and asked one by one, so that many wait and most records are put off now and then."""

    def answer(body: dict[str, Any]) -> Answer:
        if stage_of(body) == "draft":
            bad = re.search(r"part \d*0 ", words(body))
            said = completion("", finish="length", reasoning_content="Let me") if bad else sensible(body)
            return replace(said, delay=0.005)
        return sensible(body)

    server.answer = answer
    place.questions([picture(n, problem=f"What is part {n} of it?") for n in range(1, 101)])
    place.settings(model="max_retries = 0\nconcurrency = 1")
    ran = place.run("run", "--json")
    assert ran.code == 1
    assert Counter(server.stages()) == {"caption": 1, "draft": 90 + 10 * 3, "revise": 90}
    assert ran.json["replayed"] == 0
    sent = len(server.asked)
    assert place.run("run").code == 1
    assert len(server.asked) == sent, "they were cut with all the room there is"
    place.settings(model="max_retries = 0\nconcurrency = 1", stages="room = 8")
    assert place.run("run").code == 1
    assert server.stages()[sent:] == ["draft"] * 30


@pytest.mark.parametrize(("option", "limit"), [("--max-cost", 1.0), ("--max-tokens", 40_000)])
def test_no_limit_is_passed_though_a_server_begins_to_answer_at_full_length(place, server, option, limit):
    """The first replies are cheap; later each costs 0.084 USD and 8,200 tokens."""

    def answer(body: dict[str, Any]) -> Answer:
        said = sensible(body)
        if len(server.asked) > 60:
            said.body["usage"] = {"prompt_tokens": 10, "completion_tokens": 8190}
        return said

    server.answer = answer
    place.questions([picture(n, problem=f"What is part {n} of it?") for n in range(1, 101)])
    place.settings(model="max_retries = 0\nconcurrency = 64\nprice_out = 10.0")
    ran = place.run("run", "--json", option, str(limit))
    with closing(sqlite3.connect(place.work / "journal.sqlite")) as base:
        sums = "SELECT SUM(calls), SUM(cost), SUM(prompt_tokens + completion_tokens) FROM spent"
        calls, cost, tokens = base.execute(sums).fetchone()
    assert calls == len(server.asked) > 60
    assert limit * 0.75 < (cost if option == "--max-cost" else tokens) <= limit
    assert "raise the limit and run again" in ran.err


def test_an_unreadable_reply_is_asked_again_and_a_rerun_asks_only_for_it(place, server):
    def answer(body: dict[str, Any]) -> Answer:
        if stage_of(body) == "revise" and "part 1" in words(body):
            return completion("I would rather not.")
        return sensible(body)

    server.answer = answer
    ran = place.run("run")
    assert ran.code == 1
    assert "problem_id 1" in ran.err
    assert "no <think>" in ran.err
    assert Counter(server.stages())["revise"] == 3 - 1 + 3
    [rejected] = table(place, "rejected")
    assert (rejected["step"], rejected["reason"]) == ("revise", "unreadable reply")
    sent = len(server.asked)
    server.answer = sensible
    assert place.run("run").code == 0
    assert server.stages()[sent:] == ["revise"]
    assert len(table(place, "sft")) == 3


def test_one_bad_record_costs_one_row(place, server):
    server.answer = lambda body: failure(400, "no such image") if "part 2" in words(body) else sensible(body)
    ran = place.run("run", "--json")
    assert ran.code == 1
    assert "no such image" in ran.err
    assert [r["problem_id"] for r in table(place, "sft")] == [1, 3]
    [rejected] = table(place, "rejected")
    assert rejected["problem_id"] == 2
    assert "no such image" in rejected["detail"]


@pytest.mark.parametrize("lines", [False, True])
def test_a_number_beyond_64_bits_costs_its_own_row(place, server, lines):
    rows = [row(1), row(2**70), row(3), row(4, score=-(2**80))]
    place.questions(rows)
    if lines:
        (place.folder / "questions.json").write_text("\n".join(map(json.dumps, rows)))
    ran = place.run("run", "--json")
    assert (ran.code, ran.json["sets"]) == (0, {"sft": 3, "rl": 3}), ran.err
    (dropped,) = table(place, "rejected")
    assert (dropped["reason"], dropped["problem_id"]) == ("bad problem_id", None)
    assert str(2**70) in dropped["detail"]


def test_a_prompt_that_is_too_long_is_rejected_for_good_until_it_is_retried(place, server):
    server.answer = lambda body: failure(400, "prompt is too long") if "part 2" in words(body) else sensible(body)
    for _ in range(2):
        ran = place.run("run", "--json")
        assert (ran.code, ran.steps("rejected")) == (0, {"draft": {"prompt too long": 1}})
    assert server.stages().count("draft") == 2 + 3, "nothing is asked twice: the record, and two shorter ones"
    server.answer = sensible
    ran = place.run("run", "--json", "--retry", "prompt too long")
    assert (ran.code, ran.steps("rejected"), ran.json["sets"]["sft"]) == (0, {}, 3)
    assert server.stages().count("draft") == 6


def test_a_captioner_that_asks_for_the_video_rejects_its_rows_until_they_are_retried(place, server):
    server.answer = lambda body: (
        completion("Please provide the video, and I will describe it.")
        if stage_of(body) == "caption"
        else sensible(body)
    )
    for _ in range(2):
        ran = place.run("run", "--json")
        assert (ran.code, ran.steps("rejected"), ran.json["sets"]["sft"]) == (0, {"caption": {"declined": 3}}, 0)
    told = "three attempts for each medium, and one look whether a schema is kept"
    assert Counter(server.stages()) == {"caption": 2 * 3, "probe": 1}, told
    assert {dropped["reason"] for dropped in table(place, "rejected")} == {"declined"}
    server.answer = sensible
    ran = place.run("run", "--json", "--retry", "declined")
    assert (ran.code, ran.steps("rejected"), ran.json["sets"]["sft"]) == (0, {}, 3)


@pytest.mark.parametrize("stage", ["caption", "draft", "revise"])
@pytest.mark.parametrize(
    "refused",
    [completion(None, refusal="I cannot describe this."), completion("", finish="content_filter")],
)
def test_a_stage_that_refuses_in_a_field_of_its_own_declines(place, server, stage, refused):
    server.answer = lambda body: refused if stage_of(body) == stage else sensible(body)
    ran = place.run("run", "--json")
    assert (ran.code, ran.steps("rejected"), ran.json["sets"]["sft"]) == (0, {stage: {"declined": 3}}, 0)
    told = {dropped["detail"] for dropped in table(place, "rejected")}
    assert told <= {"the model declines: 'I cannot describe this.'", "a filter ended the reply (content_filter)"}


def test_a_reason_to_retry_is_not_doubted_where_nothing_is_known_of_the_rows(place, server):
    server.answer = lambda body: failure(400, "prompt is too long") if "part 2" in words(body) else sensible(body)
    place.run("run")
    place.settings(more="[filters.length]\nmax_words = 1000\n")
    assert place.run("run", "--json", "--retry", "prompt too lnog").json["notices"] == []


def test_an_empty_journal_whose_replies_are_known_of_is_no_new_one(place, server):
    assert place.run("run").code == 0
    journal, asked = place.work / "journal.sqlite", len(server.asked)
    journal.write_bytes(b"")
    for command in ("run", "filter", "status"):
        ran = place.run(command)
        told = f"journal.sqlite is empty, though {asked} replies were in it: bring it back from a copy, or remove it"
        assert (ran.code, len(ran.lines)) == (1, 1), ran.err
        assert f"{told} to begin anew" in ran.err
    assert (len(server.asked), journal.stat().st_size) == (asked, 0)
    journal.unlink()
    assert place.run("run").code == 0
    assert len(server.asked) == 2 * asked


def test_a_wrong_answer_is_asked_about_once_more_where_that_is_retried(place, server):
    def wrong(body: dict[str, Any]) -> Answer:
        said = "B" if "part 2" in words(body) else "A"
        return (
            completion(f"<answer>{said}</answer>", reasoning_content=THINKING)
            if stage_of(body) == "draft"
            else sensible(body)
        )

    server.answer = wrong
    assert place.run("run", "--json").steps("rejected") == {"answer": {"wrong answer": 1}}
    server.answer = sensible
    server.asked.clear()
    ran = place.run("run", "--json", "--retry", "wrnog answer", "--retry", "damaged")
    assert ran.json["sets"]["sft"] == 2
    assert ran.json["notices"] == [
        "--retry 'damaged': no row was rejected for that; known: wrong answer",
        "--retry 'wrnog answer': no row was rejected for that; did you mean 'wrong answer'?",
    ]
    assert ran.lines[:2] == ran.json["notices"]
    assert server.asked == []
    ran = place.run("run", "--json", "--retry", "wrong answer")
    assert (ran.json["sets"]["sft"], ran.json["notices"]) == (3, [])
    assert Counter(server.stages()) == {"draft": 1, "revise": 1}
    assert place.run("run", "--json").json["sets"]["sft"] == 3
    assert len(server.asked) == 2, "what was bought counts from now on"


def stubborn(said: list[str]) -> Callable[[dict[str, Any]], Answer]:
    """Drafts the last of these answers to every question."""

    def answer(body: dict[str, Any]) -> Answer:
        draft = completion(f"<answer>{said[-1]}</answer>", reasoning_content=THINKING)
        return draft if stage_of(body) == "draft" else sensible(body)

    return answer


def test_each_retry_asks_once_more_about_the_rows_that_are_still_rejected(place, server):
    said = ["B"]
    server.answer = stubborn(said)
    place.run("run")
    for round_ in (1, 2, 3):
        ran = place.run("run", "--json", "--retry", "wrong answer")
        assert (server.stages().count("draft"), ran.json["notices"]) == (3 + 3 * round_, [])
    said.append("A")
    assert place.run("run", "--json", "--retry", "wrong answer").json["sets"]["sft"] == 3
    assert server.stages().count("draft") == 15


def test_an_interrupted_retry_goes_on_and_buys_nothing_twice(place, server):
    server.answer = stubborn(["B"])
    place.run("run")
    ran = place.run("run", "--json", "--retry", "wrong answer", "--limit", "2", "--max-tokens", "1")
    assert (server.stages().count("draft"), ran.code) == (3, 1)
    place.run("run", "--retry", "wrong answer", "--limit", "2")
    assert server.stages().count("draft") == 5
    (place.folder / "work" / RETRIES).write_text(noted := json.dumps({"wrong answer": before(place, 2)}))
    ran = place.run("run", "--json", "--retry", "wrong answer")
    told = "--retry 'wrong answer' goes on where it ended: what was asked again since is not asked once more"
    assert (server.stages().count("draft"), ran.json["notices"]) == (6, [told])
    assert not (place.folder / "work" / RETRIES).exists()
    for spoilt in ("[1]", noted.replace("wrong", "another")):
        (place.folder / "work" / RETRIES).write_text(spoilt)
        assert place.run("run", "--json", "--retry", "wrong answer").json["notices"] == []


def before(place: Workplace, replies: int) -> int:
    """The place of the newest reply before the last so many."""
    with closing(sqlite3.connect(place.folder / "work" / "journal.sqlite")) as base:
        return base.execute("SELECT rowid FROM replies ORDER BY rowid DESC LIMIT 1 OFFSET ?", (replies,)).fetchone()[0]


def test_shards_split_the_rows_by_medium_and_a_filter_over_all_work_folders_joins_them(place, server):
    place.questions([row(n) for n in range(1, 5)] + [picture(n) for n in range(5, 9)])
    for part in (1, 2, 3):
        assert place.run("run", "--shard", f"{part}/3", "--work", f"part{part}").code == 0
    assert Counter(server.stages()) == {"caption": 2, "draft": 8, "revise": 8}
    again = place.run("run", "--shard", "3/3", "--work", "part3", "--json")
    assert (again.code, again.json["notices"]) == (0, [])
    ran = place.run("filter", "--json", *(word for part in (1, 2, 3) for word in ("--work", f"part{part}")))
    assert (ran.code, ran.json["sets"]) == (0, {"sft": 8, "rl": 8})
    joined = sorted((place.folder / "part1" / "sft").glob("*"))
    assert sum(len(pyarrow.parquet.read_table(file)) for file in joined) == 8
    assert place.run("run").code == 0
    assert len(server.asked) == 36, "the settings' own work folder knows nothing of the parts"
    other = place.run("run", "--shard", "2/3", "--json")
    assert (other.code, other.json["notices"]) == (
        0,
        [f"{place.folder}/work was last asked for all rows, now for --shard 2/3"],
    )


def test_of_many_rows_that_were_never_asked_about_the_status_looks_at_no_medium(place, server):
    place.questions([row(n, path=f"./not/here/{n}.mp4") for n in range(2500)])
    ran = place.run("status", "--json")
    assert (ran.code, ran.json["rows"], ran.steps("owed")) == (0, 2500, {"caption": 2500})
    assert (ran.steps("rejected"), ran.steps("failed"), server.asked) == ({}, {}, [])


@pytest.fixture
def parted(place):
    """Eight rows, half of them about the picture, which are all of shard 2/3; its work folder is filled."""
    place.questions([row(n) for n in range(1, 5)] + [picture(n) for n in range(5, 9)])
    assert place.run("run", "--shard", "2/3").code == 0
    return place


def test_the_work_folder_of_a_shard_counts_no_row_of_another(parted, server):
    only = f"{parted.work} is the work folder of --shard 2/3: only its rows count"
    asked = len(server.asked)
    for command in ("status", "filter", "run", "caption"):
        ran = parted.run(command, "--json")
        assert (ran.code, ran.json["rows"], ran.json["shard"], ran.json["notices"]) == (0, 4, "2/3", [only]), command
        assert only in ran.err
        assert ran.steps("owed") == {}
    assert ran.json["steps"]["input"]["passed"] == 4
    assert parted.run("estimate", "--json").json["rows"] == 4
    assert parted.run("show", "1").code == 0, "a row of another shard can be shown"
    assert len(server.asked) == asked


def test_two_shards_do_not_share_a_work_folder_unless_it_is_to_have_all_rows(parted, server):
    before, asked = parted.sets(), len(server.asked)
    for command in ("run", "caption", "revise"):
        for shard in ("1/3", "2/4"):
            ran = parted.run(command, "--shard", shard, "--json")
            assert (ran.code, len(ran.lines)) == (2, 1), ran.err
            assert ran.err.strip() == (
                f"error: {parted.work} is the work folder of --shard 2/3: give --shard {shard} one of its own with "
                "--work, or ask for all rows in this one with --shard 1/1"
            )
    assert (parted.sets(), len(server.asked)) == (before, asked)
    assert parted.run("status", "--json").json["rows"] == 4, "it is still the folder of its shard"
    ran = parted.run("run", "--shard", "1/1", "--json")
    assert (ran.code, ran.json["sets"]) == (0, {"sft": 8, "rl": 8})
    assert ran.json["notices"] == [f"{parted.work} was last asked for --shard 2/3, now for all rows"]
    assert len(server.asked) == 18, "what the shard had bought was not bought again"
    assert parted.run("status", "--json").json["rows"] == 8


def test_a_limit_on_money_stops_before_it_is_passed_and_says_how_to_go_on(place, server):
    place.questions([row(n) for n in range(1, 31)])
    model = "price_in = 1\nprice_out = 1000\nconcurrency = 4"
    place.settings(model=model, top="max_cost = 0.2", stages="max_tokens = 20")
    ran = place.run("run", "--json")  # a reply costs 0.005 USD, and could cost 0.02
    assert ran.code == 1
    assert 0.15 <= ran.json["cost"] <= 0.2
    assert "stopped before max_cost = 0.2 USD" in ran.err
    assert "raise the limit and run again" in ran.err
    before = len(server.asked)
    assert place.run("run").code == 1
    assert len(server.asked) - before <= 1
    ran = place.run("run", "--json", "--max-cost", "10")
    assert (ran.code, ran.json["sets"]) == (0, {"sft": 30, "rl": 30})
    assert len(server.asked) == 61


@pytest.mark.parametrize(
    ("top", "said"),
    [("max_cost = 0.5", "max_cost = 0.5 USD"), ("max_tokens = 9000", "max_tokens = 9,000")],
)
def test_a_limit_holds_where_the_server_tells_no_tokens(place, server, top, said):
    server.answer = untold
    place.questions([row(n) for n in range(1, 31)])
    place.settings(model="price_in = 50\nprice_out = 50\nconcurrency = 4", top=top, stages="max_tokens = 200")
    ran = place.run("run", "--json")
    assert ran.code == 1
    assert said in ran.err
    assert 0 < ran.json["cost"] <= 0.5
    assert 0 < len(server.asked) < 61
    notices = [line for line in ran.lines if "tells no tokens" in line]
    assert notices
    assert len(notices) == len(set(notices)), "once for each model"


def untold(body: dict[str, Any]) -> Answer:
    """A sensible reply of a server that counts nothing."""
    answer = sensible(body)
    return replace(answer, body={key: value for key, value in answer.body.items() if key != "usage"})


def comparing(place: Workplace, url: str) -> None:
    """Free-form answers count by an embedding model."""
    place.settings(
        top='steps = ["caption", "draft", "similarity", "answer", "format"]',
        more=f'[models.embedder]\nprovider = "embeddings"\nmodel = "e"\nbase_url = "{url}"\nmax_retries = 0\n'
        '[stages.similarity]\nmodel = "embedder"\n[filters.answer]\nfree_form_by = "similarity"\n',
    )


def test_free_form_answers_count_by_their_similarity(place, server):
    """Only they are compared; a draft that is asked for anew is compared anew; replaying asks nothing."""
    near = {"A": [1.0, 0.0], "far": [0.0, 1.0], "near": [1.0, 0.1]}

    def embed(body: dict[str, Any]) -> Answer:
        return Answer({"data": [{"embedding": near[text]} for text in body["input"]], "usage": {"prompt_tokens": 2}})

    def draft(body: dict[str, Any]) -> Answer:
        if stage_of(body) != "draft":
            return sensible(body)
        said = "A" if "part 3" in words(body) else "near" if "part 2" in words(body) else "far"
        return completion(f"<answer>{said}</answer>", reasoning_content=THINKING)

    free = {"problem_type": "free-form", "options": [], "solution": "<answer>A</answer>"}
    place.questions([row(1, **free), row(2, **free), row(3)])
    server.answer = draft
    with ModelServer(embed) as embedder:
        comparing(place, embedder.url)
        estimate = place.run("estimate", "--json").json
        assert {s["stage"]: s["requests"] for s in estimate["stages"]}["similarity"] == 2
        ran = place.run("run", "--json")
        assert (ran.code, ran.json["sets"]) == (0, {"sft": 2, "rl": 3})
        assert ran.steps("rejected") == {"answer": {"wrong answer": 1}}
        assert sorted(body["input"] for body in embedder.asked) == [["far", "A"], ["near", "A"]]
        (rejected,) = table(place, "rejected")
        assert rejected["detail"] == "drafted 'far', reference 'A', scored 0.00 where more than 0.6 is needed"
        sets = place.sets()
        assert place.run("run").code == place.run("filter").code == 0
        assert place.sets() == sets
        assert len(embedder.asked) == 2
        near["far"] = near["A"]
        server.answer = lambda body: draft(body) if stage_of(body) != "draft" else sensible(body)
        assert place.run("run", "--json", "--retry", "wrong answer").json["sets"]["sft"] == 3
        assert embedder.asked[2:] == [{"model": "e", "input": ["A", "A"], "encoding_format": "float"}]


def test_several_drafts_give_the_rl_set_its_difficulty(place, server):
    said: Counter[str] = Counter()

    def some(body: dict[str, Any]) -> Answer:
        if stage_of(body) != "draft":
            return sensible(body)
        part = next(n for n in "123" if f"part {n}" in words(body))
        said[part] += 1
        right = said[part] <= int(part)
        return completion(f"<answer>{'A' if right else 'B'}</answer>", reasoning_content=THINKING)

    server.answer = some
    text = place.toml.read_text().replace("[stages.draft]\n", "[stages.draft]\nsamples = 4\n")
    place.toml.write_text(text)
    assert place.run("run", "--json").json["sets"] == {"sft": 3, "rl": 3}
    assert [(r["problem_id"], r["pass_rate"]) for r in table(place, "rl")] == [(1, 0.25), (2, 0.5), (3, 0.75)]
    assert "pass_rate" not in table(place, "sft")[0]
    sets = place.sets()
    assert place.run("filter").code == 0
    assert place.sets() == sets
    assert server.stages().count("draft") == 12


def test_transient_faults_are_retried_until_everything_is_answered(place, server):
    failed: Counter[str] = Counter()

    def answer(body: dict[str, Any]) -> Answer:
        name = json.dumps(body)
        failed[name] += 1
        faults = [failure(429, "slow", Retry_After="0"), Answer(b"", hang_up=True)]
        return faults[failed[name] - 1] if failed[name] <= len(faults) else sensible(body)

    server.answer = answer
    place.questions([row(1)]).settings(model="max_retries = 4")
    assert place.run("run").code == 0
    assert set(failed.values()) == {3}
    assert len(table(place, "sft")) == 1


def test_kill_9_at_any_moment_and_only_what_was_not_answered_is_asked_again(place, server):
    """Killed at ten moments; in the end every row is there and no reply that was kept is asked again."""
    place.questions([row(n) for n in range(12)] + [picture(20 + n) for n in range(4)])
    place.settings(model="concurrency = 2\nmax_retries = 0")
    gate = threading.Semaphore(0)

    def answer(body: dict[str, Any]) -> Answer:
        gate.acquire(timeout=30)
        return sensible(body)

    server.answer = answer
    lost = 0
    for moment in range(10):
        process = place.start("run", "--quiet")
        for _ in range(2 + moment % 3):
            gate.release()
        kept = len(_wait_for(server, lambda moment=moment: _kept(place) >= 3 * (moment + 1) - 2, process))
        if process.poll() is not None:
            pytest.fail(f"it ended by itself at moment {moment}, though a reply was held back: {vars(ended(process))}")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert kept >= 0
        lost = len(server.asked) - _kept(place)
        for _ in range(20):  # whoever still waits inside the server belongs to a client that is gone
            gate.release()
        while server.at_once:
            threading.Event().wait(0.01)
        while gate.acquire(blocking=False):
            pass
    bought_before = _kept(place)
    for _ in range(10_000):
        gate.release()
    asked_before = len(server.asked)
    assert place.run("run").code == 0
    assert len(table(place, "sft")) == 16
    needed = 2 + 16 + 16
    assert len(server.asked) - asked_before == needed - bought_before
    assert lost <= 10 * 6  # three models with two requests each were in flight at each kill
    sent = len(server.asked)
    assert place.run("run").code == 0
    assert len(server.asked) == sent


def _kept(place: Workplace) -> int:
    try:
        base = sqlite3.connect(f"file:{place.work / 'journal.sqlite'}?mode=ro", uri=True)
        number: int = base.execute("SELECT COUNT(*) FROM replies").fetchone()[0]
        base.close()
    except sqlite3.OperationalError:
        return 0
    return number


def _wait_for(server: ModelServer, done: Any, process: Any) -> list[Any]:
    for _ in range(600):
        if done() or process.poll() is not None:
            break
        threading.Event().wait(0.02)
    return server.asked


def test_through_stops_before_the_next_stage_but_takes_the_filters_that_may_send_back(place):
    settings = load(place.toml)
    assert through(settings, "caption") == ("caption",)
    assert through(settings, "draft") == ("caption", "draft", "answer")
    assert through(settings, "revise") == settings.steps


def test_two_commands_on_one_work_folder_the_second_says_who_holds_it(place, server):
    gate = threading.Event()

    def answer(body: dict[str, Any]) -> Answer:
        gate.wait(30)
        return sensible(body)

    server.answer = answer
    first = place.start("run")
    _wait_for(server, lambda: server.asked, first)
    second = place.run("run")
    looked = place.run("status", "--json")
    gate.set()
    assert second.code == 2
    assert f"process {first.pid}" in second.err
    assert looked.code == 0
    assert looked.json["steps"]["caption"]["owed"] == 3
    assert ended(first).code == 0


def test_rows_judged_side_by_side_give_the_same_bytes(place, monkeypatch):
    """Also the second of two equal rows, which another process has, a row that is none and keys beside the columns."""
    rows = [row(n, **({"solution": "<answer>B</answer>"} if n % 4 == 0 else {})) for n in range(1, 9)]
    place.questions([*rows, row(9, extra=1), row(2), "no row", row(3, problem_id=10), picture(11)])
    assert place.run("run").code == 0
    sets = place.sets()

    async def publish() -> None:
        async with opened(load(place.toml), Scope(), Progress()) as pipeline:
            await pipeline.ask(None)  # the models were open before, as in `run`
            await publishing.publish(pipeline)

    began = []
    real = judges.ProcessPool
    monkeypatch.setattr(judges, "ProcessPool", lambda *args: began.append(args) or real(*args))
    monkeypatch.setattr(judges, "MANY", 1)
    monkeypatch.setattr(judges, "PART", 2)
    monkeypatch.setattr(judges.os, "cpu_count", lambda: 3)
    asyncio.run(publish())
    assert began[0][0] == 3
    assert place.sets() == sets


def test_a_reply_that_was_taken_out_of_the_journal_is_asked_again(place, server):
    """What is remembered of the rows never stands above the journal."""
    place.questions([row(n) for n in range(1, 13)])
    assert place.run("run").code == 0
    server.asked.clear()
    assert place.run("run").code == 0
    assert server.asked == []
    with closing(sqlite3.connect(place.work / "journal.sqlite")) as base:
        base.execute(
            "DELETE FROM replies WHERE rowid = (SELECT rowid FROM replies WHERE stage = 'draft' LIMIT 1 OFFSET 5)"
        )
        base.commit()
    assert place.run("run").code == 0
    assert server.stages() == ["draft"]
    for kept in ("standings.sqlite", "media.sqlite"):
        (place.work / kept).unlink()
    assert place.run("run").code == 0
    assert server.stages() == ["draft"]
