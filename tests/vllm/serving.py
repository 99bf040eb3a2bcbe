"""The real server of vLLM on loopback, with one of the tiny models."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

import pytest

MODELS = Path(os.environ.get("VLLM_MODELS", Path(sys.prefix) / "models"))
VLLM = Path(sys.prefix) / "bin" / "vllm"
PATIENCE = 300  # seconds until a server answers: 20 on two free cores
# No accelerator, no network, no telemetry; a cache and a share of memory that leave room for others.
ENVIRONMENT = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}
ENGINE = {
    "max_model_len": 8192,
    "max_num_seqs": 8,
    "gpu_memory_utilization": 0.3,
    "enforce_eager": True,
    "dtype": "bfloat16",
    "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
}
SEEING = ENGINE | {"limit_mm_per_prompt": {"image": 48, "video": 2}, "skip_mm_profiling": True}
THINKING = ENGINE | {"reasoning_parser": "qwen3"}
TRUSTING = {"trust_request_mm_kwargs": True, "enable_prompt_tokens_details": True}


def flags(engine: dict[str, Any]) -> list[str]:
    """These arguments on a command line."""
    said: list[str] = []
    for name, value in engine.items():
        said.append(f"--{name.replace('_', '-')}")
        if value is not True:
            said.append(json.dumps(value) if isinstance(value, dict) else str(value))
    return said


def free_port() -> int:
    """A port that nobody has now; a server that is killed comes back to the same one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bound() -> None:
    """In a new process: end with the tests, also where these are killed (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Server:
    """`vllm serve` with this model, for as long as a `with` block lasts."""

    def __init__(self, model: str, log: Path, engine: dict[str, Any]) -> None:
        self.model = model
        self.port = free_port()
        self._log = log
        self._flags = flags(engine)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The base URL, as it stands in the settings."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        """Begin; `ready` waits until it answers."""
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--served-model-name", self.model]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(VLLM), "serve", str(MODELS / self.model), *place, *self._flags],
                env=os.environ | ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=bound,
            )

    def ready(self) -> None:
        """Wait until it answers; its last words where it does not."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self._process is not None
            if self._process.poll() is None and self._healthy():
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.3)
        pytest.fail(f"vLLM does not serve {self.model}:\n{self._log.read_text(errors='replace')[-4000:]}")

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def kill(self) -> None:
        """End it and its engine at once, as a crash or an operator would."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The status and the JSON that this is answered with."""
        data = json.dumps(body).encode()
        asked = urllib.request.Request(f"{self.url}{path}", data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(asked, timeout=120) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def __enter__(self) -> Self:
        self.start()
        self.ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
