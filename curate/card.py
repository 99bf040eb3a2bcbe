"""The data set card: what the Hub shows of a publication, and what `datasets` reads to load its sets."""

import json
import re
from collections.abc import Sequence
from string import Template

import curate
from curate.report import Report, StepCount, Types

DEFAULT = "sft"
TASKS = ("video-text-to-text", "image-text-to-text")
TAGS = ("chain-of-thought", "reasoning", "video", "multimodal", "curate")
COLUMNS = {
    "problem_id": "the row's number in the input",
    "problem": "the question; in layout `videorft` with its options",
    "data_type": '"video" or "image"',
    "problem_type": '"multiple choice", "numerical", "OCR", "free-form" or "regression"',
    "options": "the options of a multiple choice question, else empty",
    "process": "`sft` only: the chain of thought as `<think>…</think>`",
    "solution": "the reference answer as `<answer>…</answer>`",
    "path": "the video or image, relative to the media root",
    "data_source": "the data set that the question comes from",
}
BODY = Template("""\
# Chain-of-thought rows for video and image questions

$sizes

Made with curate $version, after the data curation of VideoRFT (arXiv 2505.12434): a captioner
describes each medium, a reasoning model that sees no pixels drafts a chain of thought over the
description, a model that sees the medium corrects it, and rules drop what is wrong. The steps that
made these rows, and the models behind them, are those named below.

## Models

$models

## Steps

$steps

## Dropped rows

$reasons

## Rows by problem type

$types

## Columns

$columns

## How to load

```python
from datasets import load_dataset

sft = load_dataset("OWNER/NAME", "sft", split="train")
rl = load_dataset("OWNER/NAME", "rl", split="train")
```

A local folder works in place of `OWNER/NAME`. The media themselves are not part of the sets.

## Known limits

- The thinking was written by the models above: it carries their errors and their biases.
- Only the final answers were compared with references; no person has read the steps in between.
- The rules against leaked captions read English.
- Questions, answers and media stay under the licences of their sources.

## Citation

```bibtex
@inproceedings{wang2025videorft,
  title     = {VideoRFT: Incentivizing Video Reasoning Capability in MLLMs via Reinforced Fine-Tuning},
  author    = {Wang, Qi and Yu, Yanrui and Yuan, Ye and Mao, Rui and Zhou, Tianfei},
  booktitle = {Advances in Neural Information Processing Systems},
  year      = {2025},
  note      = {arXiv:2505.12434}
}
```
""")


def card(report: Report) -> str:
    """The text of README.md: YAML front matter with a config for each set, then Markdown.

    Everything that settings or rows could have brought in stands there escaped, on one line.
    """
    steps = report.steps()
    body = BODY.substitute(
        version=curate.__version__,
        sizes=_sizes(report),
        models=_models(report),
        steps=_summary(steps),
        reasons=_reasons(steps),
        types=_types(report, steps),
        columns="\n".join(f"- `{name}`: {text}" for name, text in COLUMNS.items()),
    )
    return front_matter(list(report.sets)) + body


def front_matter(sets: Sequence[str]) -> str:
    """The YAML block for these sets; the first configuration that loads without a name is `sft`."""
    lines = ["---", 'pretty_name: "Chain-of-thought rows for video and image questions"', "task_categories:"]
    lines += [f"- {json.dumps(task)}" for task in TASKS]
    lines += ["tags:", *(f"- {json.dumps(tag)}" for tag in TAGS), "configs:"]
    for name in sets:
        lines += [f"- config_name: {json.dumps(name)}", *(["  default: true"] if name == DEFAULT else [])]
        lines += ["  data_files:", "  - split: train", f"    path: {json.dumps(f'{name}/train-*.parquet')}"]
    return "\n".join([*lines, "---", "", ""])


def table(head: Sequence[str], rows: Sequence[Sequence[str | int]]) -> str:
    """A Markdown table; texts are escaped, numbers stand right. "None." where there are no rows."""
    if not rows:
        return "None."
    rules = ["---:" if isinstance(cell, int) else "---" for cell in rows[0]]
    lines = [[f"{cell:,}" if isinstance(cell, int) else plain(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rules, *lines])


def plain(text: str) -> str:
    """Any text as one line of Markdown that means nothing but itself, at most 300 characters of it."""
    line = "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(line.split())[:300]
    return re.sub(r"([\\`*_{}\[\]<>()#|!~$&])", r"\\\1", line)


def _sizes(report: Report) -> str:
    sft, left = report.sets["sft"], _sum(report.left_out)
    valid = report.sets["rl"] + left
    reasons = ", ".join(f"{plain(reason)} {_total(types):,}" for reason, types in report.left_out.items())
    but = f", but for {left:,} that are left out ({reasons})" if left else ""
    return (
        f"Of {report.rows_in:,} input rows, {valid:,} are valid and stand in `rl` without a chain of thought{but}; "
        f"{sft:,} of them passed every step and stand in `sft` with one."
    )


def _models(report: Report) -> str:
    lines = [f"- **{plain(stage)}**: {plain(model)}" for stage, model in report.models.items()]
    return "\n".join(lines) or "None."


def _summary(steps: Sequence[StepCount]) -> str:
    head = ("step", "kept", "rejected", "not answered yet", "failed")
    return table(head, [(s.step, _total(s.kept), _sum(s.rejected), _total(s.owed), _sum(s.failed)) for s in steps])


def _reasons(steps: Sequence[StepCount]) -> str:
    """Why rows stopped at each step, the most frequent reason first."""
    rows: list[tuple[str, str, int]] = []
    for step in steps:
        both = (*step.rejected.items(), *step.failed.items())
        counts = [(reason, _total(types)) for reason, types in both]
        rows += [(step.step, reason, n) for reason, n in sorted(counts, key=lambda count: -count[1])]
    return table(("step", "reason", "rows"), rows)


def _types(report: Report, steps: Sequence[StepCount]) -> str:
    valid, kept = steps[0].kept, steps[-1].kept
    left = {kind: sum(types.get(kind, 0) for types in report.left_out.values()) for kind in valid}
    return table(
        ("problem type", "sft", "rl"), [(kind, kept.get(kind, 0), n - left[kind]) for kind, n in valid.items()]
    )


def _total(types: Types) -> int:
    return sum(types.values())


def _sum(reasons: dict[str, Types]) -> int:
    return sum(map(_total, reasons.values()))
