"""The debugging log: what a command does, one line for each event, without keys and pixels.

Modules log through `logging` below the name "curate"; nobody listens unless a file is given.
"""

import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from curate.errors import SettingsError
from curate.settings import Settings

log = logging.getLogger(__name__)

ROOT = "curate"
HIDDEN = "[key]"
LONGEST = 2000  # characters of a line
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_SHORT = 8  # characters; a shorter value of the environment may stand anywhere by chance


class Line(logging.Formatter):
    """Time (UTC), level, module and message on one line; of these secrets, and of control characters, none."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets = sorted(set(secrets), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        text = record.getMessage()
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return f"{at} {record.levelname} {record.name.removeprefix(f'{ROOT}.')}: {escaped(text[:LONGEST])}"


class _File(logging.FileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """A log that cannot be written any more must not disturb the run."""


@contextmanager
def kept(file: Path | None, secrets: Iterable[str]) -> Iterator[None]:
    """Append what is logged to this file until the block ends. Raises SettingsError where it cannot be opened."""
    if file is None:
        yield
        return
    try:
        handler = _File(file, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise SettingsError(f"--log: cannot write {file}: {error.strerror}") from None
    handler.setFormatter(Line(secrets))
    logger = logging.getLogger(ROOT)
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before
        logger.setLevel(before[0])  # which also forgets what it knew of levels
        handler.close()


def secrets(settings: Settings) -> set[str]:
    """What must not stand in the log: the models' keys, and whatever the environment calls a key or the like."""
    keys = {str(getattr(model, "secret", None) or "") for model in settings.models.values()}
    named = {value for name, value in os.environ.items() if _SECRET.search(name) and len(value) >= _SHORT}
    return {secret for secret in keys | named if secret}


def settings_used(settings: Settings) -> None:
    """Log these settings; of an `extra_body` only its keys."""
    log.debug("work folder %s, steps %s, files %s", settings.work, ", ".join(settings.steps), settings.files)
    log.debug("media %s, max_cost %s, max_tokens %s", settings.media, settings.max_cost, settings.max_tokens)
    for name, model in settings.models.items():
        told: dict[str, Any] = model.model_dump(mode="json", exclude={"extra_body"})
        extra = sorted(getattr(model, "extra_body", {}))
        log.debug("model %s: %s %s, extra_body has %s", name, model.name(), told, extra)
    for name, stage in settings.stages.items():
        log.debug("stage %s: %s", name, stage.model_dump(mode="json"))
    for name, judge in settings.filters.items():
        log.debug("filter %s: %s", name, judge.model_dump(mode="json"))


def escaped(text: str) -> str:
    """Text on one line, its control characters written out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
