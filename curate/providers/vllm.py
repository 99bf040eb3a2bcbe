"""vLLM's engine inside this command: no server, no socket, the same requests."""

from importlib.util import find_spec
from typing import Any

from pydantic import Field, field_validator, model_validator

from curate.errors import SettingsError
from curate.faults import Faults
from curate.offline import Offline
from curate.plugin import SettingsPath
from curate.posting import Client
from curate.provider import keyless
from curate.providers.openai import OpenAIProvider
from curate.vllmargs import OURS

PLACE = "vLLM in this process"
SERVED = ("preset", "base_url", "api_key_env", "client", "token_limit")  # where a server is, and how it is spoken to


class VllmProvider(OpenAIProvider):
    """Runs a model with vLLM in this process.

    `model` is its name, on the Hub or as a folder; `weights` is a folder, where it lies elsewhere: the name alone
    stands in a request's key, so that replies outlive a move, also from and to a server of that name. `engine`
    are arguments of `vllm serve`, with "_" for "-". The model is loaded by the first request that is really sent.
    """

    concurrency: int = Field(default=64, ge=1)
    weights: SettingsPath | None = None
    engine: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _has_no_server(cls, said: Any) -> Any:
        for name in SERVED:
            if isinstance(said, dict) and name in said:
                raise ValueError(f'{name} is about a server, and here is none: provider = "openai" asks one')
        return said

    @field_validator("engine")
    @classmethod
    def _is_not_settled(cls, engine: dict[str, Any]) -> dict[str, Any]:
        if settled := OURS & engine.keys():
            raise ValueError(
                f"{min(settled)} is not for the engine's table: `model` and `weights` say which model, and none listens"
            )
        return keyless(engine)

    def faults(self) -> Faults:
        """What the engine's errors mean."""
        return Faults(PLACE, self.model, self.timeout, None, None)

    def _made(self, key: str | None) -> Client:
        if find_spec("vllm") is None:
            raise SettingsError(
                "provider = \"vllm\" needs vLLM, which is not installed: `pip install 'curate[vllm]'` on a machine "
                'with a GPU, or start `vllm serve` elsewhere and set provider = "openai" with its base_url'
            )
        weights = str(self.weights or self.model)
        return Offline(weights, self.model, self.engine, self.timeout, lambda line: self._say(line))
