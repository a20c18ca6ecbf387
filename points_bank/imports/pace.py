"""How much of a file one act takes: little while others write, more and more while nobody does."""

from dataclasses import dataclass

MOST_PARTS = 32
LONGEST_SECONDS = 2.0
"""What a desk may have to wait that comes when nobody has come for a while; after that it waits for one part."""


@dataclass(slots=True)
class Pace:
    """The next act takes `parts` parts: one, and twice as many each time that nobody else wrote and time allows.

    Larger steps are cheaper: a page of an index is written once a step, however many of its rows came in it.
    """

    most_parts: int
    parts: int = 1

    def after(self, *, seconds: float, is_quiet: bool) -> None:
        """A step took so long, and whether anybody but imports and the timetable has written lately."""
        if not is_quiet:
            self.parts = 1
        elif seconds > LONGEST_SECONDS:
            self.parts = max(1, self.parts // 2)
        elif seconds < LONGEST_SECONDS / 2:
            self.parts = min(self.most_parts, self.parts * 2)
