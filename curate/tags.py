"""The tags of the format: `<think>…</think>` and `<answer>…</answer>`."""

import re

ANSWER = re.compile(r"<answer>((?:(?!<answer>).)*?)</answer>", re.DOTALL)
EACH_ONCE = ["<think>", "</think>", "<answer>", "</answer>"]
TAG = re.compile(r"<\s{0,3}/?\s{0,3}(?:think|answer)\s{0,3}/?>", re.IGNORECASE)
SOLE = re.compile(r"\s*<think>((?:(?!</?think>).)*)</think>(?:(?!</?think>).)*", re.DOTALL)
PAIR = re.compile(r"<think>((?:(?!</?think>).)*)</think>", re.DOTALL)
PAIRS = re.compile(rf"\s*(?:{PAIR.pattern}\s*)+", re.DOTALL)
ANY = re.compile(r"</?(?:think|answer)>")


def thinking_in(text: str) -> tuple[str | None, str]:
    """The thinking inside a text and what follows it: (None, text) where there is none.

    Some servers leave out the opening tag, since it is the last of the prompt. An empty pair before the
    real one, as models write that were told not to think, is passed over.
    """
    before, closing, after = text.partition("</think>")
    if not closing:
        return None, text
    while "</think>" in after and not before.rpartition("<think>")[2].strip():
        before, _, after = after.partition("</think>")
    return before.rpartition("<think>")[2].strip(), after


def sole_thinking(text: str) -> str | None:
    """The thinking of a text that holds one; None where there is none.

    That a model has reasoned before, in tags of its own, is no second one where the rest begins with `<think>…</think>`
    and has no more of these. Raises ValueError where there are several: nobody can say which is meant, or what is lost.
    """
    thinking, rest = thinking_in(text)
    if thinking is None:
        return None
    if answer := SOLE.fullmatch(rest):
        return answer[1].strip() or thinking
    opened = text.partition("</think>")[0].split("<think>")[1:-1]
    if "think>" in rest or any(map(str.strip, opened)):
        raise ValueError("more than one <think> in the reply")
    return thinking


def joined_thinking(text: str) -> str | None:
    """The thinking of a text, of which each part may stand in a pair of its own; None where there is none.

    Raises ValueError where words stand between the pairs: they would be lost.
    """
    if pairs := PAIRS.match(text):
        found = [thinking.strip() for thinking in PAIR.findall(pairs[0])]
        if len(found) > 1 and "think>" not in text[pairs.end() :]:
            return "\n\n".join(filter(None, found))
    return sole_thinking(text)


def answer_in(text: str) -> str | None:
    """The last answer in a text, without its tags; None where there is no complete pair."""
    found = ANSWER.findall(text)
    return str(found[-1]).strip() if found else None


def in_format(text: str) -> bool:
    """Whether a text is `<think>…</think><answer>…</answer>` as a whole, maybe with blanks between, each tag once."""
    found = [*TAG.finditer(text)]
    if [match[0] for match in found] != EACH_ONCE:
        return False
    between = text[found[1].end() : found[2].start()]
    return found[0].start() == 0 and found[3].end() == len(text) and not between.strip()


def process(thinking: str) -> str:
    """A thinking as the sets hold it."""
    return f"<think>{thinking}</think>"


def solution(answer: str) -> str:
    """An answer as the sets hold it."""
    return f"<answer>{answer}</answer>"
