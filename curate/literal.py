"""Whether a record says anything of its medium, or refuses."""

from collections.abc import Sequence

from curate.errors import DeclinedError

MOST = 0.75  # of the frames: where so many refuse, the few others are not to be trusted
NOTHING = frozenset({"", "n/a", "na", "none", "null", "unknown", "string"})


def unseen(text: str) -> str | None:
    """What in these words asks for the medium or refuses; its many patterns are imported with the first reply."""
    from curate.declining import unseen

    return unseen(text)


def literal(text: str) -> None:
    """Raises DeclinedError where these words ask for the medium or refuse: such a record is no caption."""
    if said := unseen(text):
        raise DeclinedError(f"the model declines: {said!r}")


def telling(theme: str, frames: Sequence[str], listed: bool) -> None:
    """Raises DeclinedError where most frames refuse, ValueError where they and the rest of the record say nothing.

    `listed`: whether anything is named beside the captions of the frames, which may then be missing.
    """
    refusals = [said for said in map(unseen, frames) if said]
    silent = sum(map(blank, frames))
    if len(refusals) + silent < MOST * len(frames):
        return
    if refusals:
        raise DeclinedError(f"the model declines in {len(refusals)} of {len(frames)} frames: {refusals[0]!r}")
    if blank(theme) or not listed:
        raise ValueError(f"{silent} of {len(frames)} frames say nothing")


def blank(text: str) -> bool:
    """Whether a text has no words, or only one that stands for none."""
    return text.strip(" \n.-–—_[]()").lower() in NOTHING
