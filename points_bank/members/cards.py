"""Cards: a new one, and a lost one."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.columns import given, table_of
from points_bank.ledger.accounts import lock_account
from points_bank.members.card_numbers import derive_card_no
from points_bank.members.finding import member_seen
from points_bank.members.models import Card, CardState, Member
from points_bank.transaction import Transaction

CARD, MEMBER = table_of(Card), table_of(Member)


class IssuedCard(msgspec.Struct, frozen=True):
    """A card by its own id and the number that is printed on it."""

    id: int
    card_no: str


class LostCard(msgspec.Struct, frozen=True):
    id: int
    card_no: str
    lost_at: datetime


_ADD = sa.insert(CARD).returning(CARD.c.id)
_TAKEN = sa.select(CARD.c.id).where(*given(CARD, "card_no"))
_ADD_IF_FREE = insert(CARD).on_conflict_do_nothing(index_elements=[CARD.c.card_no])
_WITHOUT_CARD = (
    sa.select(MEMBER.c.id)
    .where(MEMBER.c.id.between(sa.bindparam("first"), sa.bindparam("last")))
    .where(~sa.exists().where(CARD.c.member_id == MEMBER.c.id))
    .order_by(MEMBER.c.id)
)
_SERIAL = sa.select(sa.func.count()).select_from(CARD).where(*given(CARD, "member_id"))
_LATEST = (
    sa.select(CARD.c.id, CARD.c.card_no, CARD.c.state, CARD.c.ended_at)
    .where(*given(CARD, "member_id"))
    .order_by(CARD.c.id.desc())
    .limit(1)
)
_ACTIVE = sa.select(CARD.c.id).where(*given(CARD, "member_id"), CARD.c.state == CardState.ACTIVE)
_LEAD = sa.update(CARD).where(CARD.c.member_id == sa.bindparam("whose")).values(member_id=sa.bindparam("to_member_id"))
_END = (
    sa.update(CARD)
    .where(CARD.c.member_id == sa.bindparam("whose"), CARD.c.state == CardState.ACTIVE)
    .values(state=sa.bindparam("end"), ended_at=sa.bindparam("now"))
)


def issue_card(tx: Transaction, member_id: int, *, by: Actor) -> IssuedCard:
    """Give a member a new card. The active one, if there is one, is replaced and refused from now on.

    Refuses `member_closed`.
    """
    member_seen(tx, member_id, task=Task.ISSUE_CARDS, by=by).require_open()
    lock_account(tx, member_id)
    end_card(tx, member_id, CardState.REPLACED)
    card = add_card(tx, member_id)
    audit.note(tx, by, f"member:{member_id}", f"card:{card.id}")
    return card


def report_loss(tx: Transaction, member_id: int, *, by: Actor) -> LostCard:
    """Refuse the member's card from now on. Reported again, it stays as it was. Refuses `member_closed`."""
    member_seen(tx, member_id, task=Task.ISSUE_CARDS, by=by).require_open()
    lock_account(tx, member_id)
    if end_card(tx, member_id, CardState.LOST):
        audit.note(tx, by, f"member:{member_id}")
    latest = tx.one(_LATEST, member_id=member_id)
    return LostCard(latest.id, latest.card_no, latest.ended_at)


def add_card(tx: Transaction, member_id: int) -> IssuedCard:
    """A new active card for a member who has none that is active."""
    serial = tx.scalar(_SERIAL, member_id=member_id)
    candidates = (derive_card_no(tx.keys, member_id=member_id, serial=serial, attempt=attempt) for attempt in count())
    card_no = next(each for each in candidates if tx.maybe(_TAKEN, card_no=each) is None)
    values: dict[str, Any] = {"state": CardState.ACTIVE, "issued_at": tx.now, "ended_at": None}
    card_id = tx.scalar(_ADD, card_no=card_no, member_id=member_id, **values)
    return IssuedCard(card_id, card_no)


def add_first_cards(tx: Transaction, *, first_member_id: int, last_member_id: int) -> None:
    """An active card for every member from one id to another, none of whom ever had one, in a few statements."""
    left: Sequence[int] = range(first_member_id, last_member_id + 1)
    for attempt in count():
        numbers = ((derive_card_no(tx.keys, member_id=each, serial=0, attempt=attempt), each) for each in left)
        # In the order of their index, so that its pages are visited once. A number that is taken is left out.
        cards = [(card_no, each, CardState.ACTIVE, tx.now) for card_no, each in sorted(numbers)]
        tx.pour(_ADD_IF_FREE, ("card_no", "member_id", "state", "issued_at"), cards)
        left = [row.id for row in tx.all(_WITHOUT_CARD, first=first_member_id, last=last_member_id)]
        if not left:
            return


def lead_cards(tx: Transaction, member_id: int, *, to_member_id: int) -> None:
    """Let all cards of a member lead to another, whose own card stays the active one where there is one.

    What ends by this, at the instant of the merger, is still good beside it: `cards_in_force`.
    """
    if tx.maybe(_ACTIVE, member_id=to_member_id) is not None:
        end_card(tx, member_id, CardState.REPLACED)
    tx.run(_LEAD, whose=member_id, to_member_id=to_member_id)


def end_card(tx: Transaction, member_id: int, end: CardState) -> int:
    """How many cards were active and no longer are: 1 or 0."""
    return tx.run(_END, whose=member_id, end=end, now=tx.now)
