"""What every model behind an HTTP address has in common: where it is, its key, and what its errors mean."""

import asyncio
import os
import re
from dataclasses import replace
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, field_validator

from curate.errors import SettingsError
from curate.faults import Faults
from curate.posting import Answer, Client
from curate.provider import Provider

SOON = 10.0  # seconds for what a server knows without thinking


class Served(Provider):
    """A server that speaks one of OpenAI's interfaces. `timeout` is seconds for one call."""

    base_url: str = "https://api.openai.com/v1"
    api_key_env: str | None = None
    timeout: float = Field(default=600.0, gt=0)

    _client: Client = PrivateAttr()

    @field_validator("base_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s@?#]*)?", value) or not _is_a_place(value):
            raise ValueError("expected an address like https://host/v1, without a key or a password in it")
        return value

    @field_validator("api_key_env")
    @classmethod
    def _is_a_name(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
            raise ValueError("expected the name of an environment variable, never a key")
        return value

    @property
    def secret(self) -> str | None:
        """The key, straight from the environment, so that no field ever holds it."""
        return os.environ.get(self.api_key_env) or None if self.api_key_env else None

    def usable_key(self) -> str | None:
        """The key to send; None where none is wanted. Raises SettingsError where its variable holds none."""
        key = self.secret
        if self.api_key_env and not key:
            raise SettingsError(f"the environment variable {self.api_key_env} is not set: it must hold the key")
        if key and not re.fullmatch(r"[!-~]+", key):
            raise SettingsError(
                f"the environment variable {self.api_key_env} holds no key: spaces or line breaks in it"
            )
        return key

    async def got(self, url: str) -> Answer:
        """What is at this address of the server; 10 s are enough for it. Raises TransientError."""
        try:
            async with asyncio.timeout(SOON):
                return await self._client.get(url)
        except self._client.errors as error:
            raise replace(self.faults(), timeout=SOON).lost(error) from None

    def faults(self) -> Faults:
        """What this server's errors mean."""
        return Faults(self.base_url, self.model, self.timeout, self.api_key_env, self.secret)


def _is_a_place(url: str) -> bool:
    """Whether a host and a port can be read from it; a client would find out at the first request only."""
    try:
        parts = urlsplit(url)
        return parts.port != 0 and bool((parts.hostname or "").encode("idna"))
    except ValueError:
        return False
