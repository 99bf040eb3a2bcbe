"""OCR: how near a transcript is to what is written there."""

import re
from typing import Literal

from curate.answers.dress import unwrapped
from curate.answers.texts import normal

By = Literal["wer", "cer", "mean"]
STOPS = (".", "。")
STOPPED = re.compile(r"[^.。…\s][.。]$")


def transcribed(answer: str, reference: str, by: By = "wer") -> float:
    """1 - word error rate, 1 - character error rate, or the mean of the two (each at least 0.0).

    Both texts are taken in NFKC with single spaces; case counts, for it is written. Quotation marks, Markdown and
    LaTeX's boxes around the whole of a text are no part of it, nor is a full stop at its end that the reference lacks,
    unless it is nearer with them.
    """
    expected = normal(unwrapped(reference))
    found = normal(unwrapped(answer))
    plainly = _right(found, expected, by)
    if plainly < 1 and STOPPED.search(found) and expected[-1:] not in STOPS:
        plainly = max(plainly, _right(found[:-1], expected, by))
    return max(plainly, _right(normal(answer), normal(reference), by)) if plainly < 1 else plainly


def _right(found: str, expected: str, by: By) -> float:
    import jiwer

    rates = {"wer": (jiwer.wer,), "cer": (jiwer.cer,), "mean": (jiwer.wer, jiwer.cer)}[by]
    return sum(max(0.0, 1.0 - float(rate(expected, found))) for rate in rates) / len(rates)
