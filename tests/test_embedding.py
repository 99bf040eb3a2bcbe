"""Media as bytes in the shards, read back by `datasets` with its own features."""

import io
import json
from functools import partial

import pyarrow.parquet as pq
import pytest
from datasets import Dataset, Image, List, Value, Video
from PIL import Image as Pillow

from curate import embedding
from curate.embedding import EmbeddingWriter
from curate.errors import StoreError
from curate.layouts.sharegpt import SharegptLayout
from curate.layouts.trl import TRLLayout
from curate.layouts.videorft import VideoRFTLayout
from curate.shards import Publication
from tests.reading import both, thought


@pytest.fixture
def media(tmp_path):
    """A clip's bytes and a picture that can be decoded, as (kind, place)."""
    (tmp_path / "one.mp4").write_bytes(b"clip" * 100)
    Pillow.new("RGB", (3, 2), (255, 0, 0)).save(tmp_path / "one.png")
    return [("video", str(tmp_path / "one.mp4")), ("image", str(tmp_path / "one.png"))]


def written(folder, layout, records, media, most=1.0, rows_per_shard=50_000):
    with Publication(folder / "work") as publication:
        row_type = layout.form("sft" if records[0].outputs else "rl")
        writer = publication.writer("sft", row_type, rows_per_shard, kind=partial(EmbeddingWriter, most=most))
        for record, medium in zip(records, media, strict=True):
            writer.add(layout.row(record), medium)
    return writer, sorted((folder / "work" / "sft").iterdir())


def read(paths, folder):
    return Dataset.from_parquet([str(path) for path in paths], cache_dir=str(folder / "cache"))


def test_two_more_columns_hold_them(tmp_path, media):
    _, paths = written(tmp_path, VideoRFTLayout(), both(), media)
    found = read(paths, tmp_path)
    assert found.features["image"] == Image()
    assert found.features["video"] == Video()
    assert found.features["options"] == List(Value("string"))
    assert list(found.features)[-3:] == ["data_source", "image", "video"]
    raw = found.cast_column("video", Video(decode=False))
    assert raw[0]["video"] == {"bytes": b"clip" * 100, "path": "./a/kitchen.mp4"}
    assert (raw[0]["image"], raw[1]["video"]) == (None, None)
    assert raw[1]["image"].size == (3, 2)
    assert raw[1]["image"].getpixel((0, 0)) == (255, 0, 0)


def test_a_layouts_own_lists_hold_them(tmp_path, media):
    _, paths = written(tmp_path, SharegptLayout(), thought(), media)
    found = read(paths, tmp_path)
    assert found.features["images"] == List(Image())
    assert found.features["videos"] == List(Video())
    assert found.features["conversations"] == List({"from": Value("string"), "value": Value("string")})
    assert [len(row["images"]) for row in found.select_columns(["images"])] == [0, 1]
    assert found[1]["images"][0].size == (3, 2)


def test_trl_finds_its_images_and_the_video_beside_the_messages(tmp_path, media):
    _, paths = written(tmp_path, TRLLayout(), thought(), media)
    found = read(paths, tmp_path).cast_column("video", Video(decode=False))
    assert found.features["images"] == List(Image())
    assert found[0]["video"]["bytes"] == b"clip" * 100
    assert found[1]["images"][0].size == (3, 2)


@pytest.mark.parametrize("records", [thought, both])
def test_trl_names_its_video_as_its_messages_do(tmp_path, media, records):
    _, paths = written(tmp_path, TRLLayout(path_prefix="/srv/m"), records(), media, most=10 / embedding.MIB)
    rows = pq.read_table(paths[0]).to_pylist()
    assert rows[0]["video"] == {"bytes": None, "path": "/srv/m/a/kitchen.mp4"}
    assert rows[0]["video"]["path"] in str(rows[0].get("messages", rows[0].get("prompt")))
    assert rows[1]["video"] is None


def test_a_larger_one_stays_a_path(tmp_path, media):
    writer, paths = written(tmp_path, VideoRFTLayout(), both(), media, most=200 / embedding.MIB)
    assert writer.larger == 1
    rows = pq.read_table(paths[0]).to_pylist()
    assert rows[0]["video"] == {"bytes": None, "path": "./a/kitchen.mp4"}
    assert rows[1]["image"]["bytes"][:4] == b"\x89PNG"


def test_groups_and_shards_end_by_their_size(tmp_path, media, monkeypatch):
    monkeypatch.setattr(embedding, "GROUP", 1000)
    monkeypatch.setattr(embedding, "SHARD", 4000)
    _, paths = written(tmp_path, VideoRFTLayout(), both()[:1] * 20, media[:1] * 20)
    assert [path.name for path in paths] == [f"train-0000{n}-of-00002.parquet" for n in range(2)]
    files = [pq.ParquetFile(path).metadata for path in paths]
    assert [[m.row_group(n).num_rows for n in range(m.num_row_groups)] for m in files] == [[3, 3, 3, 3], [3, 3, 2]]
    assert len(read(paths, tmp_path)) == 20


def test_the_same_rows_give_the_same_bytes(tmp_path, media):
    first = [written(tmp_path / name, VideoRFTLayout(), both(), media)[1][0].read_bytes() for name in "ab"]
    assert first[0] == first[1]


def test_a_medium_that_went_away_is_one_clear_line(tmp_path, media):
    with pytest.raises(StoreError, match=r"cannot read .*gone.mp4: No such file or directory; it is to be embedded"):
        written(tmp_path, VideoRFTLayout(), both()[:1], [("video", str(tmp_path / "gone.mp4"))])
    assert not (tmp_path / "work" / "sft").exists()


def test_the_sets_of_a_run_hold_what_the_settings_say(place):
    place.settings(more="[sets.sft]\nembed = 8\n[sets.rl]\nembed = 0.00001\n")
    ran = place.run("run")
    assert ran.code == 0
    assert "rl, train: 3 rows hold a path only: their media are above sets.rl.embed" in ran.err
    rows = pq.read_table(place.work / "sft").to_pylist()
    clip = (place.folder / "media" / "clips" / "one.mp4").read_bytes()
    assert [row["video"]["bytes"] == clip for row in rows if row["video"]]
    picture = next(row["image"] for row in rows if row["image"])
    assert Pillow.open(io.BytesIO(picture["bytes"])).format == "JPEG"
    told = json.loads(pq.read_schema(next((place.work / "sft").iterdir())).metadata[b"huggingface"])
    assert told["info"]["features"]["video"] == {"_type": "Video"}
