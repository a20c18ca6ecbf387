"""One passbook on paper: points by date of lapse, or a deficit."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from tests.bank import SHANGHAI


@dataclass
class Passbook:
    """Points by date of lapse, or a deficit; and what counts for life."""

    lots: dict[date, int] = field(default_factory=dict)
    deficit: int = 0
    honour: int = 0
    minutes: int = 0
    activities: int = 0

    @property
    def balance(self) -> int:
        return sum(self.lots.values()) - self.deficit

    def spendable(self, today: date) -> int:
        return sum(points for on, points in self.lots.items() if on >= today) - self.deficit

    def lapse(self, today: date) -> None:
        self.lots = {on: points for on, points in self.lots.items() if on >= today}

    def put(self, points: int, on: date) -> date | None:
        """Fill the deficit, then the lot; its date where anything went into it."""
        filled = min(points, self.deficit)
        self.deficit -= filled
        if points == filled:
            return None
        self.lots[on] = self.lots.get(on, 0) + points - filled
        return on

    def take(self, points: int, *, first: Iterable[date | None] = ()) -> list[tuple[date, int]]:
        """Empty lots, these dates first; what is in none becomes a deficit."""
        parts = []
        before = set(first)
        for on in sorted(self.lots, key=lambda each: (each not in before, each)):
            part = min(points, self.lots[on])
            points -= part
            self.lots[on] -= part
            if part:
                parts.append((on, part))
        self.lots = {on: left for on, left in self.lots.items() if left}
        self.deficit += points
        return parts


@dataclass
class Awarded:
    """An award that was posted: what is left of it to reverse, and the lot that it went into."""

    left: int
    lot: date | None


def midnight_after(on: date) -> datetime:
    return datetime.combine(on + timedelta(days=1), time(), SHANGHAI)
