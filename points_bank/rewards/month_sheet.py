"""A sponsor's month: what came of their goods, in counts. It names nobody."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor
from points_bank.clock import Period, parse_month, start_of_day
from points_bank.columns import table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.i18n import Language, translate
from points_bank.rewards.attribution import StockChange, attributed
from points_bank.rewards.models import (
    Reward,
    SponsoredReceipt,
    StockMovement,
    StockMovementKind,
    WriteOff,
    WriteOffState,
)
from points_bank.rewards.sponsors import SponsorLine, sponsor_seen
from points_bank.spreadsheets import Sheet
from points_bank.transaction import Transaction

MOVEMENT, REWARD = table_of(StockMovement), table_of(Reward)
RECEIPT, WRITE_OFF = table_of(SponsoredReceipt), table_of(WriteOff)

NOT_A_MONTH = message("A month is needed, such as 2026-11.")
HEADINGS = (
    message("Goods"),
    message("At the start"),
    message("Received"),
    message("Handed out"),
    message("Damaged"),
    message("Found or missing"),
    message("Left"),
)

COUNTS = "counts"
"""The cause of what counts missed."""


class GoodsLine(msgspec.Struct, frozen=True):
    """One reward: `opening + received - issued - damaged + counted = left`.

    `issued` is net of what was given back, and counts what is put aside for a reservation. `damaged` counts from when
    it was found; `damaged_unconfirmed` of it still wait for a second person. `counted` is what counts found (positive)
    or missed.
    """

    reward_id: int
    name: str
    opening: int
    received: int
    issued: int
    damaged: int
    damaged_unconfirmed: int
    counted: int
    left: int


class MonthSheet(msgspec.Struct, frozen=True):
    sponsor: SponsorLine
    month: str
    goods: list[GoodsLine]


_RETURNED = WRITE_OFF.alias("returned")
_PAIRS = (
    sa.select(MOVEMENT.c.desk_id, MOVEMENT.c.reward_id)
    .distinct()
    .join_from(RECEIPT, MOVEMENT, MOVEMENT.c.id == RECEIPT.c.movement_id)
    .where(RECEIPT.c.sponsor_id == sa.bindparam("sponsor_id"))
    .subquery()
)
_MOVEMENTS = (
    sa.select(
        MOVEMENT.c.id,
        MOVEMENT.c.desk_id,
        MOVEMENT.c.reward_id,
        REWARD.c.name,
        MOVEMENT.c.kind,
        MOVEMENT.c.quantity,
        MOVEMENT.c.redemption_id,
        MOVEMENT.c.moved_at,
        RECEIPT.c.sponsor_id,
        WRITE_OFF.c.state,
        _RETURNED.c.movement_id.label("returns_id"),
    )
    .join_from(_PAIRS, MOVEMENT, sa.and_(
        MOVEMENT.c.desk_id == _PAIRS.c.desk_id, MOVEMENT.c.reward_id == _PAIRS.c.reward_id
    ))
    .join(REWARD, REWARD.c.id == MOVEMENT.c.reward_id)
    .outerjoin(RECEIPT, RECEIPT.c.movement_id == MOVEMENT.c.id)
    .outerjoin(WRITE_OFF, WRITE_OFF.c.movement_id == MOVEMENT.c.id)
    .outerjoin(_RETURNED, _RETURNED.c.returned_movement_id == MOVEMENT.c.id)
    .where(MOVEMENT.c.moved_at < sa.bindparam("until_at", type_=MOVEMENT.c.moved_at.type))
    .order_by(MOVEMENT.c.reward_id, MOVEMENT.c.desk_id, MOVEMENT.c.id)
)  # fmt: skip
_ISSUING = {
    StockMovementKind.REDEEMED,
    StockMovementKind.RESERVED,
    StockMovementKind.RELEASED,
    StockMovementKind.REFUNDED,
}


def month_sheet(tx: Transaction, sponsor_id: int, month: str, *, by: Actor) -> MonthSheet:
    """What came of a sponsor's goods in a month (`2026-12`) at all desks; of the running month, so far.

    Refuses `invalid` what is no month, and `not_found` one that has not begun.
    """
    sponsor = sponsor_seen(tx, sponsor_id, by=by)
    period = parse_month(month)
    if period is None:
        raise Invalid({"month": NOT_A_MONTH})
    if period.first_on > tx.today:
        raise NotFound
    rows = tx.all(_MOVEMENTS, sponsor_id=sponsor_id, until_at=start_of_day(period.until, tx.zone))
    goods = [_goods_line(tx, sponsor_id, period, list(of_reward)) for _, of_reward in groupby(rows, _reward)]
    return MonthSheet(sponsor, month, goods)


def sheet_of(found: MonthSheet, language: Language) -> Sheet:
    """The month as a table for spreadsheets."""
    rows = [
        (line.name, line.opening, line.received, line.issued, line.damaged, line.counted, line.left)
        for line in found.goods
    ]
    return Sheet(found.month, [translate(heading, language) for heading in HEADINGS], rows)


def _reward(row: Any) -> int:
    reward_id: int = row.reward_id
    return reward_id


def _goods_line(tx: Transaction, sponsor_id: int, period: Period, rows: Sequence[Any]) -> GoodsLine:
    start_at = start_of_day(period.first_on, tx.zone)
    counts: Counter[str] = Counter()
    for _, of_desk in groupby(rows, lambda row: row.desk_id):
        for row, quantity in _own(list(of_desk), sponsor_id):
            counts["left"] += quantity
            counts["opening" if row.moved_at < start_at else _column(row)] += quantity
            if row.moved_at >= start_at and row.state is WriteOffState.PROPOSED:
                counts["unconfirmed"] -= quantity
    return GoodsLine(
        rows[0].reward_id, rows[0].name, counts["opening"], counts["received"], -counts["issued"], -counts["damaged"],
        counts["unconfirmed"], counts["counted"], counts["left"],
    )  # fmt: skip


def _own(rows: Sequence[Any], sponsor_id: int) -> Iterator[tuple[Any, int]]:
    """The movements of a desk's stock of one reward, with how many of this sponsor's goods each moved."""
    for row, parts in zip(rows, attributed(_change(row) for row in rows), strict=True):
        quantity = sum(part for source, part in parts if source == sponsor_id)
        if quantity:
            yield row, quantity


def _change(row: Any) -> StockChange:
    """A movement with its cause: a redemption, which what comes back undoes, a write-off, or counts.

    All counts are one cause: what one of them finds is first of all what those before it had missed.
    """
    if row.kind is StockMovementKind.COUNTED:
        return StockChange(row.quantity, cause=COUNTS, undoes=COUNTS if row.quantity > 0 else None)
    cause = ("redemption", row.redemption_id) if row.redemption_id else ("movement", row.id)
    undoes = None
    if row.quantity > 0 and row.redemption_id:
        undoes = cause
    elif row.returns_id is not None:
        undoes = ("movement", row.returns_id)
    return StockChange(row.quantity, row.sponsor_id, cause, undoes)


def _column(row: Any) -> str:
    """The column of the sheet that a movement belongs to."""
    if row.kind in _ISSUING:
        return "issued"
    if row.kind is StockMovementKind.DAMAGED or row.returns_id is not None:
        return "damaged"
    return "counted" if row.kind is StockMovementKind.COUNTED else "received"
