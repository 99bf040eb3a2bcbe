"""The commands that the documents give for vLLM are what its own parser takes, and their settings can work."""

import re
import shlex
from pathlib import Path

import pytest
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
from vllm.reasoning import ReasoningParserManager
from vllm.utils.argparse_utils import FlexibleArgumentParser

from curate.errors import FatalError
from curate.settings import load
from curate.vllmargs import parsed

ROOT = Path(__file__).parent.parent.parent
README, SERVERS = ((ROOT / name).read_text() for name in ("README.md", "docs/servers.md"))
COMMANDS = re.findall(r"(?m)^vllm serve ((?:.*\\\n)*.*)$", README + SERVERS)


def taken(words: list[str]) -> object:
    """What vLLM makes of these words behind `vllm serve`."""
    parser = make_arg_parser(FlexibleArgumentParser())
    said = parser.parse_args(words)
    validate_parsed_serve_args(said)
    AsyncEngineArgs.from_cli_args(said)
    assert not said.reasoning_parser or said.reasoning_parser in ReasoningParserManager.list_registered()
    return said


def test_there_are_three_servers_for_three_parts():
    assert len(COMMANDS) >= 3


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.split()[0])
def test_every_command_is_one_that_vllm_takes(command):
    said = taken(shlex.split(command.replace("\\\n", " ")))
    assert said.model_tag.count("/") == 1
    if said.limit_mm_per_prompt:
        assert said.trust_request_mm_kwargs


@pytest.mark.parametrize("text", re.findall(r"(?m)^\| `(--[^`]+)`", SERVERS))
def test_every_flag_in_the_table_is_one_that_vllm_takes(text):
    taken(["some/model", *shlex.split(text.replace("--api-key", "--api-key x"))])


def test_the_recipe_is_settings_that_can_work_and_each_model_is_one_that_is_served(tmp_path):
    section = README.partition("## Three servers")[2]
    [recipe] = re.findall(r"(?s)```toml\n(.*?)```", section.partition("\n## ")[0])
    (tmp_path / "media").mkdir()
    (tmp_path / "curate.toml").write_text('[input]\nfiles = ["q.json"]\nmedia_root = "media"\n' + recipe)
    models = load(tmp_path / "curate.toml").models
    served = {command.split()[0]: re.search(r"--port (\d+)", command)[1] for command in COMMANDS}
    assert {model.model: model.base_url.split(":")[2].split("/")[0] for model in models.values()} == served


def test_the_engine_in_the_document_is_one_that_vllm_takes(tmp_path):
    [inside] = re.findall(r"(?s)```toml\n(.*?)```", SERVERS.partition("### Inside the command")[2])
    (tmp_path / "media").mkdir()
    (tmp_path / "curate.toml").write_text(
        '[input]\nfiles = ["q.json"]\nmedia_root = "media"\n'
        + inside
        + "".join(f'[stages.{stage}]\nmodel = "captioner"\n' for stage in ("caption", "draft", "revise"))
    )
    model = load(tmp_path / "curate.toml").models["captioner"]
    said = parsed(model.model, model.model, model.engine)
    assert (said.tensor_parallel_size, said.trust_request_mm_kwargs, said.served_model_name) == (2, True, [model.model])


@pytest.mark.parametrize(
    ("engine", "told"),
    [
        ({"tensor_paralel_size": 2}, "did you mean 'tensor_parallel_size'?"),
        ({"max_model_len": "many"}, "--max-model-len"),
        ({"sse_keep_alive_interval": -1}, "sse-keep-alive-interval"),
        ({"no_such_thing_at_all": 1}, "vllm serve --help=all"),
    ],
)
def test_what_its_parser_does_not_take_is_one_line_that_names_it(engine, told):
    with pytest.raises(FatalError) as error:
        parsed("some/model", "some/model", engine)
    assert told in str(error.value)
    assert "\n" not in str(error.value)
