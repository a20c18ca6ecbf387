"""Passbooks that were merged into a member's: closed, with their history kept."""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.columns import given, table_of
from points_bank.members.finding import member_seen
from points_bank.members.models import MemberMerger
from points_bank.transaction import Transaction

MERGER = table_of(MemberMerger)


class EarlierPassbook(msgspec.Struct, frozen=True):
    """A passbook that goes on in another one, by the number of the member it was kept for."""

    member_id: int
    merged_at: datetime


_EARLIER = (
    sa.select(MERGER.c.member_id, MERGER.c.merged_at).where(*given(MERGER, "leads_to_id")).order_by(MERGER.c.member_id)
)


def earlier_passbooks(tx: Transaction, member_id: int, *, by: Actor) -> list[EarlierPassbook]:
    """What was merged into a member's passbook, straight or by way of others. Its lines are `passbook_lines`."""
    member_seen(tx, member_id, task=Task.READ_TRANSFERS, by=by)
    return [EarlierPassbook(**row._asdict()) for row in tx.all(_EARLIER, leads_to_id=member_id)]
