"""Merging two passbooks of one person, which only a person decides. Both histories are kept."""

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.activities.models import Participation, ParticipationState
from points_bank.actor import Actor, Task
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, MergerPending, OwnActivity, message
from points_bank.ledger.accounts import lock_members
from points_bank.ledger.merging import merge_accounts
from points_bank.members.cards import lead_cards
from points_bank.members.finding import member_seen
from points_bank.members.models import MemberMerger
from points_bank.passbook.closing import close_passbook
from points_bank.transaction import Transaction

MERGER, LINE = table_of(MemberMerger), table_of(Participation)

SAME_MEMBER = message("These are the same member already.")


class Merged(msgspec.Struct, frozen=True):
    """Whose passbook was closed, and whose goes on; the transfer of what was in it, if anything was."""

    id: int
    into_member_id: int
    transfer_id: int | None


_ON_THE_WAY = (
    sa.select(LINE.c.id)
    .where(
        *given(LINE, "member_id"),
        LINE.c.state.not_in((ParticipationState.SETTLED, ParticipationState.REJECTED)),
    )
    .limit(1)
)
_ADD = sa.insert(MERGER)
_LEAD_ON = (
    sa.update(MERGER)
    .where(MERGER.c.leads_to_id == sa.bindparam("whose"))
    .values(leads_to_id=sa.bindparam("to_member_id"))
)


def merge_passbooks(tx: Transaction, member_id: int, *, into_member_id: int, reason: str, by: Actor) -> Merged:
    """Close a member who is somebody else a second time; that one goes on with the points, the lots and the cards.

    Service and honour points stay in the books of the closed one, each line counted once, and are shown together.
    Reservations end first. Refuses `own_activity`, `member_closed`, and `merger_pending` while service of the member
    to be closed has not settled, for it would settle on a closed passbook.
    """
    for each in (member_id, into_member_id):
        member_seen(tx, each, task=Task.APPROVE, by=by).require_open()
    if member_id == into_member_id:
        raise Invalid({"into_member_id": SAME_MEMBER})
    if by.member_id in {member_id, into_member_id}:
        raise OwnActivity
    lock_members(tx, [member_id, into_member_id])
    if tx.maybe(_ON_THE_WAY, member_id=member_id) is not None:
        raise MergerPending
    close_passbook(tx, member_id, reason=reason, by=by)
    transfer_id = merge_accounts(
        tx, member_id=member_id, into_member_id=into_member_id, on=tx.today, reference=f"merger:{member_id}"
    )
    lead_cards(tx, member_id, to_member_id=into_member_id)
    tx.run(
        _ADD, member_id=member_id, into_member_id=into_member_id, leads_to_id=into_member_id, reason=reason,
        merged_by=by.name, merged_at=tx.now,
    )  # fmt: skip
    tx.run(_LEAD_ON, whose=member_id, to_member_id=into_member_id)
    audit.note(tx, by, f"member:{member_id}", f"member:{into_member_id}")
    return Merged(member_id, into_member_id, transfer_id)
