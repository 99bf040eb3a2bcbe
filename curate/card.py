"""The data set card: what the Hub shows of a publication, and what `datasets` reads to load its sets."""

from collections.abc import Mapping, Sequence
from string import Template

import curate
from curate import sections
from curate.frontmatter import front_matter
from curate.holdings import Holding
from curate.report import Report
from curate.settings import CardSettings

BODY = Template("""\
# $title

$sizes

$files

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

## Mix

$mix

## Licences of the sources

$licenses

## Columns

$columns

## Settings

Numbers, switches and fixed words of the settings; free texts, addresses and keys are not shown.

$settings

The prompts, by the first digits of their SHA-256:

$prompts

## How to load

```python
from datasets import load_dataset

sft = load_dataset("OWNER/NAME", "sft", split="train")
rl = load_dataset("OWNER/NAME", "rl", split="train")
```

A local folder works in place of `OWNER/NAME`.

## Known limits

$limits

## Citation

Please cite the method, the tool, and the sources of the questions.

```bibtex
@inproceedings{wang2025videorft,
  title     = {VideoRFT: Incentivizing Video Reasoning Capability in MLLMs via Reinforced Fine-Tuning},
  author    = {Wang, Qi and Yu, Yanrui and Yuan, Ye and Mao, Rui and Zhou, Tianfei},
  booktitle = {Advances in Neural Information Processing Systems},
  year      = {2025},
  note      = {arXiv:2505.12434}
}

@software{curate,
  title   = {curate: chain-of-thought training data from video and image questions},
  version = {$version}
}
$citation```
""")


def card(report: Report, holdings: Sequence[Holding], about: CardSettings, settings: Mapping[str, str]) -> str:
    """The text of README.md: YAML front matter with a configuration for each set, then Markdown.

    `holdings` are the sets as they lie in their files, `settings` what may be told of the settings. Everything that
    settings or rows could have brought in stands there escaped, on one line.
    """
    steps = report.steps()
    body = BODY.substitute(
        title=sections.plain(about.title),
        version=curate.__version__,
        sizes=sections.sizes(report),
        files=sections.files(holdings) + sections.held_back(report),
        models=sections.named(report.models),
        steps=sections.summary(steps),
        reasons=sections.reasons(steps),
        types=sections.types(report, steps),
        mix=sections.asked_for(report.mix) + sections.mix(report.shares),
        licenses=sections.licenses(report.shares, about),
        columns=sections.columns(holdings),
        settings=sections.table(("setting", "value"), list(settings.items())),
        prompts=sections.named(report.prompts),
        limits="\n".join(f"- {limit}" for limit in sections.limits(report, holdings)),
        citation=sections.citation(about),
    )
    return front_matter(holdings, about) + body
