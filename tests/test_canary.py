"""The canary against servers that really decode what they are sent, and read it, or do not."""

import asyncio
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from rapidocr_onnxruntime import RapidOCR

from curate.canary import Canary
from curate.chat import Message, Reply, Request
from curate.errors import FatalError
from curate.journal import Journal
from curate.medium import Medium
from curate.plugin import find
from curate.providers.scripted import ScriptedProvider
from curate.stage import Stage
from tests.records import seconds, shown
from tests.seeing import Seeing, decoded
from tests.server import ModelServer, completion, failure
from tests.workplace import Workplace, picture, row

VIDEOS = [row(1), row(2)]
BLIND = "I'm sorry, but I cannot see a video. Please provide the video, and I will read it."
FATAL = 2


class Stand:
    """A work place whose models are behind one server; `run` starts the command in it."""

    def __init__(self, folder, seeing, caption="", revise="", model="", questions=VIDEOS):
        self.seeing, self.server = seeing, ModelServer(seeing)
        self.folder, self.caption, self.revise, self.model = folder, caption, revise, model
        self.questions = questions

    def __enter__(self):
        self.server.__enter__()
        self.place = Workplace(self.folder, self.server.url).questions(self.questions)
        self.place.settings(f"max_retries = 0\ncanary = true\n{self.model}")
        text = self.place.toml.read_text()
        for stage, more in (("caption", self.caption), ("revise", self.revise)):
            text = text.replace(f"[stages.{stage}]\n", f"[stages.{stage}]\n{more}\n")
        self.place.toml.write_text(text)
        return self

    def __exit__(self, *_):
        self.server.__exit__()

    def run(self, *arguments):
        return self.place.run(*(arguments or ("run",)), "--json")

    @property
    def rows(self):
        """Requests that were about a row."""
        return len(self.server.asked) - len(self.seeing.canaries)


@pytest.fixture
def stand(tmp_path):
    return lambda *args, **more: Stand(tmp_path / "place", *args, **more)


def notices(ran):
    return ran.json["notices"]


def clips(at, count):
    """So many clips, 1.mp4 and on, no two of the same content."""
    folder = at.place.folder / "media" / "clips"
    for n in range(1, count + 1):
        (folder / f"{n}.mp4").write_bytes((folder / "one.mp4").read_bytes() + b"\0" * n)


def test_a_model_that_sees_is_shown_one_canary_and_a_finished_run_sends_nothing(stand):
    with stand(Seeing(), caption="window = 12") as at:
        ran = at.run()
        assert (ran.code, notices(ran)) == (0, [])
        assert sorted(body["model"] for body in at.seeing.canaries) == ["captioner-1", "reviser-1"]
        assert sorted(at.seeing.frames) == [12, 32]
        assert not (at.place.work / "canary").exists()
        asked = len(at.server.asked)
        assert ran.json["sent"] == asked
        assert at.run().json["sent"] == 0
        assert len(at.server.asked) == asked


def test_it_travels_as_real_media_do_with_frames_of_the_same_size(stand):
    with stand(Seeing(), caption="window = 9\nmax_pixels = 50000\nfps = 2.0") as at:
        assert at.run("caption").code == 0
    [body] = at.seeing.canaries
    parts = body["messages"][1]["content"]
    said = [part["text"] for part in parts if part["type"] == "text"]
    assert [text for text in said if text.startswith("Frame at")][:3] == [
        "Frame at 00:00:00.000:",
        "Frame at 00:00:00.500:",
        "Frame at 00:00:01.000:",
    ]
    frames = [frame for part in parts if part["type"] == "image_url" for frame in decoded(part["image_url"]["url"])]
    assert len(frames) == 9
    [(wide, high)] = {frame.size for frame in frames}
    assert 45_000 < wide * high <= 50_000
    assert len(at.seeing.words[0]) == 6


def test_an_image_is_enough_where_only_images_are_asked_about(stand):
    with stand(Seeing(), questions=[picture(1)]) as at:
        assert at.run("caption").code == 0
    assert at.seeing.frames == [1]
    assert "top to bottom" in at.seeing.canaries[0]["messages"][1]["content"][-1]["text"]


def test_text_requests_do_not_wait_for_it_and_bring_none(stand):
    with stand(Seeing(), caption="window = 8") as at:
        assert at.run("caption").code == 0
        before = len(at.seeing.canaries)
        assert at.run("draft").code == 0
        assert len(at.seeing.canaries) == before == 1


STOPS = {
    "blind": (Seeing(lambda _: BLIND), "does not see what it is shown", "it read 0 of these 6"),
    "silent": (Seeing(lambda _: ""), "does not see what it is shown", "it read 0 of these 6: ''"),
    "first": (
        Seeing(shows=lambda frames: frames[:10]),
        "sees only the first of what it is shown",
        "it read 4 of these 6",
    ),
    "order": (Seeing(shows=lambda frames: frames[::-1]), "in another order", "it read 6 of these 6"),
    "few": (Seeing(shows=lambda frames: frames[::5]), "sees only some of what it is shown", "of these 6"),
}


@pytest.mark.parametrize("name", STOPS)
def test_a_model_that_does_not_see_stops_the_run_before_a_row_is_paid_for(stand, name):
    seeing, what, read = STOPS[name]
    with stand(seeing, caption="window = 16") as at:
        ran = at.run("caption")
        assert ran.code == FATAL
        assert at.rows == 0
        [line] = [line for line in ran.lines if line.startswith("error:")]
        assert what in line
        assert read in line
        assert "16 frames as images showed " in line
        assert "--no-canary" in line
        assert "another `video` for [models.captioner]" in line
        assert ran.json["error"] == line.removeprefix("error: ")
        assert len(at.seeing.canaries) == 2, "a slip is not made twice, so it is asked twice"


def test_it_can_be_left_out(stand):
    with stand(Seeing(lambda _: BLIND)) as at:
        assert (at.run("run", "--no-canary").code, at.seeing.canaries) == (0, [])


def test_what_a_blind_model_says_is_told_within_bounds(stand):
    with stand(Seeing(lambda _: "\x1b[31m" + "please\n" * 9999)) as at:
        ran = at.run("caption")
    [line] = [line for line in ran.lines if line.startswith("error:")]
    assert ran.code == FATAL
    assert len(line) < 900
    assert "\x1b" not in ran.err


def test_one_slip_is_forgiven_and_told_of_only_where_eyes_are_weak(stand):
    says = iter([BLIND, None])

    def once(frames):
        return next(says, None) or "\n".join(frames)

    with stand(Seeing(once), caption="window = 8") as at:
        ran = at.run("caption")
        assert (ran.code, notices(ran), len(at.seeing.canaries)) == (0, [], 2)
        with sqlite3.connect(at.place.work / "journal.sqlite") as base:
            keys = base.execute("SELECT key FROM replies WHERE stage = 'canary'").fetchall()
        assert len(set(keys)) == 2


def test_weak_eyes_pass_with_a_line(stand):
    def weak(frames):
        return "\n".join(text for i, text in enumerate(frames) if i not in (1, 3))

    with stand(Seeing(weak), caption="window = 8") as at:
        ran = at.run("caption")
    assert ran.code == 0
    assert notices(ran) == ["captioner has read 4 of 6 words from 8 frames, in order: its eyes are weak"]


def test_a_reply_that_was_cut_tells_nothing_of_eyes(stand):
    with stand(Seeing(fails=lambda _: completion(None, finish="length", reasoning="Let me look"))) as at:
        ran = at.run("caption")
    assert ran.code == 0
    assert notices(ran) == [
        "captioner has read 0 of 6 words of the canary when max_tokens cut its reply: "
        "whether it sees all that it is shown is not known"
    ]


def test_a_model_that_refuses_pictures_stops_the_run(stand):
    with stand(Seeing(fails=lambda _: failure(400, "this model takes no images"))) as at:
        ran = at.run("caption")
        assert (ran.code, at.rows) == (FATAL, 0)
    assert "captioner refuses what it is shown: HTTP 400: this model takes no images; set another `video`" in ran.err


def test_a_failure_on_the_way_is_retried_like_any(stand):
    failing = {1: failure(500, "oops"), 2: failure(503, "again", retry_after="0")}
    with stand(Seeing(fails=failing.get), model="max_retries = 9") as at:
        at.place.toml.write_text(at.place.toml.read_text().replace("max_retries = 0\n", ""))
        ran = at.run("caption")
    assert (ran.code, notices(ran)) == (0, [])
    assert len(at.seeing.canaries) == 3


def test_where_the_canary_itself_fails_one_row_fails_and_the_next_one_tries_anew(stand):
    questions = [row(n, path=f"./clips/{n}.mp4") for n in (1, 2, 3)]
    with stand(Seeing(fails=lambda nth: failure(500, "oops") if nth == 1 else None), questions=questions) as at:
        clips(at, 3)
        ran = at.run("caption")
        assert ran.code == 1
        assert (ran.steps("failed"), ran.json["steps"]["caption"]["passed"]) == (
            {"caption": {"no answer from the server": 1}},
            2,
        )
        assert len(at.seeing.canaries) == 2
        assert at.run("caption").code == 0


def test_more_pictures_than_a_server_takes_make_the_canary_smaller(stand):
    with stand(Seeing(images=9), caption="window = 32") as at:
        ran = at.run("caption")
    assert ran.code == 0
    assert at.seeing.frames == [8]
    told = "the server takes at most 9 images in a request"  # which it said of 32
    assert notices(ran) == [f"captioner takes no 16 frames at once ({told}): its canary had 8"]


def test_it_is_priced_counted_and_never_the_same(stand):
    model = "price_in = 1.0\nprice_out = 1.0"
    with stand(Seeing(), caption="window = 8", model=model) as at:
        ran = at.run("caption")
        status = at.run("status").json
        [spent] = [each for each in status["spent"] if each["stage"] == "canary"]
        assert (spent["calls"], spent["prompt_tokens"]) == (1, 100 + 8 * 20)
        assert ran.json["cost"] == pytest.approx(sum(each["cost"] for each in status["spent"]))
        clips(at, 1)
        at.place.questions([row(3, path="./clips/1.mp4")])
        assert at.run("caption").code == 0
    first, second = at.seeing.words
    assert (len(first), len(second)) == (6, 6)
    assert first != second


def test_it_counts_against_the_budget(stand):
    with stand(Seeing()) as at:
        ran = at.run("caption", "--max-tokens", "10")
    assert (ran.code, at.server.asked) == (1, [])


def test_a_server_that_refuses_media_io_kwargs_gets_images(stand):
    with stand(Seeing(trusts=False), caption="window = 8", model='video = "jpeg_sequence"') as at:
        ran = at.run("caption")
    assert ran.code == 0
    [line] = notices(ran)
    assert line.startswith(
        "captioner: its server refuses media as jpeg_sequence (HTTP 400: Per-request media_io_kwargs are disabled"
    )
    assert line.endswith(": in this run media travel to it as images")
    assert [*at.seeing.ways] == [{"jpeg_sequence"}, {"images"}, {"images"}]
    assert at.seeing.frames == [8]


@pytest.mark.parametrize("way", ["jpeg_sequence", "mp4"])
def test_a_server_that_drops_frames_without_a_word_gets_images(stand, way):
    with stand(Seeing(most=32), caption="window = 40\nmax_frames = 40", model=f'video = "{way}"') as at:
        ran = at.run("caption")
    assert ran.code == 0
    assert notices(ran) == [
        f"captioner: its server drops frames of media as {way} (prompts with 10, 20 and 40 frames have 300 and 500 and "
        "740 tokens): in this run media travel to it as images"
    ]
    assert at.seeing.frames == [10, 20, 32, 40]
    assert at.seeing.ways[-1] == {"images"}


@pytest.mark.parametrize("way", ["jpeg_sequence", "mp4"])
def test_a_server_that_takes_all_frames_is_believed(stand, way):
    with stand(Seeing(), caption="window = 40\nmax_frames = 40", model=f'video = "{way}"') as at:
        ran = at.run("caption")
        assert (ran.code, notices(ran)) == (0, [])
        assert at.run("caption", "--no-canary").json["sent"] == 0
    assert at.seeing.frames == [10, 20, 40, 40]
    assert at.seeing.ways == [{way}] * 5


def test_without_tokens_the_canary_tells_that_frames_are_dropped(stand):
    more = {"caption": "window = 40\nmax_frames = 40", "model": 'video = "jpeg_sequence"'}
    with stand(Seeing(most=32, counts=False), **more) as at:
        ran = at.run("caption")
    assert ran.code == 0
    told = "captioner: it sees only the first of what it is shown as jpeg_sequence"
    assert f"{told}: in this run media travel to it as images" in notices(ran)
    assert at.seeing.frames == [10, 32, 40]


def test_frames_are_counted_without_a_canary_too(stand):
    more = {"caption": "window = 40\nmax_frames = 40", "model": 'video = "mp4"'}
    with stand(Seeing(most=32), **more) as at:
        ran = at.run("caption", "--no-canary")
    assert ran.code == 0
    assert at.seeing.frames == [10, 20, 32]
    assert at.seeing.ways[-1] == {"images"}


def test_files_are_read_where_the_server_may_read_the_work_folder(stand, tmp_path):
    more = {"caption": "window = 8\nmax_frames = 8", "model": 'video = "file"'}
    with stand(Seeing(root=tmp_path), questions=[row(1), picture(2)], **more) as at:
        ran = at.run("caption")
    assert ran.code == 0
    assert len(notices(ran)) == 1, "what video = file means, and nothing else"
    assert set().union(*at.seeing.ways) == {"file"}
    assert sorted(at.seeing.frames) == [1, 2, 4, 8, 8]


def test_the_canary_is_sent_along_where_the_server_may_read_the_media_only(stand, tmp_path):
    more = {"caption": "window = 8\nmax_frames = 8", "model": 'video = "file"'}
    root = tmp_path / "place" / "media"
    with stand(Seeing(root=root), questions=[row(1), picture(2)], **more) as at:
        ran = at.run("caption")
    assert ran.code == 0
    [_, line] = notices(ran)
    assert "may not read files in the work folder" in line
    assert "the canary travels as mp4" in line
    about_rows = [
        ways for ways, body in zip(at.seeing.ways, at.server.asked, strict=True) if body not in at.seeing.canaries
    ]
    assert about_rows.count({"file"}) >= 2
    assert at.seeing.ways[-1] in ({"file"}, {"mp4"})


def test_an_image_is_sent_along_too_where_its_file_is_out_of_reach(stand, tmp_path):
    root = tmp_path / "place" / "media"
    more = {"caption": "window = 8\nmax_frames = 8", "model": 'video = "file"'}
    with stand(Seeing(root=root), questions=[picture(1)], **more) as at:
        assert at.run("caption").code == 0
    assert at.seeing.ways == [{"file"}, {"images"}, {"file"}]


def test_the_pilot_shows_it_too(stand):
    with stand(Seeing(lambda _: BLIND)) as at:
        assert at.run("estimate", "--pilot", "1").code == FATAL
        assert at.rows == 0
        assert at.run("estimate", "--pilot", "1", "--no-canary").code == 0
        assert at.run("estimate").json["exit"] == 0


def test_a_model_whose_settings_want_none_is_shown_none(stand):
    with stand(Seeing(lambda _: BLIND)) as at:
        at.place.toml.write_text(at.place.toml.read_text().replace("canary = true", "canary = false"))
        assert at.run().code == 0
    assert at.seeing.canaries == []


def test_all_that_wait_for_it_end_with_it(stand):
    questions = [row(n, path=f"./clips/{n}.mp4") for n in range(1, 9)]
    with stand(Seeing(lambda _: BLIND), questions=questions) as at:
        clips(at, 8)
        assert (at.run("caption").code, at.rows, len(at.seeing.canaries)) == (FATAL, 0, 2)


def test_nobody_behind_it_asks_again_once_it_has_failed():
    asked = []

    async def blind(request):
        asked.append(request)
        return Reply(text=BLIND)

    async def draw(kind, texts, size, fps):
        return Medium("1" * 64, kind, Path("a.mp4"), *size, seconds(*map(float, range(len(texts)))), fps, "h264")

    async def go():
        stage = find(Stage, "revise")(model="m", max_frames=8)
        gate = Canary("m", ScriptedProvider(), blind, draw, print).before(blind, stage)
        request = Request("revise", (Message("user", (shown((0, 1), (0.0, 1.0)),)),), 10)
        return await asyncio.gather(*(gate(request) for _ in range(5)), return_exceptions=True)

    assert {type(error) for error in asyncio.run(go())} == {FatalError}
    assert [request.stage for request in asked] == ["canary"] * 2


def test_it_waits_alone_and_all_others_behind_it(stand):
    questions = [row(n, path=f"./clips/{n}.mp4") for n in range(1, 9)]
    with stand(Seeing(), caption="window = 8", questions=questions) as at:
        clips(at, 8)
        assert at.run("caption").code == 0
    assert at.server.asked[0] == at.seeing.canaries[0]
    assert len(at.seeing.canaries) == 1
    assert at.rows == 8


def test_the_journal_tells_of_canaries_by_their_own_name(stand):
    with stand(Seeing(), caption="window = 8") as at:
        at.run("caption")
        journal = Journal(at.place.work / "journal.sqlite")
        assert sorted((spent.stage, spent.calls) for spent in journal.spent()) == [("canary", 1), ("caption", 1)]
        journal.close()


def test_another_reader_than_our_own_reads_it(stand):
    engine = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)

    def reads(frame):
        found, _ = engine(np.asarray(frame.convert("RGB"))) if frame.convert("L").getextrema()[0] < 128 else ((), 0)
        return " ".join(text for _, text, _ in found or ())

    with stand(Seeing(reads=reads), caption="window = 4\nmax_pixels = 60000", questions=[row(1), picture(2)]) as at:
        ran = at.run("caption")
    assert (ran.code, notices(ran)) == (0, [])
    assert all(len(words) >= 4 for words in at.seeing.words if len(words) != 1)
