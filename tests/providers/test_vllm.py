"""The provider of vLLM's engine, as far as it goes without vLLM; the rest is in tests/vllm."""

import asyncio
import multiprocessing
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from multiprocessing import spawn
from pathlib import Path

import pytest

from curate.checks import checked
from curate.enginelog import GONE, EngineLog, cause
from curate.errors import SettingsError
from curate.providers.openai import OpenAIProvider
from curate.providers.vllm import VllmProvider
from curate.vllmargs import ALWAYS, flags
from tests.workplace import ROOT

without = pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed here")


def made(**options: object) -> VllmProvider:
    return checked(VllmProvider, {"model": "Qwen/Qwen3-VL-8B", **options}, "models.m", Path("/data"))


def refused(**options: object) -> str:
    with pytest.raises(SettingsError) as error:
        made(**options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_its_replies_are_those_of_a_server_of_the_same_name_wherever_the_weights_lie():
    extra = {"top_k": 20}
    served = OpenAIProvider(model="Qwen/Qwen3-VL-8B", base_url="http://localhost:8000/v1", extra_body=extra)
    inside = made(weights="qwen", engine={"tensor_parallel_size": 4, "max_model_len": 32768}, extra_body=extra)
    assert inside.identity == served.identity
    assert inside.weights == Path("/data/qwen")
    assert made(video="file").identity != made().identity
    assert made().concurrency == 64


@pytest.mark.parametrize("name", ["preset", "base_url", "api_key_env", "client", "token_limit"])
def test_what_is_about_a_server_is_refused_with_where_it_belongs(name):
    told = refused(**{name: "vllm"})
    assert name in told, told
    assert 'provider = "openai"' in told


@pytest.mark.parametrize("name", ["model", "served_model_name", "port", "api_key"])
def test_the_engine_is_not_told_what_is_settled_elsewhere(name):
    assert name in refused(engine={name: "x"})


def test_no_key_is_handed_to_the_engine():
    assert "looks like a key" in refused(engine={"hf_token": "hf_abcdefghijklmnopqrstuvwxyz"})


def test_a_table_of_arguments_is_vllms_command_line():
    table = {
        "max_model_len": 4096,
        "enforce_eager": True,
        "enable_prefix_caching": False,
        "limit_mm_per_prompt": {"image": 16},
    }
    said = [
        "--max-model-len=4096",
        "--enforce-eager",
        "--no-enable-prefix-caching",
        '--limit-mm-per-prompt={"image": 16}',
    ]
    assert list(flags(table | {"lora_modules": ["a=b", "c=d"]})) == [*said, "--lora-modules", "a=b", "c=d"]
    assert "--trust-request-mm-kwargs" in list(flags(ALWAYS)), "every frame that is sent is to be taken"


@without
def test_without_vllm_one_line_says_what_to_do_before_anything_is_asked(place):
    with pytest.raises(SettingsError, match=r"pip install 'curate\[vllm\]'.*provider = \"openai\""):
        asyncio.run(made().open(None))
    place.toml.write_text(place.toml.read_text().replace("openai", "vllm").replace(f'base_url = "{place.url}"\n', ""))
    ran = place.run("run")
    assert ran.code == 2
    [line] = ran.lines
    assert line.startswith("error: ")
    assert "needs vLLM" in line


def test_the_cause_of_an_engines_end_is_the_last_error_that_says_more_than_that_there_was_one(tmp_path):
    log = tmp_path / "vllm.log"
    assert cause(log) == ""
    log.write_text(
        "INFO begins\n"
        "ERROR vllm.v1.engine.core: ValueError: an earlier one\n"
        "ERROR vllm.v1.engine.core: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB\n"
        "ERROR vllm.v1.engine.core: vllm.v1.engine.exceptions.EngineDeadError: See stack trace (above)\n"
        "RuntimeError: Engine core initialization failed. See root cause above.\n"
    )
    assert cause(log) == "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB"
    log.write_text("RuntimeError: Engine core initialization failed. See root cause above.\n")
    assert cause(log) == ""


def test_what_a_new_process_prints_is_logged_and_it_ends_with_the_one_that_started_it(capfd):
    log = EngineLog()
    try:
        before = spawn.get_executable()
        with log.taking():
            assert spawn.get_executable() != before
            talker = multiprocessing.get_context("spawn").Process(
                target=os.system, args=("echo to stdout; echo to stderr >&2",)
            )
            talker.start()
            talker.join(60)
            sys.stderr.write("a warning\n")
        assert spawn.get_executable() == before
        assert (talker.exitcode, capfd.readouterr()) == (0, ("", ""))
        assert sorted(log.path.read_text().splitlines()) == ["a warning", "to stderr", "to stdout"]
        assert log.why(RuntimeError("Engine core initialization failed. See root cause above.")) == GONE
        assert log.why(ValueError("too\nlong")) == "ValueError: too long"
    finally:
        log.remove()
    assert not log.path.parent.exists()


def test_a_process_that_was_started_so_does_not_outlive_a_kill(tmp_path):
    code = (
        "import multiprocessing, time\n"
        "from curate.enginelog import EngineLog\n"
        "def lives():\n"
        "    print('up', flush=True)\n"
        "    time.sleep(100)\n"
        "if __name__ == '__main__':\n"
        "    log = EngineLog()\n"
        "    with log.taking():\n"
        "        child = multiprocessing.get_context('spawn').Process(target=lives)\n"
        "        child.start()\n"
        "    while 'up' not in log.path.read_text():\n"
        "        time.sleep(0.05)\n"
        "    print(child.pid, flush=True)\n"
        "    time.sleep(100)\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.kill()
    for _ in range(600):
        if not alive(child):
            return
        time.sleep(0.05)
    pytest.fail("it lives on")


def alive(process: int) -> bool:
    """Whether it runs; a dead one that nobody has looked after does not."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
