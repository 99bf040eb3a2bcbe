import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Features, Image, List, Value

from curate.holdings import Split, holdings
from curate.layouts.videorft import VideoRFTLayout
from curate.shards import Publication
from tests.records import drafted, record


def written(folder, name, table, **options):
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / name, **options)


def held_of(tmp_path, schema):
    written(tmp_path / "sft", "train-00000-of-00001.parquet", schema.empty_table())
    [held] = holdings(tmp_path, ["sft"])
    return held


def test_splits_rows_and_sizes_are_read_from_the_files(tmp_path):
    rows = pa.table({"problem": ["a" * 1000, "b" * 1000, "c"]})
    written(tmp_path / "rl", "train-00000-of-00002.parquet", rows)
    written(tmp_path / "rl", "train-00001-of-00002.parquet", rows.slice(0, 1))
    written(tmp_path / "rl", "validation-00000-of-00001.parquet", rows.slice(1, 1))
    written(tmp_path / "rl", "a-00000-of-00001.parquet", rows.slice(1, 1))
    (tmp_path / "rl" / "notes.txt").write_text("nothing of ours")
    [held] = holdings(tmp_path, ["rl"])
    sizes = {path.name[:8]: path.stat().st_size for path in (tmp_path / "rl").glob("validation-*")}
    assert [split.name for split in held.splits] == ["train", "validation", "a"]
    assert [split.rows for split in held.splits] == [4, 1, 1]
    assert held.rows == 6
    assert held.splits[1].file_bytes == sizes["validati"]
    assert held.splits[0].row_bytes > 3000
    assert held.features == ({"name": "problem", "dtype": "string"},)


def test_what_a_publication_holds_is_known_before_it_takes_its_place(tmp_path):
    layout = VideoRFTLayout()
    with Publication(tmp_path / "work") as publication:
        sft = publication.writer("sft", layout.sft, 2)
        publication.writer("rl", layout.graded)
        for _ in range(5):
            sft.add(layout.row(drafted(record())))
        held = {holding.name: holding for holding in holdings(publication.finished(), ["sft", "rl"])}
    assert held["sft"].splits[0].rows == 5
    assert held["rl"].splits == (Split("train", 0, held["rl"].splits[0].file_bytes, 0),)
    assert held["rl"].features[-1] == {"name": "pass_rate", "dtype": "float64"}
    assert len(list((tmp_path / "work" / "sft").iterdir())) == 3


def test_columns_are_said_as_the_real_library_says_them(tmp_path):
    features = Features(
        {
            "number": Value("int64"),
            "flag": Value("bool"),
            "share": Value("float64"),
            "options": List(Value("string")),
            "messages": List({"role": Value("string"), "content": List({"type": Value("string")})}),
            "nested": List(List(Value("int64"))),
            "one": {"a": Value("string"), "b": List(Value("string"))},
        }
    )
    held = held_of(tmp_path, pa.schema(features.type))
    assert list(held.features) == features._to_yaml_list()
    assert Features._from_yaml_list([dict(column) for column in held.features]) == features


def test_files_with_features_of_their_own_speak_for_themselves(tmp_path):
    assert held_of(tmp_path, Features({"image": Image()}).arrow_schema).features is None


def test_a_type_without_a_name_leaves_the_columns_unsaid(tmp_path):
    assert held_of(tmp_path, pa.schema({"a": pa.string(), "when": pa.duration("s")})).features is None
    assert held_of(tmp_path, pa.schema({"a": pa.list_(pa.duration("s"))})).features is None
    assert held_of(tmp_path, pa.schema({"a": pa.struct({"b": pa.duration("s")})})).features is None
