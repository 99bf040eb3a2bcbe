import json
import subprocess
from dataclasses import replace

import pyarrow
import pyarrow.parquet
import pytest
from pydantic import ValidationError

from curate.errors import SettingsError
from curate.evaluations import evaluated, question
from curate.filters.overlap import OverlapFilter
from curate.settings import load
from tests.records import VIDEO, record

ROWS = [{"problem": "Where does the cup end up?", "options": ["A. On the table", "B. In the sink"]}]


@pytest.fixture
def written(tmp_path):
    def write(name, rows):
        path = tmp_path / name
        if path.suffix == ".parquet":
            pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
        elif path.suffix == ".jsonl":
            path.write_text("\n".join(map(json.dumps, rows)))
        else:
            path.write_text(json.dumps(rows))
        return path

    return write


@pytest.mark.parametrize("name", ["eval.json", "eval.jsonl", "eval.parquet"])
def test_a_question_of_an_evaluation_set_is_dropped_from_every_format(written, name):
    rule = OverlapFilter(files=(written(name, ROWS),))
    assert rule.reason(record()) == f"question in an evaluation set: {name}"
    assert rule.reason(record(problem="Where does the plate end up?")) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"problem": "where does  the cup end up"},
        {"options": ("A. in the sink", "B. on the table.")},
        {"options": ("(A) On the table", "(B) In the sink")},
        {"problem": "Where does the cup end up?\nOptions:\nA. On the table\nB. In the sink"},
        {"problem": "Ｗhere does the cup end up?"},
    ],
    ids=["case and blanks", "order", "labels", "inside the problem", "width"],
)
def test_the_same_question_in_other_clothes(written, changes):
    assert OverlapFilter(files=(written("e.json", ROWS),)).reason(record(**changes)) is not None


@pytest.mark.parametrize("changes", [{"options": ("A. On the table", "B. On the floor")}, {"options": ()}])
def test_other_options_make_another_question(written, changes):
    assert OverlapFilter(files=(written("e.json", ROWS),)).reason(record(**changes)) is None


def test_a_medium_by_its_hash_from_a_column_or_a_list(written, tmp_path):
    hashed = "ab" * 32
    column = written("e.json", [{"problem": "Other?", "sha256": hashed.upper()}])
    film = tmp_path / "film.mp4"
    film.write_bytes(b"pixels")
    listed = tmp_path / "e.sha256"
    listed.write_text(subprocess.run(["sha256sum", "film.mp4"], cwd=tmp_path, capture_output=True, text=True).stdout)
    rule = OverlapFilter(files=(column, listed))
    assert rule.reason(record(medium=replace(VIDEO, sha256=hashed))) == "medium in an evaluation set: e.json"
    digest = listed.read_text()[:64]
    assert rule.reason(record(medium=replace(VIDEO, sha256=digest))) == "medium in an evaluation set: e.sha256"
    assert rule.reason(record()) is None
    assert OverlapFilter(files=(column,), media=False).reason(record(medium=replace(VIDEO, sha256=hashed))) is None


def test_either_kind_can_be_left_out(written):
    assert OverlapFilter(files=(written("e.json", ROWS),), questions=False).reason(record()) is None


def test_the_files_are_read_once(written):
    path = written("e.json", ROWS)
    rule = OverlapFilter(files=(path,))
    assert rule.reason(record()) is not None
    path.write_text("[]")
    assert rule.reason(record()) is not None
    assert evaluated.cache_info().hits > 0


def test_the_settings_see_when_a_file_changes(written):
    path = written("e.json", ROWS)
    before = OverlapFilter(files=(path,)).model_dump(mode="json")
    written("e.json", ROWS * 2)
    assert OverlapFilter(files=(path,)).model_dump(mode="json") != before


@pytest.mark.parametrize("text", ["[]", '[{"name": 1}]', "no json", "[1, 2]", '[{"problem": 3}]'])
def test_a_file_without_questions_is_a_mistake(tmp_path, text):
    path = tmp_path / "e.json"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"e\.json"):
        OverlapFilter(files=(path,))


def test_a_list_of_hashes_that_is_none(tmp_path):
    path = tmp_path / "e.sha256"
    path.write_text("ab" * 32 + "  film.mp4\nfilm.mp4\n")
    with pytest.raises(SettingsError, match="line 2"):
        OverlapFilter(files=(path,))


def test_a_missing_file_is_known_before_the_run(tmp_path):
    with pytest.raises(ValidationError, match="there is no file"):
        OverlapFilter(files=(tmp_path / "none.json",))
    with pytest.raises(ValidationError):
        OverlapFilter(files=())


def test_paths_are_relative_to_the_settings_and_it_may_stand_before_every_stage(written, tmp_path):
    written("e.json", ROWS)
    settings = tmp_path / "curate.toml"
    settings.write_text(
        'steps = ["overlap", "caption", "draft"]\n[input]\nfiles = ["q.json"]\nmedia_root = "media"\n'
        '[models.m]\nprovider = "openai"\nmodel = "m"\n[stages.caption]\nmodel = "m"\n[stages.draft]\nmodel = "m"\n'
        '[filters.overlap]\nfiles = ["e.json"]\n'
    )
    assert load(settings).filters["overlap"].reason(record()) is not None


def test_what_a_question_is_compared_by_depends_on_no_order():
    asked = question("Which? ", ["C. Red", "A. Blue", "B. Dark green"])
    assert asked == '["which", "blue", "dark green", "red"]'


@pytest.mark.parametrize("hostile", ["$x {0}", "\ud800", "A. B. C.", "\n\n", ""])
def test_any_text_has_a_name(hostile):
    assert isinstance(json.loads(question(hostile, [hostile])), list)


def test_options_in_the_problem_or_apart_are_one_question():
    inside = "What does he do?\nOptions:\nA. Run\nB. Walk"
    assert (
        question(inside, ()) == question("What does he do?", ("A. Run", "B. Walk")) == question(inside, ("Walk", "Run"))
    )
    assert question("Is it A. or B.?", ()) != question("Is it?", ("A", "B"))


@pytest.mark.parametrize("options", [["A. Run", "B. Walk"], {"A": "Run", "B": "Walk"}, "A. Run\nB. Walk", None])
def test_evaluation_sets_keep_their_options_in_many_ways(tmp_path, options):
    problem = "What does he do?" + ("" if options else "\nA. Run\nB. Walk")
    file = tmp_path / "eval.json"
    file.write_text(json.dumps([{"problem": problem, "options": options}]))
    found = OverlapFilter(files=(file,)).reason(record(problem="What does he do?", options=("A. Run", "B. Walk")))
    assert found == "question in an evaluation set: eval.json"


SHA = "cd" * 32
ASKED = {"problem": "What is in the picture?", "options": []}
LONG = {"problem": "What does the woman in the green hat hand to the boy at the bus stop?", "options": []}
CHOICE = {"problem": "Is it day?", "options": ["A. yes", "B. no"]}


def overlaps(written, rows, path="./x/mine.mp4", sha256=VIDEO.sha256, name="e.json", **options):
    rule = OverlapFilter(files=(written(name, rows),), **options)
    row = rows[0]
    medium = replace(VIDEO, sha256=sha256)
    asked = record(problem=row["problem"], options=tuple(row["options"]), medium=medium, path=path)
    return rule.reason(asked)


@pytest.mark.parametrize(
    "about",
    [
        [{"sha256": SHA}],
        [{"path": "./eval/other.mp4"}],
        [{"sha256": SHA, "path": "other.mp4"}, {"sha256": "ef" * 32, "path": "third.mp4"}],
    ],
)
def test_words_that_fit_any_picture_are_no_overlap_where_the_pictures_are_others(written, about):
    assert overlaps(written, [ASKED | of for of in about]) is None


@pytest.mark.parametrize(
    ("rows", "changes"),
    [
        ([ASKED], {}),
        ([ASKED | {"sha256": SHA}, ASKED], {}),
        ([ASKED | {"sha256": SHA}], {"media": False}),
        ([ASKED | {"path": "eval/a/MINE.mp4"}], {}),
        ([ASKED | {"sha256": SHA, "path": "C:\\eval\\mine.mp4"}], {}),
        ([LONG | {"sha256": SHA}], {}),
        ([CHOICE | {"sha256": SHA}], {}),
        ([CHOICE | {"sha256": SHA, "path": "a.mp4"}, CHOICE | {"path": "a.mp4"}], {}),
    ],
    ids=[
        "anything",
        "anything too",
        "by question alone",
        "name",
        "name and hash",
        "long",
        "options",
        "one medium twice",
    ],
)
def test_what_may_be_the_very_question_is_an_overlap(written, rows, changes):
    assert overlaps(written, rows, **changes) == "question in an evaluation set: e.json"


@pytest.mark.parametrize("row", [LONG, CHOICE])
def test_a_question_that_the_evaluation_set_asks_of_several_media_goes_by_its_medium(written, row):
    rows = [row | {"path": "a.mp4"}, row | {"path": "b.mp4"}]
    assert overlaps(written, rows) is None
    assert overlaps(written, rows, path="./train/b.mp4") == "question in an evaluation set: e.json"
    hashed = [of | {"sha256": SHA} for of in rows]
    assert overlaps(written, hashed, sha256=SHA, name="f.json") == "medium in an evaluation set: f.json"


def test_a_question_in_two_files_is_not_of_several_media(written):
    files = written("e.json", [LONG | {"path": "a.mp4"}]), written("f.json", [LONG | {"sha256": SHA}])
    asked = record(problem=LONG["problem"], options=())
    assert OverlapFilter(files=files).reason(asked) == "question in an evaluation set: e.json"


@pytest.mark.parametrize(
    ("problem", "brief"), [("图片里有什么？", True), ("戴绿帽子的女人在公共汽车站把什么东西交给了男孩？", False)]
)
def test_chinese_words_are_counted(written, problem, brief):
    row = {"problem": problem, "options": [], "sha256": SHA}
    assert (overlaps(written, [row]) is None) is brief
