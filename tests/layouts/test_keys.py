"""Whatever the ending of a file, its rows have the same keys; what is None has one, too."""

import json

import pyarrow.parquet as pq
import pytest

from curate.files import RowFile
from curate.layout import Layout, Sparse
from curate.plugin import find, names
from tests.reading import both, thought

PLAIN = [layout for layout in names(Layout) if not find(Layout, layout).traced]


@pytest.mark.parametrize("layout", PLAIN)
@pytest.mark.parametrize("name", ["sft", "rl"])
def test_rows_have_the_same_keys_in_every_format(tmp_path, layout, name):
    plugin = find(Layout, layout)()
    form = plugin.form(name, graded=True)
    if form is None:
        return
    records = thought() if name == "sft" else [both()[0].model_copy(update={"pass_rate": 0.5}), *both()]
    for ending in ("json", "jsonl", "parquet"):
        with RowFile(tmp_path / f"x.{ending}", form) as file:
            for record in records:
                file.add(plugin.row(record))
    array = json.loads((tmp_path / "x.json").read_text())
    assert array == [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    absent = form.absent if issubclass(form, Sparse) else set()
    columns = pq.read_schema(tmp_path / "x.parquet").names
    for row in array:
        assert [key for key in columns if key in row or key not in absent] == list(row)
    told = [row.get("pass_rate", row.get("extra_info", {}).get("pass_rate", "nothing")) for row in array]
    assert name == "sft" or told == [0.5, None, None]
