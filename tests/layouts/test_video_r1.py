from curate.layout import Layout
from curate.layouts.video_r1 import VideoR1Layout
from curate.layouts.videorft import VideoRFTLayout
from curate.plugin import find
from tests.records import drafted, record


def test_it_is_found_by_its_name():
    assert find(Layout, "video-r1") is VideoR1Layout


def test_the_problem_stands_as_it_came_and_the_options_apart():
    row = VideoR1Layout().row(record())
    assert row.problem == "Where does the cup end up?"
    assert row.options == ("A. On the table", "B. In the sink")


def test_all_other_columns_are_those_of_videorft():
    for made in (record(), drafted(record())):
        ours, theirs = (layout.row(made).model_dump() for layout in (VideoR1Layout(), VideoRFTLayout()))
        assert list(ours) == list(theirs)
        assert {k: v for k, v in ours.items() if k != "problem"} == {k: v for k, v in theirs.items() if k != "problem"}
