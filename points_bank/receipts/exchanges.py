"""The exchange that a line is about: at which desk, what became of it, and who handed it over."""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from points_bank.columns import given, table_of
from points_bank.passbook.lines import PassbookLine
from points_bank.redemptions.models import Redemption, RedemptionState
from points_bank.rewards.models import Desk
from points_bank.staff.models import Staff
from points_bank.transaction import Transaction

REDEMPTION, DESK, STAFF = table_of(Redemption), table_of(Desk), table_of(Staff)


class ExchangeBehind(msgspec.Struct, frozen=True, kw_only=True):
    """`clerk_name` is who handed it over at the desk; None before that, and where it never was."""

    redemption_id: int
    state: RedemptionState
    desk_name: str
    is_reservation: bool
    collected_at: datetime | None
    clerk_name: str | None


_EXCHANGE = (
    sa.select(
        REDEMPTION.c.id.label("redemption_id"),
        REDEMPTION.c.state,
        DESK.c.name.label("desk_name"),
        REDEMPTION.c.expires_at.is_not(None).label("is_reservation"),
        REDEMPTION.c.collected_at,
        STAFF.c.name.label("clerk_name"),
    )
    .join_from(REDEMPTION, DESK, DESK.c.id == REDEMPTION.c.desk_id)
    .outerjoin(STAFF, REDEMPTION.c.collected_by == sa.literal("staff:").concat(sa.cast(STAFF.c.id, sa.String)))
    .where(*given(REDEMPTION, "id"))
)


def exchange_behind(tx: Transaction, line: PassbookLine) -> ExchangeBehind | None:
    """What a line of an exchange, a reservation or their undoing is about; None for any other line."""
    noun, _, number = line.reference.partition(":")
    if noun != "redemption":
        return None
    row = tx.maybe(_EXCHANGE, id=int(number.partition("/")[0]))
    return None if row is None else ExchangeBehind(**row._asdict())
