"""The YAML that a data set card begins with: what the Hub shows and searches, and what `datasets` loads."""

from collections.abc import Sequence
from typing import Any

from curate.holdings import Holding
from curate.settings import CardSettings

DEFAULT = "sft"
TASKS = ("video-text-to-text", "image-text-to-text")
TAGS = ("chain-of-thought", "reasoning", "video", "multimodal", "curate")
SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"))
UNKNOWN = "unknown"  # the Hub's own name for a licence that nobody told


def front_matter(holdings: Sequence[Holding], about: CardSettings) -> str:
    """The block for these sets; the configuration that loads without a name is `sft`."""
    import yaml

    values: dict[str, Any] = {"pretty_name": about.title, **_license(about)}
    values |= {"task_categories": list(TASKS), "tags": list(TAGS), "size_categories": [_size(holdings)]}
    values |= {"configs": [_config(holding) for holding in holdings]}
    values |= {"dataset_info": [_info(holding) for holding in holdings]}
    return f"---\n{yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=1000)}---\n\n"


def _license(about: CardSettings) -> dict[str, str]:
    told = {"license": about.license or UNKNOWN, "license_name": about.license_name, "license_link": about.license_link}
    return {key: value for key, value in told.items() if value}


def _size(holdings: Sequence[Holding]) -> str:
    rows = max((holding.rows for holding in holdings), default=0)
    return next((name for bound, name in SIZES if rows < bound), "n>10M")


def _config(holding: Holding) -> dict[str, Any]:
    """Which files are which split of a set."""
    files = [{"split": split.name, "path": f"{holding.name}/{split.name}-*.parquet"} for split in holding.splits]
    default = {"default": True} if holding.name == DEFAULT else {}
    return {"config_name": holding.name, **default, "data_files": files}


def _info(holding: Holding) -> dict[str, Any]:
    """The columns and sizes of a set."""
    splits = [{"name": s.name, "num_bytes": s.row_bytes, "num_examples": s.rows} for s in holding.splits]
    features = {} if holding.features is None else {"features": [dict(column) for column in holding.features]}
    sizes = {
        "download_size": sum(split.file_bytes for split in holding.splits),
        "dataset_size": sum(split.row_bytes for split in holding.splits),
    }
    return {"config_name": holding.name, **features, "splits": splits, **sizes}
