"""How long a reply a server has room for, where it refuses the `max_tokens` that it was asked with.

Most servers count a prompt and the reply that it may get together: what fits beside a short prompt is refused beside a
long one, though the same prompt with a lower limit is answered. Refusals cost nothing.
"""

import re
from dataclasses import dataclass, replace
from math import ceil

from curate.chat import Request
from curate.errors import TooLongError
from curate.posting import Answer

LEAST = 1024  # tokens of a reply; where there is no room for so many, the prompt is what is too long
LOOKED_AT = 4096  # bytes of a server's error

# DeepSeek, OpenAI, Anthropic: what a reply may have at most, whatever the prompt.
_REPLY = re.compile(
    r"valid range of max_(?:completion_)?tokens is \[\d, ?(\d{1,9})\]|supports at most (\d{1,9}) completion tokens"
    r"|max_tokens: \d{1,12} > (\d{1,9}), which is the maximum"
)
# OpenAI and older vLLM: what prompt and reply may have together, and what the prompt has.
_TOGETHER = re.compile(
    r"maximum context length is (\d{1,9}) tokens(?:\. However, you requested \d{1,12} tokens \(| and your request has )"
    r"(\d{1,9})(?: in the messages| input tokens)"
)
# vLLM, which does not count all of a prompt that is too long beside its reply: the context, and what was wanted.
_CONTEXT = re.compile(
    r"maximum context length is (\d{1,9}) tokens\. However, you requested [1-9]\d{0,11} output tokens"
    r"|cannot be greater than max_model_len=\D{0,24}(\d{1,9})"
)
_IMAGES = re.compile(r"(?:at most|up to|maximum of) (\d{1,6}) image(?:\(s\)|s?\b)", re.IGNORECASE)


@dataclass(slots=True)
class Room:
    """What one server has told of its room, in tokens and in images a request; None as long as it has told nothing."""

    reply: int | None = None
    context: int | None = None
    images: int | None = None

    def check(self, images: int) -> None:
        """Raises TooLongError for more images than the server has said that it takes: they are not sent again."""
        if self.images is not None and images > self.images:
            raise TooLongError(f"the server takes at most {self.images} images in a request")

    def fitted(self, request: Request) -> Request:
        """The request as it is, or with fewer `max_tokens` where it is known that so many do not fit."""
        most = request.max_tokens
        if self.reply is not None:
            most = min(most, self.reply)
        if self.context is not None:
            most = min(most, max(self.context - ceil(request.prompt_guess), LEAST))
        return request if most == request.max_tokens else replace(request, max_tokens=most)

    def less(self, answer: Answer, wanted: int) -> int | None:
        """Tokens to want instead; None where that is not what the server refuses, or the prompt is too long."""
        if answer.status not in (400, 422):
            return None
        text = answer.body[:LOOKED_AT].decode("utf-8", "replace")
        if found := _IMAGES.search(text):
            self.images = max(int(found[1]), 1)
            return None
        if found := _REPLY.search(text):
            less = self.reply = int(next(filter(None, found.groups())))
        elif found := _TOGETHER.search(text):
            self.context = int(found[1])
            less = self.context - int(found[2])
        elif found := _CONTEXT.search(text):
            self.context = int(next(filter(None, found.groups())))
            less = min(wanted // 2, self.context - 1)
        else:
            return None
        least = 1 if less == self.reply else LEAST
        return less if least <= less < wanted else None
