"""What was spent of what one transfer put into a lot: worked out when asked, since inside a lot points are all alike.

What was put in first counts as spent first. A reversal takes from the award that it reverses before anything else;
what is given back to the lot goes to where it was taken from, the last taken first.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec


class Use(msgspec.Struct, frozen=True):
    """What a transfer put into a lot (positive) or took from it; `undoes_id` is the transfer it reverses or undoes."""

    transfer_id: int
    points: int
    undoes_id: int | None = None


class Spent(msgspec.Struct, frozen=True):
    """So many points went with a debit."""

    transfer_id: int
    points: int


@dataclass(slots=True)
class _Filling:
    """What a transfer put into the lot: what is left of it, and with which debits the rest went, in order."""

    transfer_id: int
    left: int
    spent: dict[int, int]

    def spend(self, points: int, with_id: int) -> int:
        """Take at most so many points; how many it took."""
        taken = min(points, self.left)
        if taken:
            self.left -= taken
            self.spent[with_id] = self.spent.get(with_id, 0) + taken
        return taken

    def restore(self, points: int, from_id: int) -> int:
        """Take back at most so many of the points that went with a debit; how many it got back."""
        returned = min(points, self.spent.get(from_id, 0))
        if returned:
            self.left += returned
            self.spent[from_id] -= returned
        return returned


def spent_of(uses: Iterable[Use], filling_id: int) -> tuple[list[Spent], int]:
    """What was spent of what a transfer put into a lot, oldest first, and what is left of it.

    `uses` are all uses of the lot in the order in which they were posted.
    """
    fillings: list[_Filling] = []
    for use in uses:
        if use.points < 0:
            _drain(fillings, use)
        else:
            _fill(fillings, use)
    own = [filling for filling in fillings if filling.transfer_id == filling_id]
    spent = [Spent(with_id, points) for filling in own for with_id, points in filling.spent.items() if points]
    return spent, sum(filling.left for filling in own)


def _drain(fillings: list[_Filling], use: Use) -> None:
    left = -use.points
    for filling in sorted(fillings, key=lambda each: each.transfer_id != use.undoes_id):
        left -= filling.spend(left, use.transfer_id)
    assert left == 0, "a lot holds what is taken from it"


def _fill(fillings: list[_Filling], use: Use) -> None:
    left = use.points
    if use.undoes_id is not None:
        for filling in reversed(fillings):
            left -= filling.restore(left, use.undoes_id)
    if left:
        fillings.append(_Filling(use.transfer_id, left, {}))
