"""Rows for Video-R1's trainers (github.com/tulerfeng/Video-R1), which append the options themselves."""

from curate.layout import FamilyLayout
from curate.record import Record


class VideoR1Layout(FamilyLayout):
    """Rows as Video-R1's trainers read them: the problem as it came, the options apart."""

    def problem(self, record: Record) -> str:
        """The problem as in the input row."""
        return record.problem
