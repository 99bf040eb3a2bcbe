"""The Hugging Face Hub: files fetched from it, and a data set's repository there, for one try at a time.

Every fault of the client becomes one line: SettingsError where no other try can help, StaleError where the
repository has moved on, TransientError (AwayError where nothing answered) where one may. No line holds the
token, nor an address with what signs it.
"""

import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from json import JSONDecodeError
from logging import CRITICAL
from pathlib import Path
from typing import Any

from curate.errors import AwayError, SettingsError, StaleError, TransientError
from curate.parcel import Content
from curate.words import one_line

SCHEME = "hf://datasets/"
KIND = "dataset"
MOVED = (409, 412)
PASSING = (408, 425, 429)
NO_XET = re.compile(r"\b404\b.*/xet-")  # in the words of the client's Xet part, which come as text
REFUSED = (401, 403)


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


@dataclass(frozen=True, slots=True)
class Head:
    """Where a repository stands: its last commit, and whether only its owners see it."""

    commit: str
    private: bool


class Repository:
    """A data set's repository, by its name OWNER/NAME. Raises SettingsError where that is no such name."""

    def __init__(self, name: str) -> None:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HFValidationError
        from huggingface_hub.utils import disable_progress_bars, logging, validate_repo_id

        try:
            validate_repo_id(name)
        except HFValidationError:
            name, wrong = name[:200], True
        else:
            wrong = name.count("/") != 1
        if wrong:
            raise SettingsError(f"{name!r} is not OWNER/NAME, as the Hub names data sets")
        # What the client says by itself goes past the screen, and it names addresses with what signs them.
        logging.set_verbosity(CRITICAL)
        disable_progress_bars()
        warnings.filterwarnings("ignore", module=r"huggingface_hub\.")
        self.name = name
        self._api = HfApi()

    @property
    def url(self) -> str:
        """Where a person looks at it; HF_ENDPOINT changes the Hub's address."""
        return f"{self._api.endpoint}/datasets/{self.name}"

    @cached_property
    def token(self) -> str | None:
        """The token of the environment (HF_TOKEN) or of `hf auth login`; None where there is none."""
        from huggingface_hub import get_token

        with self._told():
            return get_token()

    def head(self) -> Head | None:
        """Where it stands; None where the Hub shows no such repository to us."""
        from huggingface_hub.errors import RepositoryNotFoundError

        with self._told():
            try:
                info = self._api.dataset_info(self.name)
            except RepositoryNotFoundError:
                return None
        return Head(str(info.sha), bool(info.private))

    def create(self, private: bool) -> None:
        """Make it, unless it is there; who sees it is the owner's default where not `private`."""
        with self._told():
            self._api.create_repo(self.name, repo_type=KIND, private=private or None, exist_ok=True)

    def files(self, commit: str) -> dict[str, Content]:
        """What it holds at this commit, by path."""
        from huggingface_hub.hf_api import RepoFile

        with self._told():
            entries = list(self._api.list_repo_tree(self.name, repo_type=KIND, revision=commit, recursive=True))
        files = (entry for entry in entries if isinstance(entry, RepoFile))
        return {f.path: Content(f.size, f.lfs.sha256 if f.lfs else None, f.blob_id) for f in files}

    def check(self, card: str) -> None:
        """Have the Hub judge a card's front matter. Raises SettingsError with what it objects to."""
        from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

        with self._told():
            answer = get_session().post(
                f"{self._api.endpoint}/api/validate-yaml",
                json={"content": card, "repoType": KIND},
                headers=build_hf_headers(),
            )
            if answer.status_code != 400:
                hf_raise_for_status(answer)
                return
            objections = [str(error.get("message")) for error in answer.json().get("errors", [])]
        raise SettingsError(f"the Hub refuses the card: {self._clean('; '.join(objections)) or 'it does not say why'}")

    def addition(self, path: str, source: Path | bytes) -> Any:
        """What a commit is told of a file or its content; the same one is to be uploaded before."""
        from huggingface_hub import CommitOperationAdd

        return CommitOperationAdd(path, source)

    def upload(self, addition: Any) -> None:
        """Bring a file's bytes to the Hub, unless it has them; small texts travel with the commit."""
        with self._told():
            self._api.preupload_lfs_files(self.name, [addition], repo_type=KIND, free_memory=False)

    def commit(self, message: str, additions: Iterable[Any], remove: Iterable[str], parent: str) -> str:
        """Make all of it one commit upon `parent`, and nothing where that is no longer the last one."""
        from huggingface_hub import CommitOperationDelete

        with self._told():
            made = self._api.create_commit(
                self.name,
                [*(CommitOperationDelete(path) for path in remove), *additions],
                commit_message=message,
                repo_type=KIND,
                parent_commit=parent,
            )
        return str(made.oid)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the client raises into our errors."""
        from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError, OfflineModeIsEnabled

        # Which HTTP library the client rests on differs from version to version; this is the base of its errors.
        lost: Any = HfHubHTTPError.__mro__[1]
        try:
            yield
        except HfHubHTTPError as error:
            raise self._answered(error) from error
        except OfflineModeIsEnabled as error:
            raise SettingsError("HF_HUB_OFFLINE is set, so that nothing can be pushed") from error
        except LocalTokenNotFoundError as error:
            raise SettingsError("the Hub wants a token: set HF_TOKEN or run `hf auth login`") from error
        except (JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise TransientError(f"{self._api.endpoint} does not answer as the Hub does") from error
        except RuntimeError as error:  # the client's name for any fault while a file travels
            raise self._travelled(error) from error
        except lost as error:
            raise AwayError(f"cannot reach {self._api.endpoint}: {self._clean(str(error)) or 'no answer'}") from error
        except (ValueError, OSError) as error:
            if NO_XET.search(str(error)):
                told = f"{self._api.endpoint} has no Xet storage (404): set HF_HUB_DISABLE_XET=1"
                raise SettingsError(told) from error
            raise TransientError(f"{self._api.endpoint}: {self._clean(str(error))}") from error

    def _travelled(self, error: RuntimeError) -> Exception:
        from huggingface_hub.errors import HfHubHTTPError

        cause = error.__cause__
        if isinstance(cause, HfHubHTTPError) and cause.response.request.method != "PUT":
            return self._answered(cause)
        if isinstance(cause, HfHubHTTPError):  # its address was signed for some minutes; another try gets a new one
            return TransientError(f"the Hub's storage answered {cause.response.status_code}", _wish(cause))
        return AwayError(f"the upload broke off: {self._clean(str(cause or error))}")

    def _answered(self, error: Any) -> Exception:
        """What an answer with an error's status means."""
        status, said = error.response.status_code, self._clean(error.server_message or "")
        why = f"{status}{f': {said}' if said else ''}"
        if status in MOVED:
            return StaleError(f"{self.name} has moved on ({why})")
        if status in PASSING or status >= 500:
            return TransientError(f"the Hub answered {why}", _wish(error))
        if status in REFUSED and not self.token:
            return SettingsError("the Hub wants a token: set HF_TOKEN or run `hf auth login`")
        if status == 401:
            return SettingsError(f"the Hub refuses the token ({why}): set HF_TOKEN anew or run `hf auth login`")
        if status == 403:
            return SettingsError(f"the token may not write to {self.name} ({why}): take one that may, or another OWNER")
        if status == 404:
            return SettingsError(f"the Hub knows no {self.name} that this token may write to ({why})")
        return SettingsError(f"the Hub refuses {self.name} ({why})")

    def _clean(self, text: str) -> str:
        """Text from outside on one line, without the token and without what signs an address."""
        bare = re.sub(r"(https?://[^\s?#'\"]*)[^\s'\"]*", r"\1", text)
        return one_line(bare.replace(self.token, "[token]") if self.token else bare)


def _wish(error: Any) -> float | None:
    """The seconds that the Hub wants to be left alone, in either of the headers that say so."""
    headers = error.response.headers
    found = re.fullmatch(r"\s*(\d{1,6})\s*", headers.get("Retry-After", "")) or re.search(
        r"\br=0\b.*\bt=(\d{1,6})", headers.get("ratelimit", "")
    )
    return float(found[1]) if found else None
