"""The lots of a passbook one by one, each with the order that let it last longer."""

from datetime import date

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.columns import given, table_of
from points_bank.ledger.accounts import account_of
from points_bank.ledger.models import Lot
from points_bank.members.finding import member_seen
from points_bank.transaction import Transaction

LOT = table_of(Lot)


class LotLine(msgspec.Struct, frozen=True):
    """Points that lapse at the end of a date; `extension_order` is null where no order changed it."""

    id: int
    lapses_on: date
    remaining_points: int
    extension_order: str | None


_LOTS = (
    sa.select(LOT.c.id, LOT.c.lapses_on, LOT.c.remaining_points, sa.func.nullif(LOT.c.extension_order, ""))
    .where(*given(LOT, "account_id"), LOT.c.remaining_points > 0, LOT.c.lapses_on >= sa.bindparam("today"))
    .order_by(LOT.c.lapses_on, LOT.c.id)
)


def lots_of_member(tx: Transaction, member_id: int, *, by: Actor) -> list[LotLine]:
    """A member's lots that can be spent from, in the order in which they are spent."""
    member_seen(tx, member_id, task=Task.READ_PASSBOOKS, by=by)
    account = account_of(tx, member_id)
    return [LotLine(*row) for row in tx.all(_LOTS, account_id=account.id, today=tx.today)]
