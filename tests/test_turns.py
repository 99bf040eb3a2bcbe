import pytest

from curate.layout import rooted
from curate.turns import unmarked


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Where is it?", "Where is it?"),
        ("<image>\nWhere?", "Where?"),
        ("<image> <video>\n Where?\n<audio>", "Where?"),
        ("Between <image> and <video>", "Between [image] and"),
        ("<<image>>", "<[image]>"),
        ("<ima<image>ge>", "<ima[image]ge>"),
        ("<think>a < b > c</think>", "<think>a < b > c</think>"),
        ("<IMAGE>", "<IMAGE>"),
        ("<image>", ""),
        (" <image>" * 150_000 + "x" + "<video> " * 150_000, "x"),
    ],
)
def test_markers_are_taken_out(text, plain):
    assert unmarked(text) == plain


@pytest.mark.parametrize(
    ("path", "prefix", "found"),
    [
        ("./a/b.mp4", None, "./a/b.mp4"),
        ("a/b.mp4", None, "./a/b.mp4"),
        ("./a/b.mp4", "/data", "/data/a/b.mp4"),
        ("a/b.mp4", "/data/", "/data/a/b.mp4"),
        ("./a/b.mp4", "", "a/b.mp4"),
        ("./a/b.mp4", "/", "/a/b.mp4"),
        ("./a/b.mp4", "s3://bucket/x", "s3://bucket/x/a/b.mp4"),
        (".//a/b.mp4", "/data", "/data/a/b.mp4"),
    ],
)
def test_media_stand_below_the_prefix(path, prefix, found):
    assert rooted(path, prefix) == found
