"""`curate estimate`: what a run would ask and carry; nothing is sent."""

from tests.media.media_samples import encode
from tests.server import stage_of
from tests.workplace import CLIP, picture, row


def stages(ran):
    return {stage["stage"]: stage for stage in ran.json["stages"]}


def test_what_a_run_would_ask_is_what_it_asks(place, server):
    encode(place.folder / "media" / CLIP, [40 * i for i in range(100)])
    place.questions([row(1), row(2), picture(3), picture(4)])
    place.toml.write_text(place.toml.read_text().replace("[stages.caption]\n", "[stages.caption]\nwindow = 2\n"))
    estimate = place.run("estimate", "--json")
    assert (estimate.code, server.asked) == (0, [])
    asked = {name: stage["requests"] for name, stage in stages(estimate).items()}
    assert asked == {"caption": 3, "draft": 4, "revise": 4}
    assert place.run("run").code == 0
    assert {name: server.stages().count(name) for name in asked} == asked
    bodies = [b for b, name in zip(server.asked, server.stages(), strict=True) if name == "caption"]
    urls = [
        sum(len(p["image_url"]["url"]) for p in body["messages"][1]["content"] if p["type"] == "image_url")
        for body in bodies
    ]
    found = stages(estimate)["caption"]
    assert found["frames"] == 5
    assert found["payload_largest_mib"] == round(max(urls) / 2**20, 3)
    assert found["payload_mean_mib"] == round(sum(urls) / 3 / 2**20, 3)
    assert stages(estimate)["draft"]["payload_largest_mib"] == 0


def test_the_first_rows_stand_for_all(place, server):
    place.questions([row(n) for n in range(1, 41)])
    told = place.run("estimate", "--json")
    assert (told.json["rows"], told.json["pilot"], told.json["projection"]) == (40, 20, None)
    assert stages(told)["revise"]["requests"] == 40
    assert stages(told)["revise"]["pilot_requests"] == 20
    assert "from 20 of 40 rows; for this nothing was sent" in told.err
    assert place.run("estimate", "--limit", "8", "--json").json["rows"] == 8
    assert server.asked == []


def test_what_is_too_heavy_says_so_before_anything_is_sent(place, server):
    place.settings(model="max_payload = 0.001\nmax_retries = 0")
    told = place.run("estimate", "--json")
    (reason,) = stages(told)["caption"]["refused"]
    assert reason.startswith("payload too large: 0.0 MiB for 2 frames, max_payload is 0.001: lower window")
    ran = place.run("run", "--limit", "1")
    assert (ran.code, server.asked) == (1, [])
    assert "1 failed at caption, payload too large (problem_id 1)" in ran.err


def test_rows_that_cannot_be_used_are_counted(place):
    place.questions([row(1), row(2, path="./nothing.mp4"), "no row"])
    told = place.run("estimate")
    assert told.code == 0
    assert "from 3 of 3 rows, 2 of them unusable" in told.err
    assert "captioner-1" in told.out


def test_whole_files_need_one_window(place, server):
    place.settings(model='video = "file"\nmax_retries = 0')
    ran = place.run("estimate")
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert ran.lines[0] == (
        "error: stages.caption: its model shows clips whole, and a window of 16 of 128 frames is a part: "
        "set window = 128, or another `video` for the model"
    )
    place.toml.write_text(place.toml.read_text().replace("[stages.caption]\n", "[stages.caption]\nwindow = 128\n"))
    ran = place.run("run", "--limit", "1")
    assert ran.code == 0, ran.err
    assert 'captioner-1 reads the clips itself (video = "file")' in ran.err
    (url,) = [
        part["video_url"]["url"]
        for part in next(body for body in server.asked if stage_of(body) == "caption")["messages"][1]["content"]
        if part["type"] == "video_url"
    ]
    assert url == (place.folder / "media" / CLIP).resolve().as_uri()
