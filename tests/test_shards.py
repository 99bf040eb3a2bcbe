import hashlib
import itertools
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from curate.columns import clean, schema
from curate.errors import SettingsError, StoreError
from curate.record import Failed, Output, Owed, Rejected
from curate.shards import Publication, RejectedRow
from tests.records import record

ROOT = Path(__file__).parent.parent


class Row(Output):
    number: int
    text: str
    maybe: str | None = None
    count: int | None = None
    parts: tuple[str, ...] = ()


def rows(count, start=0):
    return [Row(number=i, text=f"row {i}", parts=("a", str(i))) for i in range(start, start + count)]


def published(work, name="sft", content=(), rows_per_shard=50_000):
    with Publication(work) as publication:
        writer = publication.writer(name, Row, rows_per_shard)
        for row in content:
            writer.add(row)
        publication.text("report.json", "{}\n")
    return sorted(path.name for path in (work / name).iterdir())


def digests(work):
    files = sorted(path for path in work.rglob("*") if path.is_file())
    return {str(p.relative_to(work)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_rows_come_back_in_order(tmp_path):
    content = [*rows(3), Row(number=2**63 - 1, text="ümläut 猫", maybe="x", count=-5)]
    assert published(tmp_path, content=content) == ["train-00000-of-00001.parquet"]
    table = pq.read_table(tmp_path / "sft")
    assert table.to_pylist() == [row.model_dump() | {"parts": list(row.parts)} for row in content]


@pytest.mark.parametrize(
    ("count", "per_shard", "sizes"),
    [(0, 10, [0]), (10, 10, [10]), (11, 10, [10, 1]), (2500, 2500, [2500]), (3600, 1500, [1500, 1500, 600])],
)
def test_shards_and_row_groups(tmp_path, count, per_shard, sizes):
    names = published(tmp_path, content=rows(count), rows_per_shard=per_shard)
    assert names == [f"train-{i:05d}-of-{len(sizes):05d}.parquet" for i in range(len(sizes))]
    files = [pq.ParquetFile(tmp_path / "sft" / name) for name in names]
    assert [file.metadata.num_rows for file in files] == sizes
    for file in files:
        groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        assert all(size == 1000 for size in groups[:-1])
        assert all(size <= 1000 for size in groups)
        assert file.schema_arrow.names == ["number", "text", "maybe", "count", "parts"]
    numbers = [n for file in files for n in file.read().column("number").to_pylist()]
    assert numbers == list(range(count))


def test_columns_are_compressed_with_zstd(tmp_path):
    published(tmp_path, content=rows(10))
    group = pq.ParquetFile(tmp_path / "sft/train-00000-of-00001.parquet").metadata.row_group(0)
    assert {group.column(i).compression for i in range(group.num_columns)} == {"ZSTD"}


def test_a_writer_counts_its_rows(tmp_path):
    with Publication(tmp_path) as publication:
        writer = publication.writer("sft", Row)
        for row in rows(1234):
            writer.add(row)
        assert writer.rows == 1234


def test_rows_leave_memory_with_every_row_group(tmp_path):
    with Publication(tmp_path) as publication:
        writer = publication.writer("sft", Row)
        sizes = []
        for row in rows(3000):
            writer.add(Row(number=row.number, text=hashlib.sha256(row.text.encode()).hexdigest() * 20))
            sizes.append(sum(p.stat().st_size for p in (tmp_path / ".new").rglob("*.parquet")))
    assert sizes[998] < 100
    assert sizes[999] < sizes[1999] < sizes[2999]
    assert sizes[1000] == sizes[1998]


def test_the_same_rows_give_the_same_bytes(tmp_path):
    for folder in ("a", "b"):
        published(tmp_path / folder, content=rows(2345), rows_per_shard=1000)
    first = digests(tmp_path / "a")
    assert first == digests(tmp_path / "b")
    assert len(first) == 4
    published(tmp_path / "a", content=rows(2345), rows_per_shard=1000)
    assert digests(tmp_path / "a") == first


def test_half_characters_do_not_stop_it(tmp_path):
    # Rows made without validation can hold them.
    published(tmp_path, content=[Row.model_construct(number=1, text="a\ud83d", parts=("\udc00",))])
    row = pq.read_table(tmp_path / "sft").to_pylist()[0]
    assert (row["text"], row["parts"]) == ("a?", ["?"])
    assert clean("né\ud800\x00") == "né?\x00"


def test_text(tmp_path):
    with Publication(tmp_path) as publication:
        publication.text("README.md", "Käse\ud800\n")
    assert (tmp_path / "README.md").read_bytes() == "Käse?\n".encode()


def test_nothing_is_published_before_the_end(tmp_path):
    published(tmp_path, content=rows(3))
    before = digests(tmp_path)
    with Publication(tmp_path) as publication:
        publication.writer("sft", Row).add(rows(1)[0])
        publication.text("report.json", "new")
        assert {name: digest for name, digest in digests(tmp_path).items() if ".new" not in name} == before


def collect_and_fail(work, error):
    with Publication(work) as publication:
        writer = publication.writer("sft", Row)
        for row in rows(1500):
            writer.add(row)
        publication.text("report.json", "new")
        raise error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_changes_nothing(tmp_path, error):
    published(tmp_path, content=rows(3))
    before = digests(tmp_path)
    with pytest.raises(error):
        collect_and_fail(tmp_path, error)
    assert digests(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.json", "sft"]


def test_a_new_set_replaces_the_whole_old_one(tmp_path):
    assert len(published(tmp_path, content=rows(30), rows_per_shard=10)) == 3
    assert published(tmp_path, content=rows(5)) == ["train-00000-of-00001.parquet"]
    assert pq.read_table(tmp_path / "sft").num_rows == 5


def test_other_files_and_sets_stay(tmp_path):
    (tmp_path / "journal.sqlite").write_text("paid for")
    published(tmp_path, "rl", rows(2))
    published(tmp_path, "sft", rows(1))
    assert (tmp_path / "journal.sqlite").read_text() == "paid for"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["journal.sqlite", "report.json", "rl", "sft"]


def test_leftovers_of_a_killed_run_are_removed(tmp_path):
    for name in (".new", ".old"):
        (tmp_path / name / "sft").mkdir(parents=True)
        (tmp_path / name / "sft" / "00000.parquet").write_text("half")
    published(tmp_path, content=rows(1))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.json", "sft"]


@pytest.mark.parametrize("name", ["../sft", "journal.sqlite", "", "SFT", ".new", "a/b"])
def test_a_set_must_have_a_plain_name(tmp_path, name):
    with pytest.raises(SettingsError, match="a set's name"), Publication(tmp_path) as publication:
        publication.writer(name, Row)


def test_a_folder_that_is_no_set_is_never_replaced(tmp_path):
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "a.mp4").write_text("precious")
    with (
        pytest.raises(SettingsError, match=r"media is no set, it has 'a.mp4'"),
        Publication(tmp_path) as publication,
    ):
        publication.writer("media", Row)
    assert (tmp_path / "media" / "a.mp4").read_text() == "precious"


def test_a_file_in_the_place_of_a_set(tmp_path):
    (tmp_path / "sft").write_text("precious")
    with pytest.raises(SettingsError, match="is no set"), Publication(tmp_path) as publication:
        publication.writer("sft", Row)
    assert (tmp_path / "sft").read_text() == "precious"


def test_rejected_rows():
    made = record(problem_id=3)
    outcomes = [
        Rejected(made.row, "leak", "exact time", "'at 0:15'", made),
        Rejected(["no", "row"], "input", "not a row", "half \ud83d"),
        Failed(made, "draft", "unreadable reply", "no JSON"),
        Owed(made, "revise", "timed out"),
        Owed(made, "revise"),
    ]
    found = [RejectedRow.of(outcome) for outcome in outcomes]
    assert [(r.problem_id, r.step, r.reason, r.detail) for r in found] == [
        (3, "leak", "exact time", "'at 0:15'"),
        (None, "input", "not a row", "half ?"),
        (3, "draft", "unreadable reply", "no JSON"),
        (3, "revise", "not answered yet", "timed out"),
        (3, "revise", "not answered yet", ""),
    ]
    assert json.loads(found[0].row)["options"] == ["A. On the table", "B. In the sink"]
    assert json.loads(found[1].row) == ["no", "row"]
    assert schema(RejectedRow).names == ["problem_id", "step", "reason", "detail", "row"]


# A whole publication of two sets whose rows all say which one it is.
PUBLISH = """
import sys
from pathlib import Path
from curate.layout import RLRow
from curate.shards import Publication

def publish(work, generation, rows_per_shard=2):
    with Publication(work) as publication:
        for name in ("rl", "sft"):
            writer = publication.writer(name, RLRow, rows_per_shard)
            for i in range(3 + generation % 2 * 2):
                writer.add(RLRow(problem_id=generation, problem="p" * 9999, data_type="video",
                                 problem_type="OCR", options=(), solution="s", path="p", data_source="d"))
        publication.text("report.json", str(generation))
"""
FOREVER = (
    PUBLISH
    + """
generation = int(sys.argv[2])
while True:
    publish(Path(sys.argv[1]), generation)
    print("published", flush=True)
    generation += 1
"""
)
# Ends like a killed process at the n-th change of the file tree that matters.
AT_STEP = (
    PUBLISH
    + """
import os
left = int(sys.argv[3])
def hook(event, args):
    global left
    if event in ("os.rename", "os.remove", "os.rmdir", "shutil.rmtree"):
        left -= 1
        if left < 0:
            os._exit(9)
sys.addaudithook(hook)
publish(Path(sys.argv[1]), int(sys.argv[2]), rows_per_shard=9)
"""
)


def python(code, *args, **options):
    command = [sys.executable, "-c", code, *map(str, args)]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, **options)


def generation_of(folder):
    """The generation of a set, which must be whole."""
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"train-{i:05d}-of-{len(names):05d}.parquet" for i in range(len(names))]
    numbers = [n for name in names for n in pq.read_table(folder / name).column("problem_id").to_pylist()]
    assert len(set(numbers)) == 1
    assert len(numbers) == 3 + numbers[0] % 2 * 2
    return numbers[0]


def check_whole(work, allowed):
    """What lies in place is whole; after the next run, even a failed one, all is there and of one age."""
    for name in ("rl", "sft"):
        if (work / name).exists():
            assert generation_of(work / name) in allowed
    with pytest.raises(RuntimeError), Publication(work):
        raise RuntimeError
    ages = {generation_of(work / "rl"), generation_of(work / "sft"), int((work / "report.json").read_text())}
    assert len(ages) == 1
    assert ages <= allowed
    assert sorted(p.name for p in work.iterdir()) == ["report.json", "rl", "sft"]
    return ages.pop()


def test_a_process_that_ends_at_any_step_leaves_old_or_new(tmp_path):
    assert python(AT_STEP, tmp_path, 0, 10**6).wait() == 0
    ages, ended = [0], 9
    while ended == 9:
        ended = python(AT_STEP, tmp_path, ages[-1] + 1, len(ages) - 1).wait()
        ages.append(check_whole(tmp_path, {ages[-1], ages[-1] + 1}))
    published = [after > before for before, after in itertools.pairwise(ages)]
    assert published == sorted(published)
    assert published.count(False) >= 3
    assert published.count(True) >= 3


def test_a_killed_process_leaves_whole_sets(tmp_path):
    dice = random.Random(5)
    age = -1
    for _ in range(8):
        process = python(FOREVER, tmp_path, age + 1, stdout=subprocess.PIPE)
        with process:
            assert process.stdout.readline() == b"published\n"
            time.sleep(dice.random() * 0.15)
            process.send_signal(signal.SIGKILL)
        age = check_whole(tmp_path, set(range(age + 1, age + 1000)))


FULL = (
    PUBLISH
    + """
import resource
from curate.errors import StoreError
publish(Path(sys.argv[1]), 0)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    publish(Path(sys.argv[1]), 1)
except StoreError as error:
    sys.exit(str(error))
"""
)


@pytest.mark.parametrize("limit", [0, 3, 50, 500, 1000])
def test_a_full_disk_is_one_clear_line(tmp_path, limit):
    process = python(FULL, tmp_path, limit, stderr=subprocess.PIPE, text=True)
    said = process.communicate()[1]
    assert process.returncode == 1
    assert said == (
        "cannot write rl/train-00000.parquet in the work folder: File too large; make room on the disk and run again\n"
    )
    assert check_whole(tmp_path, {0}) == 0


def write_text_on_a_full_disk(work):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with Publication(work) as publication:
            publication.text("README.md", "x" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_under_a_text(tmp_path):
    published(tmp_path, content=rows(1))
    before = digests(tmp_path)
    with pytest.raises(StoreError, match=r"^cannot write README\.md in the work folder: File too large"):
        write_text_on_a_full_disk(tmp_path)
    assert digests(tmp_path) == before


def test_a_work_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    for work in (tmp_path / "file", tmp_path / "file" / "work"):
        with (
            pytest.raises(StoreError, match=r"^cannot write .*; check the disk and run again$"),
            Publication(work),
        ):
            pass


def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    superuser = os.geteuid() == 0  # who may write everywhere
    if superuser:
        os.seteuid(65534)
    try:
        with pytest.raises(StoreError, match="make the folder writable"), Publication(tmp_path):
            pass
    finally:
        if superuser:
            os.seteuid(0)
        tmp_path.chmod(0o700)


def test_pyarrow_is_not_loaded_before_it_is_needed():
    code = "import sys, curate.shards, curate.card; print([m for m in sys.modules if 'arrow' in m])"
    process = python(code, stdout=subprocess.PIPE, text=True)
    assert process.communicate()[0] == "[]\n"
