"""`curate export` and the validation split, on the command line."""

import asyncio
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from curate.console import Screen
from curate.errors import SettingsError
from curate.exporting import Export
from curate.jobs import Job
from curate.layout import Layout
from curate.medium import short
from curate.pipeline import Scope
from curate.plugin import find, names
from curate.splits import VALIDATION, split_of
from tests.media.media_samples import encode
from tests.server import REVISED, THINKING
from tests.workplace import Workplace, picture, row

HALF = "[sets]\nvalidation = 0.5\nseed = {seed}\n"
CLIPS = "[duplicates]\nclips = true\n"


def job(place: Workplace) -> Job:
    """A command in this process, which is quicker to begin."""
    return Job.of("test", place.toml, None, Screen(quiet=True), Scope())


def exported(place: Workplace, layout: str, file: str, **options: str) -> list[dict[str, Any]]:
    """The rows of a JSON file that is exported so."""
    assert asyncio.run(job(place).export(Export(layout, place.folder / file, **options))) == 0
    return [json.loads(line) for line in (place.folder / file).read_text().splitlines()]


def medium(path: Path) -> bytes:
    """The name of this file's content, by which its side is drawn."""
    return short(hashlib.sha256(path.read_bytes()).hexdigest())


def rows(place: Workplace, name: str, split: str) -> list[dict[str, Any]]:
    return [r for path in sorted((place.work / name).glob(f"{split}-*")) for r in pq.read_table(path).to_pylist()]


@pytest.fixture
def ran(place: Workplace) -> Workplace:
    """A folder after `curate run`: two rows about a clip, one about a picture, all kept."""
    place.questions([row(1), row(2), picture(3)])
    assert asyncio.run(job(place).ask(None)) == 0
    return place


def test_every_layout_and_ending_comes_out_of_the_same_journal(ran, server):
    before, asked = ran.sets(), len(server.asked)
    for layout in names(Layout):
        for name in ("sft", "rl"):
            if find(Layout, layout).form(name) is None:
                with pytest.raises(SettingsError, match=f"'{layout}' has no {name} set: its trainer reads --set "):
                    exported(ran, layout, "x.jsonl", name=name)
            elif find(Layout, layout).apart:
                with pytest.raises(SettingsError, match="one kind of media: add --data-type image or "):
                    exported(ran, layout, "x.jsonl", name=name)
                assert len(exported(ran, layout, f"{layout}-{name}.jsonl", name=name, kind="video")) == 2
            else:
                assert len(exported(ran, layout, f"{layout}-{name}.jsonl", name=name)) == 3
    assert len(server.asked) == asked
    assert ran.sets() == before


def test_what_is_exported_in_the_layout_of_the_sets_equals_them(ran):
    assert ran.run("export", "videorft", "x.parquet").code == 0
    assert pq.read_table(ran.folder / "x.parquet").to_pylist() == rows(ran, "sft", "train")
    assert exported(ran, "videorft", "x.jsonl", name="rl") == rows(ran, "rl", "train")


def test_the_sets_need_not_be_there(ran):
    for name in ("sft", "rl", "rejected"):
        shutil.rmtree(ran.work / name)
    done = ran.run("export", "video-r1", "x.jsonl", "--json")
    assert done.code == 0
    assert "wrote 3 rows to x.jsonl" in done.err
    assert done.json == {"event": "end", "command": "export", "exit": 0, "rows": 3, "file": "x.jsonl"}
    assert not (ran.work / "sft").exists()


def test_media_are_rerooted(ran):
    assert ran.run("export", "ms-swift", "x.jsonl", "--path-prefix", "/data/media/").code == 0
    found = [json.loads(line) for line in (ran.folder / "x.jsonl").read_text().splitlines()]
    assert [each["videos"] + each["images"] for each in found] == [
        ["/data/media/clips/one.mp4"], ["/data/media/clips/one.mp4"], ["/data/media/sign.jpg"],
    ]  # fmt: skip
    ran.settings(more='[sets.rl]\npath_prefix = "s3://bucket"\n')
    assert asyncio.run(job(ran).filter()) == 0
    assert {each["path"] for each in rows(ran, "rl", "train")} == {"s3://bucket/clips/one.mp4", "s3://bucket/sign.jpg"}
    assert {each["path"] for each in rows(ran, "sft", "train")} == {"./clips/one.mp4", "./sign.jpg"}


def test_every_row_tells_where_it_comes_from(ran, server):
    """Also one that is rejected by now: the replies that came to nothing, and the caption that it shares."""
    ran.settings(more="[filters.length]\nmin_words = 1000\n")
    kept = exported(ran, "full", "x.jsonl", name="rl")
    for each in kept:
        assert (each["outcome"], each["step"], each["reason"]) == ("rejected", "length", "too short")
        assert each["draft"] == THINKING
        assert each["revision"] == REVISED
        assert "CAPTION" in each["caption"]
        assert [call["stage"] for call in each["calls"]] == ["caption", "draft", "revise"]
        assert {call["prompt_tokens"] for call in each["calls"]} == {10}
        assert [call["model"].split("/")[-1] for call in each["calls"]] == ["captioner-1", "reasoner-1", "reviser-1"]
        assert all(len(call["prompts"]) == 12 for call in each["calls"])
        assert [judged["step"] for judged in each["judgements"]] == ["answer", "format", "leak", "length"]
    ran.settings(more='[sets.sft]\nlayout = "full"\n')
    assert asyncio.run(job(ran).filter()) == 0
    full = rows(ran, "sft", "train")
    assert [each["process"] for each in full] == [f"<think>{REVISED}</think>"] * 3
    assert {each["outcome"] for each in full} == {"kept"}
    assert list(rows(ran, "rl", "train")[0]) == [
        "problem_id", "problem", "data_type", "problem_type", "options", "solution", "path", "data_source",
    ]  # fmt: skip


def test_no_row_tells_what_is_sent_along_with_requests(place):
    """It may hold a key."""
    place.questions([row(1)])
    place.settings(model='extra_body = { tenant = "sk-hunter2hunter2" }')
    assert asyncio.run(job(place).ask(None)) == 0
    [kept] = exported(place, "full", "x.jsonl")
    assert [call["model"] for call in kept["calls"]] == ["captioner-1", "reasoner-1", "reviser-1"]
    assert "hunter2" not in json.dumps(kept)


def test_rows_about_one_kind_of_medium(ran):
    for kind, number in (("video", 2), ("image", 1)):
        found = exported(ran, "easyr1", "x.jsonl", name="rl", kind=kind)
        assert [f"{kind}s" in each for each in found] == [True] * number


def test_llama_factory_is_told_of_the_file(ran):
    (ran.folder / "dataset_info.json").write_text('{"mine": {"file_name": "mine.json"}}')
    assert ran.run("export", "sharegpt", "curated.json").code == 0
    info = json.loads((ran.folder / "dataset_info.json").read_text())
    assert list(info) == ["mine", "curated"]
    assert info["curated"]["file_name"] == "curated.json"


MISTAKES = {
    "layout": (["videorfd", "x.json"], "unknown layout 'videorfd'; did you mean 'videorft'?"),
    "folder": (["llava", "media"], "media is a folder: name a file in it"),
    "ending": (["llava", "x.csv"], "expected a name that ends in .json, .jsonl, .parquet"),
    "set": (["llava", "x.json", "--set", "stf"], "--set: unknown 'stf'; did you mean 'sft'?"),
    "split": (["llava", "x.json", "--split", "test"], "--split: unknown 'test'; known: all, train, validation"),
    "no split": (["llava", "x.json", "--split", "validation"], "sets.validation is 0, so there is no such split"),
    "kind": (["llava", "x.json", "--data-type", "audio"], "--data-type: unknown 'audio'"),
    "journal": (["llava", "x.json"], "work holds no journal, so there is nothing to export: `curate run` first"),
}


@pytest.mark.parametrize(("arguments", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line(place, arguments, said):
    done = place.run("export", *arguments)
    assert done.code == 2
    assert said in done.lines[0]
    assert len(done.lines) == 1
    assert not place.work.exists()
    assert not (place.folder / "x.json").exists()


def test_nothing_to_export_leaves_the_old_file(place):
    assert place.run("caption").code == 0
    (place.folder / "x.json").write_text("precious")
    done = place.run("export", "llava", "x.json")
    assert (done.code, done.lines) == (
        2, ["error: no row of sft is there to export: `curate status` says where they all are"],
    )  # fmt: skip
    assert (place.folder / "x.json").read_text() == "precious"
    assert {path.suffix for path in place.folder.iterdir()} <= {"", ".json", ".toml"}


def test_no_clip_is_on_both_sides_in_another_encoding(place, server):
    """Each alone would stand on its own side; that they are one is known to every command."""
    copy = place.folder / "media" / "copy.avi"
    encode(copy, [40 * i for i in range(40)], codec="mpeg4", bframes=0)
    media = [medium(path) for path in (place.folder / "media" / "clips" / "one.mp4", copy)]
    first, second = ([split_of(m, 0.5, n) == VALIDATION for n in range(9)] for m in media)
    seed = next(n for n in range(9) if first[n] != second[n])
    place.questions([row(1), row(2, path="./copy.avi", problem="What stands still there?"), picture(3)])
    apart, together = (HALF.format(seed=seed) + more for more in ("", "[duplicates]\nclips = true\n"))
    for settings, sizes in ((apart, {1}), (together, {0, 2})):
        place.settings(more=settings)
        assert asyncio.run(job(place).ask(None)) == 0
        sides = [{r["problem_id"] for r in rows(place, "sft", split)} & {1, 2} for split in ("train", "validation")]
        assert {len(side) for side in sides} == sizes
        for split, side in zip(("train", "validation"), sides, strict=True):
            if side:
                kept = exported(place, "full", "x.jsonl", split=split)
                assert {r["problem_id"] for r in kept} & {1, 2} == side


COPIES = ("./clips/one.mp4", "./again.mp4", "./anew.avi", "./smaller.mp4")


@pytest.fixture
def anew(place: Workplace) -> int:
    """The clip under another name and in two other encodings, and a seed by which these would be divided."""
    times, media = [40 * i for i in range(40)], place.folder / "media"
    (media / COPIES[1]).write_bytes((media / COPIES[0]).read_bytes())
    encode(media / COPIES[2], times, codec="mpeg4", bframes=0)
    encode(media / COPIES[3], times, options={"crf": "30"})
    place.questions([*(row(n, path=path) for n, path in enumerate(COPIES)), picture(9)])
    found = [medium(media / path) for path in (*COPIES, "sign.jpg")]
    assert len(set(found)) == 4
    sides = [[split_of(m, 0.5, n) == VALIDATION for m in found] for n in range(1000)]
    return sides.index([False, False, True, False, False])


def sides(work: Path) -> dict[str, set[str]]:
    """The split of each medium's rows in both sets; each must stand in one."""
    found: dict[str, set[str]] = {}
    for path in [*work.glob("sft/*.parquet"), *work.glob("rl/*.parquet")]:
        for row_ in pq.read_table(path).to_pylist():
            found.setdefault(row_["path"], set()).add(path.name.split("-")[0])
    return found


TOGETHER = {path: {"validation"} for path in COPIES} | {"./sign.jpg": {"train"}}
APART = TOGETHER | {path: {"train"} for path in COPIES if path != "./anew.avi"}


def test_the_copies_of_a_clip_stand_on_one_side_wherever_they_stand_in_the_input(place, anew):
    place.settings(more=HALF.format(seed=anew))
    assert asyncio.run(job(place).ask(None)) == 0
    assert sides(place.work) == APART, "the same bytes are together at any rate"
    place.settings(more=HALF.format(seed=anew) + CLIPS)
    train = exported(place, "llava", "x.jsonl")
    assert [r["id"] for r in train] == ["9"], "an export looks at clips that nobody looked at"
    assert asyncio.run(job(place).filter()) == 0
    assert sides(place.work) == TOGETHER
    told = json.loads((place.work / "report.json").read_text())["validation"]
    assert told == {"asked": 0.5, "media": 2, "held": 1, "far": False, "sft": 4, "rl": 4}
    place.questions([*reversed(json.loads((place.folder / "questions.json").read_text()))])
    assert asyncio.run(job(place).filter()) == 0
    assert sides(place.work) == TOGETHER


def test_the_copies_of_a_clip_stand_on_one_side_where_shards_are_joined(place, anew):
    place.settings(more=HALF.format(seed=anew) + CLIPS)
    parts = [place.folder / f"part{n}" for n in (1, 2)]
    apart = []
    for n, part in enumerate(parts, 1):
        ran = Job.of("run", place.toml, part, Screen(quiet=True), Scope(shard=(n, 2)))
        assert asyncio.run(ran.ask(None)) == 0
        apart.append(sides(part))
    assert all(set(COPIES) & part.keys() for part in apart), "each shard has some"
    joined = Job.of("filter", place.toml, parts[0], Screen(quiet=True), Scope(others=(parts[1],)))
    assert asyncio.run(joined.filter()) == 0
    assert sides(parts[0]) == apart[0] | apart[1] == TOGETHER


def test_no_clip_is_on_both_sides(ran):
    """Of two media one is held back, in both sets, and the card lists the split."""
    paths = (ran.folder / "media" / name for name in ("clips/one.mp4", "sign.jpg"))
    media = [medium(path) for path in paths]
    seed = next(n for n in range(1000) if [split_of(m, 0.5, n) == VALIDATION for m in media] == [True, False])
    ran.settings(more=HALF.format(seed=seed))
    assert asyncio.run(job(ran).filter()) == 0
    held = {"./clips/one.mp4"}
    for name in ("sft", "rl"):
        train, validation = rows(ran, name, "train"), rows(ran, name, "validation")
        assert {r["path"] for r in validation} == held
        assert held.isdisjoint(r["path"] for r in train)
        assert sorted(r["problem_id"] for r in train + validation) == [1, 2, 3]
    report = json.loads((ran.work / "report.json").read_text())
    counts = {name: len(rows(ran, name, "validation")) for name in ("sft", "rl")}
    assert report["validation"] == counts | {"asked": 0.5, "media": 2, "held": 1, "far": False}
    assert (ran.work / "README.md").read_text().count("split: validation") == 2
    for split, number in (("train", 1), ("validation", 2), ("all", 3)):
        assert len(exported(ran, "llava", "x.jsonl", split=split)) == number
    with pytest.raises(SettingsError, match=r"^none of the 3 rows of sft is in --split train .* --data-type video$"):
        exported(ran, "llava", "x.jsonl", kind="video")
    told = "1 of 2 media (50.0%) are in validation, 50.0% was asked for; rows: 2 of sft, 2 of rl"
    assert told in ran.run("filter").err
    assert told.replace("(", r"\(").replace(")", r"\)") in (ran.work / "README.md").read_text()
    assert "1 of 2 media (50.0%) are held back" in (ran.work / "report.html").read_text()
    ran.settings(more=HALF.format(seed=seed).replace("0.5", "0.01"))
    done = ran.run("filter")
    assert "0 of 2 media (0.0%) are in validation, 1.0% was asked for" in done.err
    assert done.err.count("another sets.seed draws anew") == 1
    assert 'class="warning"' in (ran.work / "report.html").read_text()
    ran.settings()
    assert asyncio.run(job(ran).filter()) == 0
    assert not list(ran.work.glob("*/validation-*"))
    assert "validation" not in (ran.work / "README.md").read_text()
