"""The page: whatever rows and models say, it holds no element, attribute or address but our own."""

import json
import re
import warnings
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from curate import plots, webpage
from curate.examples import example, revision
from curate.filmstrips import Still, Strip
from curate.record import Kept, Rejected
from curate.report import TYPES, Report
from tests.markup import DRAWING, safe
from tests.records import THINKING, VIDEO, drafted, record, revised
from tests.test_findings import gathered, verdict

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "handler": '"><img src=x onerror=alert(1)>',
    "quote": "' onmouseover='alert(1)' x='",
    "drawing": "</text></svg></style></title><svg onload=alert(1)>",
    "cdata": "]]><!-- --><![CDATA[ <b>",
    "template": "{{ 7 * 7 }}{% for x in y %}",
    "formula": "$\\frac{1}{0}$",
    "control": "a\x00b\x1bc\x7fd\x85e\ud800f\ufeffg",
    "reversed": "abc\u202egnp.exe\u2066\u2069\u200e",
    "entity": "&lt;b&gt; &#0; &amp;",
    "colour": "#100001 url(#x) id= href=",
    "long": "<x>" * 350_000,
    "wide": "x" * 10**6,
}
STEPS = ("caption", "draft", "answer", "revise", "leak")


def told(text: str = "plain", rows: int = 3) -> dict:
    """A report in which everything that others write is this text."""
    medium = replace(VIDEO, sha256="a" * 64)
    fields = {"problem": text, "options": (text, text), "solution": f"<answer>{text}</answer>", "data_source": text}
    made = revised(drafted(record(path=text, medium=medium, **fields), f"{text} so {THINKING}", text), f"so {text}")
    raw = dict.fromkeys(("problem", "problem_type", "data_source", "path", "solution"), text) | {"options": [text]}
    report = Report((*STEPS, text[:99]))
    for n in range(rows):
        report.add(Kept(made) if n % 3 else Rejected(made.row, "leak", text[:99].replace(": ", " "), text, made))
    report.finish({text: 4, **{f"{text}{n}": 1 for n in range(30)}}, {"draft": text}, {"draft": "ab"})
    found = gathered(
        *(
            verdict(n, ("rejected", "leak", text[:99]), TYPES[n % 6], text, (("draft", 9 + n),), 50 * n)
            for n in range(rows)
        )
    ).told(STEPS)
    for drop in found["rejections"]:
        drop["examples"] = [example(None, made, repr(text), ""), example(raw, None, text, text[:99])]
    found["changes"]["examples"] = [revision(made)]
    spent = {"stage": text, "model": text, "calls": 1, "cost": 0.25}
    tokens = {"prompt_tokens": 10, "completion_tokens": 20, "cached_tokens": 0}
    report.more = {"sampled_every": 1, **found, "spent": [spent | tokens]}
    return json.loads(report.as_json())


STRIPS = {"a" * 64: Strip((Still("00:00:01", 8, 6, "data:image/jpeg;base64,/9j/"),))}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_texts(text):
    made = webpage.page(told(text), STRIPS | {"a" * 64: Strip(missing=text)})
    assert len(made) < 600_000
    page = safe(made)
    assert "on" not in {name[:2] for _, attributes in page.elements for name in attributes}
    assert "49" not in page.text.split()
    clean = safe(webpage.page(told(), STRIPS | {"a" * 64: Strip(missing="")}))
    told_apart = DRAWING | {"del", "ins"}  # of which there are as many as a text needs
    assert [e for e, _ in page.elements if e not in told_apart] == [e for e, _ in clean.elements if e not in told_apart]


def test_a_text_stands_there_as_it_was_said():
    said = "if a < b && c > d: “yes” — 'ok'"
    page = safe(webpage.page(told(said), STRIPS))
    assert page.text.count(said) > 8


def test_the_policy_allows_nothing_but_pictures_inside_the_page_and_styles():
    page = safe(webpage.page(told(), STRIPS))
    [policy] = [meta["content"] for meta in page.named("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_every_section_is_there_and_every_link_leads_to_one():
    page = safe(webpage.page(told(), STRIPS))
    targets = [link["href"][1:] for link in page.named("a")]
    assert targets == [section["id"] for section in page.named("section")]
    assert len(targets) == 8


def grouped(name="STAR", **wish):
    return {"group": name, **wish, "there": 5, "taken": 4, "rl": 3, "sft": 2}


def test_the_mix_stands_there_where_one_was_asked_for():
    groups = [grouped(rows=9), grouped("image", weight=2.5), grouped("all others")]
    made = webpage.page(told() | {"mix": groups}, STRIPS)
    page = safe(made)
    assert [section["id"] for section in page.named("section")].index("mix") == 3
    assert "#mix" in [link["href"] for link in page.named("a")]
    assert len(page.named("svg")) == 5
    part = made[made.index('<section id="mix">') : made.index('<section id="lengths">')]
    assert ">4 (−4)</text>" in part
    assert '<td class="n">9</td><td class="n">5</td><td class="n"><b>4</b></td>' in part
    assert '<td class="n">weight 2.5</td>' in part
    assert "#mix" not in webpage.page(told(), STRIPS)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_group_is_a_text(text):
    made, clean = (safe(webpage.page(told() | {"mix": [grouped(name, rows=9)]}, STRIPS)) for name in (text, "plain"))
    assert [e for e, _ in made.elements if e not in DRAWING] == [e for e, _ in clean.elements if e not in DRAWING]


def test_of_many_groups_the_table_tells_all():
    groups = [grouped(f"group {number:02}", rows=7) for number in range(webpage.GROUPS + 1)]
    page = webpage.page(told() | {"mix": groups}, STRIPS)
    drawn = page[page.index("<svg", page.index('id="mix"')) : page.index("</svg>", page.index('id="mix"'))]
    assert [f"group {webpage.GROUPS - 1}" in drawn, f"group {webpage.GROUPS}" in drawn] == [True, False]
    assert f"group {webpage.GROUPS}" in safe(page).text


def test_pictures_have_texts_beside_them():
    page = safe(webpage.page(told(), STRIPS))
    frames = page.named("img")
    assert frames
    assert {frame["alt"] for frame in frames} == {"Frame at 00:00:01"}
    assert {frame["src"] for frame in frames} == {"data:image/jpeg;base64,/9j/"}
    drawings = [div for div in page.named("div") if div.get("class") == "picture"]
    assert len(drawings) == len(page.named("svg")) == 4
    assert all(len(div["aria-label"]) > 30 and div["role"] == "img" for div in drawings)


def test_numbers_stand_right_in_every_table():
    page = safe(webpage.page(told(rows=2000), STRIPS))
    assert len([cell for cell in page.named("td") if cell.get("class") == "n"]) > 50
    assert "2,000" in page.text


def test_without_frames_the_page_says_so():
    page = safe(webpage.page(told(), {"a" * 64: Strip(missing="its frames cannot be shown: damaged")}))
    assert page.named("img") == []
    assert "No frames: its frames cannot be shown: damaged." in page.text
    assert "No frames: plain." in page.text


def test_an_unfinished_run_says_so_first():
    report = told()
    assert "not finished" not in webpage.page(report, {})
    page = safe(webpage.page(report | {"owed": 12, "failed": 3}, {}))
    assert "This run is not finished. 12 rows wait for an answer. 3 rows failed" in page.text


def test_what_is_left_out_of_the_rl_set_is_told():
    report = told() | {"left_out_of_rl": {"too easy <b>": {"OCR": 1200, "numerical": 34}}}
    assert "Not in rl, though usable: 1,234 rows, too easy <b>." in safe(webpage.page(report, STRIPS)).text


def test_rows_by_problem_type_are_those_that_are_in_the_sets():
    report = told() | {"left_out_of_rl": {"too easy": {"OCR": 1}, "in an evaluation set": {"OCR": 1, "numerical": 1}}}
    kept = report["steps"][0]["kept"]
    assert {kind["name"]: kind["rl"] for kind in webpage._kinds(report)} == {
        name: count - {"OCR": 2, "numerical": 1}.get(name, 0) for name, count in kept.items()
    }


def test_an_empty_run_has_a_page():
    report = Report(STEPS)
    found = gathered().told(STEPS)
    found["changes"]["examples"] = []
    report.more = {"sampled_every": 1, **found, "spent": []}
    page = safe(webpage.page(json.loads(report.as_json()), {}))
    assert len(page.named("svg")) == 1
    for line in ("None was.", "No row has a thinking yet.", "No row was revised yet.", "Nothing was asked yet."):
        assert line in page.text


def test_the_same_report_gives_the_same_bytes():
    assert webpage.page(told(), STRIPS) == webpage.page(told(), STRIPS)


def test_a_users_own_settings_for_drawing_change_nothing():
    import matplotlib

    plain = plots.waterfall([("draft", 3, 1)], 4)
    with matplotlib.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.linewidth": 9}):
        assert plots.waterfall([("draft", 3, 1)], 4) == plain
        assert matplotlib.rcParams["font.size"] == 30


@pytest.mark.parametrize("many", [1, 3, 40])
def test_drawings_are_sound_whatever_the_numbers(many):
    names = [(f"step {n}", 10**n % 10**7, n) for n in range(many)]
    histogram = {"histogram": [0] * (many - 1) + [many]}
    stages = {"draft": {"OCR": histogram}, "revise": {"OCR": histogram, "numerical": histogram}}
    for drawn in (
        plots.waterfall(names, 10**7),
        plots.rejections([(name, {"OCR": n, "numerical": 1}) for name, n, _ in names]),
        plots.lengths([2 * n for n in range(many + 1)], stages),
        plots.changes([n / many for n in range(many + 1)], [0] * many),
    ):
        root = ElementTree.fromstring(drawn)
        assert root.get("viewBox")
        assert "#1000" not in drawn
        assert "var(--" in drawn
    assert ">$x^2$ &lt;b&gt;</text>" in plots.waterfall([("$x^2$ <b>", 1, 0)], 1)


def test_rare_reasons_are_left_to_the_table():
    report = told()
    drop = report["rejections"][0]
    drops = [drop | {"reason": f"reason {n:02}", "rows": n} for n in range(40)]
    page = webpage.page(report | {"rejections": drops}, STRIPS)
    drawn = page[page.index("<svg", page.index('id="dropped"')) : page.index("</svg>", page.index('id="dropped"'))]
    assert ["reason 39" in drawn, "reason 21" in drawn] == [True, False]
    text = safe(page).text
    assert "reason 00" in text
    assert "22 more reasons (231 rows) stand in the table only, which has all of them." in text
    assert "in the table only" not in safe(webpage.page(report | {"rejections": drops[:18]}, STRIPS)).text
    assert "1 more reason (1 row) stands in the table only" in (
        safe(webpage.page(report | {"rejections": [*drops[1:19], drops[19]]}, STRIPS)).text
    )


def test_groups_of_a_mix_beyond_those_drawn_are_told_of():
    group = {"rows": 9, "there": 5, "taken": 5, "sft": 1, "rl": 2}
    groups = [{"group": f"group {n:02}", **group} for n in range(42)]
    text = safe(webpage.page(told() | {"mix": groups}, STRIPS)).text
    assert "group 41" in text
    assert "Drawn are the first groups. 2 more stand in the table only" in text
    assert "in the table only" not in safe(webpage.page(told() | {"mix": groups[:40]}, STRIPS)).text


@pytest.mark.parametrize("name", ["W" * 60, "漢" * 60, "x" * 60, "x"])
def test_no_label_of_a_drawing_is_clipped_and_none_warns(name):
    letter = {"W": 8.9, "漢": 9.0}.get(name[0], 5.4)  # points, at size 9
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawings = [
            plots.rejections([(name, dict.fromkeys(TYPES, 3))]),
            plots.mix([(name, 3, 2, 1)]),
            plots.waterfall([(name, 3, 1)], 4),
        ]
    for drawn in drawings:
        width = float(ElementTree.fromstring(drawn).get("viewBox", "").split()[2])
        texts = re.findall(r'<text [^>]*?text-anchor: (\w+)[^>]*? x="([\d.-]+)"[^>]*>([^<]*)', drawn)
        assert len(texts) == drawn.count("<text ")
        for anchor, x, text in texts:
            if anchor == "end":
                assert float(x) > letter * len(text.rstrip("…")), text
            else:
                assert float(x) + 5.4 * len(text) < width, text
