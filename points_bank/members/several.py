"""Many members at once, for sheets: one statement, whatever the length of the sheet."""

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.columns import given, table_of
from points_bank.members.cards_in_force import IS_IN_FORCE
from points_bank.members.models import Card, Member, Visit
from points_bank.transaction import Transaction

MEMBER, CARD, VISIT, BRANCH = table_of(Member), table_of(Card), table_of(Visit), table_of(Branch)


class SeenMember(msgspec.Struct, frozen=True):
    id: int
    is_closed: bool


_MEMBERS = (
    sa.select(MEMBER.c.id, MEMBER.c.closed_at, BRANCH.c.path)
    .join_from(MEMBER, BRANCH, BRANCH.c.id == MEMBER.c.branch_id)
    .where(MEMBER.c.id.in_(sa.bindparam("member_ids", expanding=True)))
)
_VISITORS = sa.select(VISIT.c.member_id).where(*given(VISIT, "staff_id", "visited_on"))
_CARDS = sa.select(CARD.c.id, CARD.c.card_no, CARD.c.member_id, IS_IN_FORCE).where(
    CARD.c.card_no.in_(sa.bindparam("card_nos", expanding=True))
)


def members_seen(
    tx: Transaction, member_ids: Collection[int], *, task: Task, by: Actor, with_card: Collection[int] = ()
) -> dict[int, SeenMember]:
    """Those of the members for whom the actor may do the task, by id.

    Of their own branches; `with_card`, who shows a card now; and visitors, who showed theirs earlier today.
    """
    rows = tx.all(_MEMBERS, member_ids=sorted(set(member_ids)))
    seen = {row.id for row in rows if by.may(task, row.path) or row.id in with_card}
    if len(seen) < len(rows) and by.staff_id is not None:
        seen |= {row.member_id for row in tx.all(_VISITORS, staff_id=by.staff_id, visited_on=tx.today)}
    return {row.id: SeenMember(row.id, row.closed_at is not None) for row in rows if row.id in seen}


class Holder(msgspec.Struct, frozen=True):
    """A card with its number read: whose it is, and whether it is still good."""

    id: int
    member_id: int
    is_in_force: bool


def holders_of(tx: Transaction, card_nos: Collection[str]) -> dict[str, Holder]:
    """Who holds the cards, by number; numbers nobody has are left out."""
    rows = tx.all(_CARDS, card_nos=sorted(set(card_nos)))
    return {row.card_no: Holder(row.id, row.member_id, row.is_in_force) for row in rows}
