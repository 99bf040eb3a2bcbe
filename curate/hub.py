"""The Hugging Face Hub."""

from pathlib import Path

from curate.errors import SettingsError

SCHEME = "hf://datasets/"


def fetch(address: str) -> Path:
    """The local copy of hf://datasets/OWNER/NAME/FILE, downloaded once into the Hub's own cache."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    owner, _, rest = address.removeprefix(SCHEME).partition("/")
    name, _, file = rest.partition("/")
    if not (owner and name and file):
        raise SettingsError(f"input.files: {address!r} is not {SCHEME}OWNER/NAME/FILE")
    try:
        return Path(hf_hub_download(f"{owner}/{name}", file, repo_type="dataset"))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        first = str(error).strip().splitlines()
        raise SettingsError(f"input.files: cannot fetch {address}: {first[0] if first else 'no answer'}") from error
