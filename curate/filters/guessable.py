"""Guessable: a question that is answered without looking teaches not to look (see the stage `blind`)."""

from pydantic import Field

from curate.filter import Filter
from curate.record import Record
from curate.stages.blind import Blind


class GuessableFilter(Filter):
    """Drops questions that a blind model answered rightly in at least `rights` of its tries (None: in all of them).

    Of four options, four tries by chance are all right once in 256 questions.
    """

    needs = (Blind,)
    unfit = True
    rights: int | None = Field(default=None, ge=1)

    def reason(self, record: Record) -> str | None:
        """ "answered blindly: …"."""
        found = record[Blind]
        if found.right < (self.rights or found.tries):
            return None
        return f"answered blindly: {found.right} of {found.tries} tries"
