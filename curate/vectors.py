"""Texts as vectors: the two texts of a request, how alike their vectors are, and OpenAI's embeddings as JSON."""

import json
import math
from collections.abc import Sequence
from operator import mul
from typing import Any

from curate.chat import Reply, Request, Text
from curate.errors import RefusedError, TransientError
from curate.wire import count, name, table

LONGEST = 65_536  # numbers in a vector


def texts(request: Request) -> list[str]:
    """The two texts to compare, halves of surrogate pairs as "?". Raises RefusedError where there are not two."""
    parts = [part for message in request.messages for part in message.parts]
    said = [part.text.encode("utf-8", "replace").decode() for part in parts if isinstance(part, Text)]
    if len(said) != 2 or len(parts) != 2:
        raise RefusedError("an embedding model compares two texts")
    return said


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine between two vectors, from -1 to 1. Raises ValueError where there is none."""
    if len(one) != len(other) or not 0 < len(one) <= LONGEST:
        raise ValueError(f"vectors of {len(one)} and {len(other)} numbers")
    lengths = math.hypot(*one) * math.hypot(*other)
    if not 0 < lengths < math.inf:
        raise ValueError("a vector without a direction")
    product: float = sum(map(mul, one, other))
    return max(-1.0, min(1.0, product / lengths))


def reply(likeness: float, model: str) -> Reply:
    """The cosine as a reply."""
    return Reply(text=f"{likeness:.6f}", model=model)


def read(body: bytes) -> Reply:
    """The cosine of the two embeddings in this body. Raises TransientError where it does not hold two."""
    try:
        said = table(json.loads(body), "embeddings")
        found = _vectors(said.get("data"))
        tokens = count(said, "usage", "prompt_tokens")
        return reply(cosine(*found), name(said.get("model"))).model_copy(update={"prompt_tokens": tokens})
    except (ValueError, RecursionError) as error:
        raise TransientError(f"the server's reply holds no two embeddings: {error}") from None


def _vectors(data: Any) -> list[list[float]]:
    """Both vectors, in the order in which they came: what is compared both ways round is as alike."""
    if not isinstance(data, list) or len(data) != 2:
        raise ValueError("expected two of them")
    return [_vector(table(entry, "an embedding").get("embedding")) for entry in data]


def _vector(said: Any) -> list[float]:
    if not isinstance(said, list) or not all(type(number) in (int, float) for number in said):
        raise ValueError("expected a list of numbers")
    try:
        return list(map(float, said))
    except OverflowError:
        raise ValueError("a number that is too large") from None
