"""Rewards for reinforcement learning on the sets (arXiv 2505.12434, section 4), built on the filters' checks.

R = R_format + R_accuracy + [R_accuracy > 0] * R_semantic. `formatted`, `accurate` and `total` judge one row;
`format_reward`, `accuracy_reward` and what `total_reward` makes judge a batch as trl's GRPOTrainer hands it
over: `reward(prompts, completions, **columns)`, where each column is a list with one entry a completion. The
columns are those of the sets: `solution`, `problem_type` (each row its own) and, for multiple choice,
`options`. Raises ValueError for a problem type that there is not. `verl_score` judges one row as verl asks for it,
`easyr1_score` a batch as EasyR1 does.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast, get_args

from curate.answers.score import PAPER, Measures, score
from curate.record import ProblemType
from curate.tags import answer_in, in_format, thinking_in

TYPES: tuple[ProblemType, ...] = get_args(ProblemType)
Completion = str | Sequence[Mapping[str, Any]]


class BatchReward(Protocol):
    """A reward as trl's GRPOTrainer calls it: one number for each completion."""

    def __call__(self, prompts: Sequence[Any], completions: Sequence[Completion], **columns: Any) -> list[float]:
        """The rewards, in the completions' order."""


def formatted(completion: str) -> float:
    """R_format: 1.0 where the whole text is `<think>…</think><answer>…</answer>`, else 0.0.

    Each tag stands there once, which the paper's pattern means but does not ask for.
    """
    return float(in_format(completion.strip()))


def accurate(
    completion: str,
    solution: str,
    problem_type: ProblemType,
    options: Sequence[str] = (),
    measures: Measures = PAPER,
) -> float:
    """R_accuracy, in [0, 1]: the score of the last `<answer>…</answer>`, 0.0 where there is none.

    `solution` is the reference, in the same tags or bare.
    """
    if problem_type not in TYPES:
        raise ValueError(f"unknown problem type {problem_type!r}: one of {', '.join(TYPES)}")
    reference = answer_in(solution)
    return score(problem_type, answer_in(completion), solution if reference is None else reference, options, measures)


def total(form: float, accuracy: float, semantic: float = 0.0) -> float:
    """R, in [0, 3]: a semantic reward counts only where the answer is at least partly right."""
    return form + accuracy + (semantic if accuracy > 0 else 0.0)


def claim(completion: str) -> str:
    """The text that the semantic reward embeds: the thinking behind its first full stop.

    The sentence before it restates the question. A thinking with nothing behind a full stop is taken whole.
    """
    thinking, _ = thinking_in(completion)
    text = completion if thinking is None else thinking
    return (text.partition(".")[2] or text).strip()


def consistency(cosine: float, weight: float = 2.0) -> float:
    """R_semantic = min(1, w * max(cos(t, v), 0)), of the cosine between the claim and the mean of the frames.

    Raises ValueError for what is no number: the cosine of an embedding without length is NaN, and no reward.
    """
    if not math.isfinite(cosine):
        raise ValueError(f"consistency: the cosine must be a number from -1 to 1, not {cosine}")
    return min(1.0, weight * max(cosine, 0.0))


def format_reward(prompts: Sequence[Any], completions: Sequence[Completion], **columns: Any) -> list[float]:
    """R_format of each completion."""
    return [formatted(text_of(completion)) for completion in completions]


def accuracy_reward(
    prompts: Sequence[Any],
    completions: Sequence[Completion],
    *,
    solution: Sequence[str],
    problem_type: Sequence[ProblemType],
    options: Sequence[Sequence[str] | None] | None = None,
    **columns: Any,
) -> list[float]:
    """R_accuracy of each completion, each by its own row's problem type.

    Raises ValueError where a column has another number of rows, or a problem type is unknown, and TypeError for
    what is no text; both name the argument and the row.
    """
    choices = [None] * len(completions) if options is None else options
    given = {"solution": solution, "problem_type": problem_type, "options": choices}
    for name, column in given.items():
        if len(column) != len(completions):
            raise ValueError(f"accuracy_reward: {name} has {len(column)} rows, completions has {len(completions)}")
    rows = list(zip(completions, solution, problem_type, choices, strict=True))
    for at, row in enumerate(rows):
        _checked("accuracy_reward", at, *row)
    return [accurate(text_of(said), right, kind, among or ()) for said, right, kind, among in rows]


def total_reward(semantic: BatchReward | None = None) -> BatchReward:
    """A batch reward that is R; `semantic` gives R_semantic and is asked only about rows that are partly right."""

    def reward(prompts: Sequence[Any], completions: Sequence[Completion], **columns: Any) -> list[float]:
        forms = format_reward(prompts, completions)
        accuracies = accuracy_reward(prompts, completions, **columns)
        semantics = [0.0] * len(completions)
        asked = [at for at, accuracy in enumerate(accuracies) if accuracy > 0]
        if semantic and asked:
            picked = _picked(asked, len(completions), columns)
            some = {"prompts": [prompts[at] for at in asked], "completions": [completions[at] for at in asked]}
            found = semantic(**some, **picked)  # all by name, as trl does: a reward may leave out what it does not need
            for at, value in zip(asked, found, strict=True):
                semantics[at] = value
        return list(map(total, forms, accuracies, semantics))

    reward.__name__ = total_reward.__name__  # by which a trainer logs it
    return reward


def verl_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Mapping[str, Any] | None = None, **others: Any
) -> dict[str, float]:
    """R without R_semantic, and its parts, of one row in the layout `verl`, as verl calls a reward function.

    (verl: `custom_reward_function.path` is this file, `.name` is "verl_score".) Raises ValueError or TypeError where
    `extra_info`, which holds the row's `problem_type` and `options`, is not that of the layout.
    """
    score, form, accuracy = _judged("verl_score", 0, solution_str, ground_truth, extra_info or {})
    return {"score": score, "format": form, "accuracy": accuracy}


def easyr1_score(reward_inputs: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """R without R_semantic, and its parts, of a batch in the layout `easyr1`, as EasyR1 calls a reward function.

    (EasyR1: `data.answer_key` is "reference", `worker.reward.reward_function` is "PATH:easyr1_score", where PATH is
    this file.) Each input has a `response` and, as `ground_truth`, the row's `reference`. Raises ValueError or
    TypeError where that is not the layout's.
    """
    scores = []
    for at, given in enumerate(reward_inputs):
        known = _reference(at, given["ground_truth"])
        score, form, accuracy = _judged("easyr1_score", at, given["response"], known.get("answer"), known)
        scores.append({"overall": score, "format": form, "accuracy": accuracy})
    return scores


def text_of(completion: Completion) -> str:
    """The text of a completion: itself, or what the assistant says in a list of messages.

    The content of a message is a text, or a list of parts such as `{"type": "text", "text": "…"}`.
    """
    if isinstance(completion, str):
        return completion
    contents = [message.get("content") or "" for message in completion if message.get("role") == "assistant"]
    return "".join(content if isinstance(content, str) else _joined(content) for content in contents)


def _reference(at: int, text: Any) -> Mapping[str, Any]:
    """What a row's `reference` holds. Raises ValueError where it is another column."""
    try:
        known = json.loads(text)
    except (TypeError, ValueError):
        known = None
    if not isinstance(known, Mapping):
        what = "is no JSON object: data.answer_key must be 'reference'"
        raise ValueError(f"easyr1_score: ground_truth[{at}] {what}: {text!r:.80}")
    return known


def _judged(reward: str, at: int, said: str, solution: Any, known: Mapping[str, Any]) -> tuple[float, float, float]:
    """R without R_semantic, R_format and R_accuracy of one row, of which `problem_type` and `options` are known."""
    kind, options = known.get("problem_type"), known.get("options")
    options = None if options is None else list(options)  # (an array of numpy's, as verl reads it)
    _checked(reward, at, said, solution, kind, options)
    form = formatted(said)
    accuracy = accurate(said, solution, cast(ProblemType, kind), options or ())
    return total(form, accuracy), form, accuracy


def _checked(reward: str, at: int, completion: object, solution: object, problem_type: object, options: object) -> None:
    """Raises TypeError or ValueError where row `at` cannot be judged."""
    if not isinstance(completion, str | Sequence):
        raise TypeError(f"{reward}: completions[{at}] must be a text or messages, not {completion!r:.80}")
    if not isinstance(solution, str):
        raise TypeError(f"{reward}: solution[{at}] must be a text, not {solution!r:.80}")
    if problem_type not in TYPES:
        raise ValueError(f"{reward}: problem_type[{at}] is {problem_type!r:.80}, not one of {', '.join(TYPES)}")
    texts = options is None or (isinstance(options, Sequence) and not isinstance(options, str))
    if not texts or not all(isinstance(option, str) for option in cast(Sequence[object], options or ())):
        raise TypeError(f"{reward}: options[{at}] must be a list of texts or None, not {options!r:.80}")


def _joined(parts: Sequence[Mapping[str, Any]]) -> str:
    return "".join(str(part.get("text") or "") for part in parts)


def _picked(rows: Sequence[int], number: int, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of these rows; what is no column (trl's `trainer_state`) as it is."""

    def picked(value: Any) -> Any:
        column = isinstance(value, Sequence) and not isinstance(value, str) and len(value) == number
        return [value[at] for at in rows] if column else value

    return {name: picked(value) for name, value in columns.items()}
