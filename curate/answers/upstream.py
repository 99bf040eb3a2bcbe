"""Video-R1's accuracy reward (its `grpo.py`, which VideoRFT's public code shares), without its faults.

Which of its numbers are kept and which are faults is listed in docs/answers.md. Multiple choice is not in here:
there, all that upstream does beside our own rule is a fault.
"""

import math
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from curate.answers.likeness import mean_f1, rouge

REFERENCE_ZERO = 1e-9  # upstream's guard against a division by zero


def missing() -> str | None:
    """What has to be installed before answers can be scored so; None: nothing."""
    return None if find_spec("rouge_score") else "`pip install 'curate[video-r1]'` (rouge-score)"


def rounded(answer: str, reference: str) -> float:
    """Numerical: equal when rounded to two decimals."""
    found, expected = _float(answer), _float(reference)
    return float(found is not None and expected is not None and round(found, 2) == round(expected, 2))


def relative(answer: str, reference: str) -> float:
    """Regression: 1 - relative error, with upstream's guard."""
    found, expected = _float(answer), _float(reference)
    if found is None or expected is None:
        return 0.0
    if found == expected:
        return 1.0
    error = (abs(found - expected) + REFERENCE_ZERO) / (abs(expected) + REFERENCE_ZERO)
    return 1.0 - min(1.0, error)


def transcribed(answer: str, reference: str) -> float:
    """OCR: 1 - word error rate of the texts as they are, at least 0.0."""
    import jiwer

    found, expected = (" ".join(text.split()) for text in (answer, reference))
    return max(0.0, 1.0 - float(jiwer.wer(expected, found)))


def likeness(answer: str, reference: str) -> float:
    """Free-form: the mean F1 of ROUGE-1, ROUGE-2 and ROUGE-L on the tokens of the package rouge-score.

    Texts of which it leaves no token (it knows a-z and 0-9 only) are compared by our own ROUGE.
    """
    found, expected = (_tokenizer().tokenize(text) for text in (answer, reference))
    return mean_f1(found, expected) if found and expected else rouge(answer, reference)


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    from rouge_score.tokenizers import DefaultTokenizer

    return DefaultTokenizer(use_stemmer=True)


def _float(text: str) -> float | None:
    """A plain decimal number as upstream reads it; None for units, signs of money, fractions and the like."""
    from curate.answers.numbers import number  # (a large reader: with the first that is read)

    bare = text.strip()
    try:
        value = float(bare.replace(",", ""))
    except ValueError:
        return None
    grouped = "," not in bare or number(bare) is not None
    return value if math.isfinite(value) and grouped and "_" not in bare and len(bare) <= 100 else None
