import json
import math

import pytest

from curate.chat import Message, Request, Text
from curate.errors import RefusedError, TransientError
from curate.vectors import LONGEST, cosine, read, texts
from tests.records import shown


def request(*messages):
    return Request("similarity", tuple(Message("user", parts) for parts in messages), 1)


def body(*vectors, **more):
    return json.dumps({"data": [{"embedding": vector} for vector in vectors], **more}).encode()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1, 0], [1, 0], 1.0),
        ([1, 0], [0, 3], 0.0),
        ([2, 0], [-5, 0], -1.0),
        ([3, 4], [4, 3], 24 / 25),
        ([0.1] * 3, [0.1] * 3, 1.0),
    ],
)
def test_cosine_by_hand(one, other, expected):
    found = cosine(one, other)
    assert found == pytest.approx(expected)
    assert -1 <= found <= 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([], []),
        ([1], [1, 2]),
        ([0, 0], [1, 0]),
        ([math.nan, 1], [1, 1]),
        ([math.inf, 1], [1, 1]),
        ([1.0] * (LONGEST + 1), [1.0] * (LONGEST + 1)),
    ],
)
def test_vectors_without_an_angle(one, other):
    with pytest.raises(ValueError, match="vector"):
        cosine(one, other)


def test_two_texts_and_nothing_else():
    assert texts(request((Text("a"),), (Text("\ud800b"),))) == ["a", "?b"]
    for odd in (request((Text("a"),)), request((Text("a"),), (Text("b"), shown((0, 1), (0.0, 1.0))))):
        with pytest.raises(RefusedError, match="an embedding model compares two texts"):
            texts(odd)


def test_embeddings_become_a_reply():
    found = read(body([3, 4], [4, 3], model="e-1", usage={"prompt_tokens": 7}))
    assert (found.text, found.model, found.prompt_tokens) == ("0.960000", "e-1", 7)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"data": {}}',
        b'{"data": [1, 2]}',
        body([1, 0]),
        body([1, 0], [1, 0], [1, 0]),
        body([1, 0], [1]),
        body([1, 0], ["1", 0]),
        body([1, 0], [True, 0]),
        body([1, 0], None),
        body([1, 0], "AACAPw=="),
        body([1, 0], [10**400, 0]),
        b'{"data": [{"embedding": [NaN, 1]}, {"embedding": [1, 1]}]}',
    ],
)
def test_what_holds_no_two_embeddings(said):
    with pytest.raises(TransientError, match="holds no two embeddings"):
        read(said)
