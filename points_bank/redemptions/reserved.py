"""What is reserved at a desk and waits to be collected: whose it is, until when, and which one a code is of."""

import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor
from points_bank.columns import given, table_of
from points_bank.redemptions.models import Redemption, RedemptionState
from points_bank.redemptions.order import desk_served
from points_bank.redemptions.register import Names, RegisterItem
from points_bank.redemptions.reservation import reservation_code
from points_bank.rewards.desks import DeskLine
from points_bank.rules.in_force import rules_in_force
from points_bank.staff.tries import check_guesses, remember_guesses
from points_bank.transaction import Transaction

REDEMPTION = table_of(Redemption)


class Reserved(msgspec.Struct, frozen=True):
    """Goods put aside for somebody; the code that collects them is theirs to tell."""

    id: int
    member_id: int
    member_name: str
    card_tail: str | None
    items: list[RegisterItem]
    amount_points: int
    expires_at: datetime


_WAITING = (
    sa.select(
        REDEMPTION.c.id,
        REDEMPTION.c.member_id,
        REDEMPTION.c.amount_points,
        REDEMPTION.c.expires_at,
        REDEMPTION.c.ordered_by.label("who"),
        REDEMPTION.c.proxy_id,
        REDEMPTION.c.wrong_codes,
    )
    .where(
        REDEMPTION.c.state == RedemptionState.RESERVED,
        REDEMPTION.c.expires_at > sa.bindparam("now"),
        *given(REDEMPTION, "desk_id"),
    )
    .order_by(REDEMPTION.c.expires_at, REDEMPTION.c.id)
)
_WAITING_FOR = _WAITING.where(*given(REDEMPTION, "member_id"))


def reserved_at(tx: Transaction, desk_id: int, *, by: Actor) -> list[Reserved]:
    """All that waits at a desk where the actor serves; what runs out first in front."""
    desk = desk_served(tx, desk_id, by=by)
    return _lines(tx, tx.all(_WAITING, desk_id=desk.id, now=tx.now))


def reserved_for(tx: Transaction, desk: DeskLine, member_id: int) -> list[Reserved]:
    """What waits there for one person."""
    return _lines(tx, tx.all(_WAITING_FOR, desk_id=desk.id, member_id=member_id, now=tx.now))


def reservation_with_code(tx: Transaction, desk_id: int, code: str, *, by: Actor) -> int | None:
    """The reservation at this desk that a code of six digits collects, if there is one.

    An act that writes: a wrong code is nobody's, so that it is counted for who typed it, and refused with
    `too_many_tries` after some. One whose tries are used up is not found by its code any more.
    """
    desk = desk_served(tx, desk_id, by=by)
    check_guesses(tx, "code", by=by)
    tries = rules_in_force(tx, branch_path=desk.branch_path, on=tx.today).rule_set.reservation_tries
    waiting = [row.id for row in tx.all(_WAITING, desk_id=desk.id, now=tx.now) if row.wrong_codes < tries]
    fitting = [each for each in waiting if hmac.compare_digest(code, reservation_code(tx, each))]
    if not fitting:
        remember_guesses(tx, "code", by=by)
    return fitting[0] if len(fitting) == 1 else None


def _lines(tx: Transaction, rows: Sequence[Any]) -> list[Reserved]:
    names = Names(tx, rows)
    return [
        Reserved(
            id=row.id,
            member_id=row.member_id,
            member_name=names.members[row.member_id],
            card_tail=names.card_tail(row.member_id),
            items=names.items[row.id],
            amount_points=row.amount_points,
            expires_at=row.expires_at,
        )
        for row in rows
    ]
