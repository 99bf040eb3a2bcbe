import json
from itertools import combinations
from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from curate.captions.templates import OUTPUTS, SOURCES, OwnTemplates, Template, chosen, plain
from curate.checks import checked
from curate.errors import SettingsError
from curate.stages.caption import Caption, CaptionStage
from tests.pictures import REPLIES

# The table of the paper's appendix D: template, data sources, fields of the metadata.
PUBLISHED = {
    "general": ("A-OKVQA ShareGPT4V", "objects text scene_context relations"),
    "clevr": ("CLEVR", "objects spatial_relations"),
    "stem": ("Geometry3K UniGeo AI2D", "primitives annotations measurements"),
    "ocr": ("TextVQA HME100k", "text_items"),
    "science": ("ScienceQA PMC-VQA ArxivQA", "panels"),
    "chart": ("DVQA PlotQA FigureQA", "chart_type axes series legend"),
    "math": ("Multimath-300K TQA", "equations diagram_parts givens"),
    "spatial": ("OpenSpaces Spacellava", "rooms_or_sections furniture annotations"),
}
LISTED = [(source, name) for name, (sources, _) in PUBLISHED.items() for source in sources.split()]


def own(**templates):
    return TypeAdapter(OwnTemplates).validate_python(templates)


def emptied(value):
    """The same object with every list empty, as for a picture that holds nothing of a kind."""
    if isinstance(value, dict):
        return {key: emptied(inner) for key, inner in value.items()}
    return [] if isinstance(value, list) else value


def test_there_are_eight_templates_and_each_has_an_output_and_sources():
    assert set(get_args(Template)) == set(OUTPUTS) == set(SOURCES) == set(PUBLISHED)
    assert len(set(OUTPUTS.values())) == 8


@pytest.mark.parametrize("template", PUBLISHED)
def test_a_record_has_exactly_the_published_fields(template):
    output = OUTPUTS[template]
    assert list(output.model_fields) == ["image_caption", "metadata"]
    assert list(output.model_fields["metadata"].annotation.model_fields) == PUBLISHED[template][1].split()


@pytest.mark.parametrize(("source", "template"), LISTED)
def test_every_published_source_has_its_template(source, template):
    assert chosen(source, {}) == template
    assert chosen(source.upper(), {}) == template
    assert chosen(f"{source.lower()}_train", {}) == template


@pytest.mark.parametrize(
    ("source", "template"),
    [
        ("a_okvqa", "general"),
        ("Multimath-300k", "math"),
        ("multimath", "math"),
        ("HME 100K", "ocr"),
        ("pmc_vqa", "science"),
        ("Uni-Geo", "stem"),
        ("geometry3k_train", "stem"),
        ("CLEVR-Math", "clevr"),
    ],
)
def test_the_spelling_of_a_source_does_not_matter(source, template):
    assert chosen(source, {}) == template


@pytest.mark.parametrize("source", ["", "-", "made", "QA", "Geometry", "my CLEVR", "chart", "数学"])
def test_any_other_source_has_the_general_template(source):
    assert chosen(source, {}) == "general"


def test_no_source_begins_with_another():
    names = [plain(name) for listed in SOURCES.values() for name in listed]
    assert all(a != b and not a.startswith(b) and not b.startswith(a) for a, b in combinations(names, 2))


def test_the_settings_add_sources_and_overrule_the_table():
    mine = own(**{"my-source": "chart", "CLEVR": "general", "数学": "math"})
    assert chosen("My Source", mine) == "chart"
    assert chosen("mysource_val", mine) == "chart"
    assert chosen("数学", mine) == "math"
    assert chosen("clevr", mine) == chosen("CLEVR_train", mine) == "general"
    assert chosen("Geometry3K", mine) == "stem"


def test_an_owner_on_the_hub_need_not_be_named():
    assert chosen("remyxai/OpenSpaces", {}) == chosen("remyxai/vqasynth_spacellava", {}) == "spatial"
    assert chosen("remyxai/OpenSpaces", own(remyxai="general")) == "general"
    assert chosen("a/b/c", {}) == chosen("/", {}) == "general"


def test_of_two_names_in_the_settings_the_longer_counts():
    mine = own(**{"scan": "ocr", "scan-plots": "chart", "geo": "spatial"})
    assert chosen("scan_plots_2", mine) == "chart"
    assert chosen("scans", mine) == "ocr"
    assert chosen("Geometry3K", mine) == "spatial"


@pytest.mark.parametrize(
    ("templates", "problem"),
    [
        ({"x": "table"}, "Input should be 'general', 'clevr', 'stem', "),
        ({"": "chart"}, "'' is no data source"),
        ({"- -": "chart"}, "'- -' is no data source"),
        ({"a\nb": "chart"}, "'a.nb' is no data source"),
        ({"A-B": "chart", "a_b": "ocr"}, "'A-B' and 'a_b' are one data source"),
        ("chart", "valid dictionary"),
    ],
)
def test_templates_that_cannot_be_meant(templates, problem):
    with pytest.raises(ValidationError, match=problem):
        TypeAdapter(OwnTemplates).validate_python(templates)


def test_a_template_that_is_not_known_is_one_line_that_names_the_known_ones():
    with pytest.raises(SettingsError) as caught:
        checked(CaptionStage, {"model": "m", "templates": {"my-source": "table"}}, "stages.caption")
    assert str(caught.value) == (
        "stages.caption.templates.my-source: Input should be 'general', 'clevr', 'stem', 'ocr', 'science', "
        "'chart', 'math' or 'spatial'"
    )


@pytest.mark.parametrize("shrunk", [lambda reply: reply, emptied], ids=["full", "empty"])
@pytest.mark.parametrize("template", PUBLISHED)
def test_a_record_is_read_back_as_what_it_was(template, shrunk):
    caption = Caption(described=OUTPUTS[template].model_validate(shrunk(REPLIES[template])))
    assert type(caption.described) is OUTPUTS[template]
    for again in (
        Caption.model_validate(caption.model_dump()),
        Caption.model_validate(caption.model_dump(mode="json")),
        Caption.model_validate_json(caption.model_dump_json()),
    ):
        assert again == caption
        assert type(again.described) is OUTPUTS[template]
    assert json.loads(caption.as_json) == shrunk(REPLIES[template])


@pytest.mark.parametrize("template", PUBLISHED)
def test_no_field_may_be_left_out(template):
    """A field with a default would let the record of one template pass for that of another."""
    schema = OUTPUTS[template].model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        assert part["required"] == list(part["properties"])
        assert part["additionalProperties"] is False


@pytest.mark.parametrize("template", PUBLISHED)
def test_no_template_takes_the_reply_of_another(template):
    for other, reply in REPLIES.items():
        for given in (reply, emptied(reply)):
            if other == template:
                assert OUTPUTS[template].model_validate(given)
            else:
                with pytest.raises(ValidationError):
                    OUTPUTS[template].model_validate(given)
