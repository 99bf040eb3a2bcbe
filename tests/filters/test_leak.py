import time

import pytest

from curate.filters.leak import LeakFilter
from tests.records import THINKING, drafted, record, revised


def judged(thinking, **changes):
    return LeakFilter().reason(drafted(record(**changes), thinking))


LEAKS = {
    "names its source": [
        "Based on the provided descriptions, she is cooking.",
        "The caption says that the cup is red.",
        "According to the metadata, there are two.",
        "The key elements are a cup and a table.",
        "key_elements list a cup",
        "the chart_type is a bar chart",
        "its rooms_or_sections name a kitchen",
        "From the record, I see two cups.",
        "The record mentions a cup.",
        "According to the written record there are two.",
        "The text describes a kitchen.",
        "the provided text has a cup",
        "The video description tells me more.",
        "In the frame captions there is a cup.",
        "The image's caption is clear.",
        "Each of the captions differs.",
        "Captions mention a cup.",
        "Those descriptions agree.",
        "This description fits.",
        "The man is described as wearing a hat.",
        "As described, the cup is red.",
        "A second cup is not mentioned.",
        "There is no mention of a cup.",
        "the spatial_relations say so",
        "A hat [Uncertain] is there.",
        "The JSON has three items.",
        "Per the annotation, the object is a cup.",
        "The information given suggests a park.",
        "The visual details given list a clock.",
        "The observations listed include a van.",
        'Under "actions", it says running.',
        "The first segment (0-5 s) describes a cook.",
        "The account handed to me ends here.",
        "The input I received calls him a baker.",
        "From what is written, the cat is black.",
        "THE\n   CAPTION was clear.",
        "No mention is made of a hat.",
        "The details mention a hat.",
        "It isn't described what she does.",
        "According to what I have, there are two.",
        "There is no information about a hat in the text.",
        "Under notable features there is a stain.",
        "See the poster's text. The caption agrees.",
    ],
    "numbers a frame": [
        "In frame 3 she turns.",
        "in frame #2 she turns",
        "Frame 12: she turns",
        "frames 3-5 show it",
        "From frames 3 to 5 she turns",
        "in frame number 4",
        "In frame two she turns",
        "The third frame is dark.",
        "By the 12th frame it is dark.",
        "Across the frames described it is dark.",
        "The frame at 12 seconds has a cup.",
        "Frame five is blurry.",
        "Comparing frame one with frame two, the hat is gone.",
        "The first three frames are nearly identical.",
        "In the last frame, the cup is gone.",
        "Across all 16 frames the lamp stays on.",
        "Several frames show the same cup.",
        "From one frame to the next the cup moves.",
    ],
    "exact time": [
        "At 00:00:15 she turns.",
        "at 0:15 she turns",
        "(0:15-0:20) she turns",
        "At 15 s she turns.",
        "at 15 seconds she turns",
        "at around 15.5 seconds she turns",
        "at 15s she turns",
        "the 15-second mark",
        "the fifteen second mark",
        "15 s mark",
        "at second 15 she turns",
        "from 5 to 10 seconds she cooks",
        "from 5s to 10s she cooks",
        "12 seconds into the video",
        "The timestamps differ.",
        "By the 8th second the cup is full.",
        "At the 00:07 timestamp she turns.",
        "Between seconds 5 and 9 nothing moves.",
        "Somewhere between the 10 and 12 second marks he turns.",
        "The clip's 6th second shows the jump.",
        "In the middle of the 8th second it falls.",
        "The first part (0-5 s) is dark.",
    ],
    "bounding box": [
        "The bounding box is small.",
        "its bbox is small",
        "bounding-boxes overlap",
        "It is in [120, 44, 310, 200].",
        "It is in (0.1, 0.25, 0.5, 0.9).",
        "The cup is at [12, 44, 31, 20].",
        "The bounding box of the dog is small.",
        "pixel coordinates differ",
        "The cube is located at coordinates 3, 4.",
        "The dog's box spans from (0.1, 0.2) to (0.4, 0.6).",
        "The object at (x=120, y=45) is a ball.",
        "The detected boxes overlap.",
        "Its centre is at (0.42, 0.61).",
    ],
}


@pytest.mark.parametrize(("reason", "thinking"), [(r, t) for r, texts in LEAKS.items() for t in texts])
def test_a_leak(reason, thinking):
    assert judged(thinking).startswith(f"{reason}: ")


@pytest.mark.parametrize(
    "thinking",
    [
        THINKING,
        "Let me describe what I see: the video shows a kitchen.",
        "A record player stands by the door frame.",
        "The record spins, and he takes it from the record sleeve. I recorded it.",
        "He breaks the record in the 100 m run and sets a new record.",
        "He captions his post; closed captions run along the bottom.",
        "Two seconds later she turns. It takes 15 seconds. For 5 seconds nothing moves.",
        "The second person sits. The second 3 is bigger.",
        "The clock shows 10:30, so it is morning.",
        "It starts at 10:30 am. The score is 3:15 and the ratio 2:10.",
        "The picture frame 2 meters up hangs over the door frame.",
        "Two people frame the door; the camera frames 3 people.",
        "The text on the sign reads STOP. The text says 50.",
        "The description in option B matches. As described in the question, she turns.",
        "The action is best described as cooking. A hat is mentioned in option C.",
        "The points (3, 4) and (5, 6) lie on it; the list is [1, 2, 3, 4].",
        "The angles are 30, 60 and 90. f(1, 2, 3, 4) = 5",
        "Version 1.2:30? A 16:9 screen.",
        "At 5 of the tables people sit; at least 3 seconds pass.",
        "It is a picture of a timestamped receipt.",
        "She annotates the drawing.",
        "According to the text in the image, the shop is closed.",
        "The text provided in the image says OPEN.",
        "The text given in the picture is a poem.",
        "The given text on the worksheet asks for the area.",
        "According to the text shown at the bottom of the picture, it is closed.",
        "In frame 3 of the comic strip he falls.",
        "The bounding box of the triangle is 4 by 3.",
        "The film runs at 24 frames per second. The next frame on the wall is empty.",
        "He wins the first frame. She loses the last frame of the match.",
        "The chart's caption says sales rose in 2019.",
        "The meeting is at 3:30, as the note on the door says.",
        "The box lies between the points (3, 4) and (5, 6).",
        "The evidence suggests that he is a cook.",
        "The map's caption says north is up. The newspaper photo's caption names him.",
        "The 8th second of its fall is the fastest.",
        "The list is [12, 44, 31, 20].",
    ],
)
def test_what_may_be_said(thinking):
    assert judged(thinking) is None


def test_what_the_question_says_may_be_said_again():
    question = "What do the key elements of the poster show at 0:15, and what is in frame 3?"
    thinking = "The key elements are red. At 0:15 it turns, and frame 3 has a cup."
    assert judged(thinking, problem=question) is None
    assert judged(thinking + " Frame 4 too.", problem=question).startswith("numbers a frame: ")
    assert judged("It says 10:30, see the options.", options=("A. 10:30", "B. 11:30")) is None
    assert judged("The video summary is short.", problem="What does the video summary say?") is None
    assert judged("The video summary is short.", problem="Which summary fits?").startswith("names its source: ")


def test_the_detail_shows_where():
    reason = judged("x" * 500 + ". In the end, according to the metadata, she turns around. " + "y" * 500)
    assert reason.startswith("names its source: '")
    assert "In the end, according to the metadata, she turns around." in reason
    assert len(reason) < 150


def test_the_last_thinking_counts():
    dirty = "The caption says it all."
    assert LeakFilter().reason(revised(drafted(record(), dirty), THINKING)) is None
    assert LeakFilter().reason(revised(drafted(record()), dirty)).startswith("names its source")


@pytest.mark.parametrize(
    "unit",
    [
        "the ",
        "a.",
        "9",
        "frame ",
        "at 1",
        "[1, ",
        "1:1",
        "the a-a ",
        " ",
        "from 1 to ",
        "by 1 s ",
        "the first ",
        "in all the ",
        "box (12, ",
        "information given ",
        "he opens the metadata ",
    ],
)
def test_long_texts_take_no_time(unit):
    started = time.process_time()
    judged(unit * (200_000 // len(unit)))
    assert time.process_time() - started < 3
