"""Rows for VideoRFT's trainers (github.com/QiWang98/VideoRFT), which never read `options`."""

from curate.layout import FamilyLayout
from curate.record import Record


class VideoRFTLayout(FamilyLayout):
    """Rows as VideoRFT's trainers read them: the options stand inside the problem."""

    def problem(self, record: Record) -> str:
        """The question with its options, each on a line of its own, exactly once."""
        return record.question
