"""`provider = "vllm"`: the engine inside the command, over whole runs."""

import json
import os
import re
import signal
import time
from pathlib import Path

import psutil

from tests.vllm.place import ROWS, Model, Place
from tests.vllm.serving import MODELS, SEEING, THINKING
from tests.vllm.test_pipeline import rows
from tests.workplace import ended


def inside(model: str, engine: dict[str, object], **options: object) -> Model:
    """A model inside the command."""
    return Model(model, {"provider": "vllm", "weights": str(MODELS / model), "engine": engine, **options})


def engines(process) -> list[psutil.Process]:
    """What vLLM runs for this command."""
    found = psutil.Process(process.pid).children(recursive=True)
    return [child for child in found if child.name().startswith("VLLM")]


def until(process, true, seconds: float = 200) -> None:
    """Wait for this to become true while the command runs."""
    end = time.monotonic() + seconds
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)


def test_every_row_goes_all_the_way_with_engines_inside_and_nothing_disturbs_the_console(folder):
    eyes, reasoner = inside("qwen3_vl", SEEING, video="jpeg_sequence"), inside("qwen3", THINKING)
    place = Place(folder / "inside").asks(eyes, reasoner, eyes)
    for stage in ("caption", "draft", "revise"):
        ran = place.does(stage, "--json")
        assert ran.code == 0, ran.err
        [said] = [line for line in ran.lines if "vllm" in line.lower()]
        assert "loads it inside this command" in said
        assert not re.search(r"INFO|[Ww]arning|WARN|torch|EngineCore|it/s", ran.err), ran.err
    assert all(json.loads(line) for line in ran.out.splitlines()), "nothing but events on stdout"
    ran = place.does("filter", "--json")
    assert ran.code == 0
    assert rows(place, "sft") == len(ROWS)
    began = time.monotonic()
    again = place.does("run", "--json")
    assert (again.code, again.json["sent"]) == (0, 0)
    assert time.monotonic() - began < 20, "no model is loaded where nothing is asked"


def test_a_bad_row_costs_itself_and_an_engine_that_dies_is_one_line_and_a_rerun_goes_on(folder):
    eyes = inside("qwen2_5_vl", SEEING, concurrency=2)
    place = Place(folder / "dies").asks(eyes, eyes, eyes)
    place.questions([*ROWS, {**ROWS[0], "problem_id": 9, "problem": "word " * 9000}])
    process = place.start("run", "--json", **os.environ)
    until(process, lambda: place.kept() >= 2)
    for engine in engines(process):
        engine.kill()
    ran = ended(process, 120)
    assert ran.code == 2, ran.err
    [line] = [line for line in ran.lines if line.startswith("error: ")]
    assert "the vLLM engine died" in line
    log = Path(line.rpartition("its log is ")[2])
    assert log.is_file()
    ran = place.does("run", "--json")
    assert ran.steps("rejected") == {"draft": {"prompt too long": 1}}
    assert ran.steps("failed") == {}
    assert rows(place, "sft") == len(ROWS)


def test_an_engine_ends_with_the_command_that_is_killed(folder):
    place = Place(folder / "killed-inside")
    process = place.asks(*[inside("qwen2_5_vl", SEEING)] * 3).start("run", **os.environ)
    until(process, lambda: engines(process))
    left = engines(process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    _, alive = psutil.wait_procs(left, timeout=60)
    assert alive == []


def test_an_interrupt_while_the_model_loads_ends_at_once_with_one_line(folder):
    place = Place(folder / "interrupted")
    process = place.asks(*[inside("qwen2_5_vl", SEEING)] * 3).start("run", **os.environ)
    until(process, lambda: engines(process))
    process.send_signal(signal.SIGINT)
    ran = ended(process, 60)
    assert ran.code == 130
    assert [line for line in ran.lines if "interrupted" in line]
    assert not [line for line in ran.lines if line.startswith("error: ")]


def test_an_argument_that_vllm_does_not_take_is_one_line_before_a_model_is_loaded(folder):
    place = Place(folder / "misspelt").asks(*[inside("qwen2_5_vl", {"tensor_paralel_size": 2})] * 3)
    ran = place.does("run")
    assert ran.code == 2, ran.err
    [line] = [line for line in ran.lines if line.startswith("error: ")]
    assert "did you mean 'tensor_parallel_size'?" in line


def test_where_no_gpu_is_there_one_line_says_so_and_what_to_do(folder, tmp_path):
    """This build goes by its version: under another name it looks for a GPU, as the usual build does."""
    usual = tmp_path / "vllm-0.32.0.dist-info"
    usual.mkdir()
    (usual / "METADATA").write_text("Metadata-Version: 2.1\nName: vllm\nVersion: 0.32.0\n")
    place = Place(folder / "no-gpu").asks(*[inside("qwen2_5_vl", SEEING)] * 3)
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parent.parent.parent)])
    ran = ended(place.start("run", **os.environ | {"PYTHONPATH": path}), 120)
    assert ran.code == 2, ran.err
    [line] = [line for line in ran.lines if line.startswith("error: ")]
    assert "no GPU" in line
    assert 'provider = "openai"' in line
