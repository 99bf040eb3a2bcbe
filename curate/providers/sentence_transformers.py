"""Any model of the package sentence-transformers, in this process."""

import asyncio
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from curate.chat import Reply, Request
from curate.errors import FatalError, SettingsError
from curate.provider import Eyes, Provider
from curate.vectors import cosine, reply, texts


class SentenceTransformersProvider(Provider):
    """Compares two texts with a model of sentence-transformers; the reply is the cosine of their embeddings.

    `model` is a name on the Hugging Face Hub or a folder. `device` is torch's ("cpu", "cuda"), by default what the
    package picks. No code that comes with a model is run.
    """

    embeds: ClassVar[bool] = True

    concurrency: int = Field(default=1, ge=1)
    device: str | None = None

    _encoder: Any = PrivateAttr(default=None)

    async def open(self, eyes: Eyes) -> None:
        """Load the model. Raises SettingsError where the package is missing or cannot load it."""
        self._encoder = await asyncio.to_thread(self._loaded)

    async def close(self) -> None:
        """Let go of the model."""
        self._encoder = None

    async def ask(self, request: Request) -> Reply:
        """The cosine of the two texts; what is beyond the model's length does not count."""
        if self._encoder is None:
            raise FatalError(f"{self.model} is not open")
        found = await asyncio.to_thread(self._encoder.encode, texts(request), show_progress_bar=False)
        return reply(cosine(*found.tolist()), self.model)

    def _loaded(self) -> Any:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            needed = "`pip install 'curate[sentence-transformers]'`"
            raise SettingsError(f"the provider sentence-transformers needs {needed} ({error})") from None
        try:
            return SentenceTransformer(self.model, device=self.device, trust_remote_code=False)
        except (OSError, ValueError, RuntimeError) as error:
            told = " ".join(str(error).split())[:300]
            raise SettingsError(f"sentence-transformers cannot load {self.model!r}: {told}") from None
