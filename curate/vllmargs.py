"""The engine's arguments: a table of the settings becomes what vLLM's own parser makes of `vllm serve`'s flags."""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from curate.errors import FatalError

OURS = frozenset(
    {"model", "model_tag", "served_model_name", "host", "port", "uds", "api_key", "config", "headless", "grpc"}
    | {"api_server_count", "logging_config", "log_config_file", "enable_log_requests"}
)
"""What says which model this is, where a server listens, or where it logs: that is settled elsewhere."""
# Who asks is this process alone, and media are only ever those that it has checked: it may say how they are read.
ALWAYS = {
    "trust_request_mm_kwargs": True,
    "allowed_local_media_path": "/",
    "enable_prompt_tokens_details": True,
    "use_tqdm_on_load": False,
}


def parsed(weights: str, name: str, engine: Mapping[str, Any]) -> Any:
    """vLLM's arguments for these weights under this name. Raises FatalError for what its parser does not take."""
    from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    parser = make_arg_parser(FlexibleArgumentParser(add_help=False))
    known = sorted({action.dest for action in parser._actions} - OURS)
    for argument in engine:
        if argument not in known:
            close = get_close_matches(argument, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ": `vllm serve --help=all` lists them"
            raise FatalError(f"engine: vLLM knows no argument {argument!r}{hint}")

    def refuse(message: str) -> None:
        raise FatalError(f"engine: {' '.join(message.split())}")

    parser.error = refuse
    said = parser.parse_args([*flags(ALWAYS | dict(engine)), f"--served-model-name={name}"])
    said.model = said.model_tag = weights
    try:
        validate_parsed_serve_args(said)
    except (ValueError, TypeError, KeyError) as error:
        refuse(str(error))
    return said


def flags(engine: Mapping[str, Any]) -> Iterator[str]:
    """A table as flags of a command line: `{"max_model_len": 4096}` is `--max-model-len=4096`."""
    for argument, value in engine.items():
        name = argument.replace("_", "-")
        if isinstance(value, bool):
            yield f"--{name}" if value else f"--no-{name}"
        elif isinstance(value, dict):
            yield f"--{name}={json.dumps(value)}"
        elif isinstance(value, list):
            yield from (f"--{name}", *map(str, value))
        else:
            yield f"--{name}={value}"
