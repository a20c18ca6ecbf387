"""Lots: points that lapse on the same date. Splitting is pure; reading takes a transaction."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.columns import given, table_of
from points_bank.ledger.models import Lot, LotUse
from points_bank.transaction import Transaction

LOT, USE = table_of(Lot), table_of(LotUse)


class LotPoints(msgspec.Struct, frozen=True):
    """Points of a lot: what remains in it, or how many of it are meant."""

    lot_id: int
    lapses_on: date
    points: int


_OPEN = (
    sa.select(LOT.c.id, LOT.c.lapses_on, LOT.c.remaining_points)
    .where(*given(LOT, "account_id"), LOT.c.remaining_points > 0)
    .order_by(LOT.c.lapses_on, LOT.c.id)
)
_TAKEN_BY = (
    sa.select(LOT.c.id, LOT.c.lapses_on, -USE.c.points)
    .join_from(USE, LOT, LOT.c.id == USE.c.lot_id)
    .where(*given(USE, "transfer_id"))
    .order_by(LOT.c.lapses_on, LOT.c.id)
)


def open_lots(tx: Transaction, account_id: int) -> list[LotPoints]:
    """The lots in which something remains, those that lapse first in front; also ones past their date."""
    return [_lot_points(row) for row in tx.all(_OPEN, account_id=account_id)]


def lots_taken_by(tx: Transaction, transfer_id: int) -> list[LotPoints]:
    """What a debit took from each lot, by the lots' dates of today."""
    return [_lot_points(row) for row in tx.all(_TAKEN_BY, transfer_id=transfer_id)]


def is_past(lot: LotPoints, on: date) -> bool:
    """Whether a lot can no longer be spent on that day, be its lapse booked or not."""
    return lot.lapses_on < on


def split_over_lots(lots: Iterable[LotPoints], points: int) -> list[LotPoints]:
    """Take points from lots in the order given; less than asked where the lots hold less."""
    taken: list[LotPoints] = []
    for lot in lots:
        if points <= 0:
            break
        part = min(points, lot.points)
        taken.append(LotPoints(lot.lot_id, lot.lapses_on, part))
        points -= part
    return taken


def without_first(lots: Sequence[LotPoints], points: int) -> list[LotPoints]:
    """What is left of lots when so many points are left out, from the front."""
    left: list[LotPoints] = []
    for lot in lots:
        out = min(points, lot.points)
        points -= out
        if lot.points > out:
            left.append(LotPoints(lot.lot_id, lot.lapses_on, lot.points - out))
    return left


def total(lots: Iterable[LotPoints]) -> int:
    return sum(lot.points for lot in lots)


def _lot_points(row: Any) -> LotPoints:
    return LotPoints(*row)
