"""Erasing a person: what says who they were goes, what the law keeps stays valid without it.

Service, transfers and certificates name a member by number only, so the books and a certificate's check stand as
before; nobody can tell any longer whose they were.
"""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.columns import UTCDateTime, given, table_of
from points_bank.errors import PassbookOpen
from points_bank.ledger.accounts import lock_account
from points_bank.members.cards import end_card
from points_bank.members.finding import member_seen, merged_into
from points_bank.members.models import CardState, Consent, Member, MemberMerger, Proxy
from points_bank.outbox import MESSAGE
from points_bank.staff.tokens import end_member_tokens
from points_bank.transaction import Transaction

MEMBER, CONSENT = table_of(Member), table_of(Consent)
MERGER, PROXY = table_of(MemberMerger), table_of(Proxy)
# The tables by their names alone: members stand below those who keep their objections and suspensions.
_OBJECTION = sa.table("objection", *(sa.column(name) for name in ("raised_by_member_id", "reason")))
_SUSPENSION = sa.table("suspension", *(sa.column(name) for name in ("member_id", "appeal")))

NO_NAME = "—"
"""What stands where a name stood."""
ERASED: dict[str, Any] = {
    "name": NO_NAME,
    "name_initials": "",
    "phone": None,
    "phone_tail_hash": None,
    "phone_hash": None,
    "born_on": None,
    "is_party_member": False,
    "guardian_name": None,
    "guardian_consented_on": None,
    "pin_hash": None,
    "closing_reason": NO_NAME,
}
"""What is left of a member's record."""


class ErasedMember(msgspec.Struct, frozen=True):
    id: int
    erased_at: datetime


_ERASED_AT = sa.select(MEMBER.c.erased_at).where(*given(MEMBER, "id"))
_ERASE = (
    sa.update(MEMBER).where(MEMBER.c.id == sa.bindparam("whose")).values({**ERASED, "erased_at": sa.bindparam("now")})
)
_WITHDRAW_ALL = (
    sa.update(CONSENT)
    .where(CONSENT.c.member_id == sa.bindparam("whose"), CONSENT.c.withdrawn_at.is_(None))
    .values(withdrawn_at=sa.bindparam("now"))
)
_END_PROXIES = (
    sa.update(PROXY)
    .where(PROXY.c.member_id == sa.bindparam("whose"))
    .values(name=None, ended_at=sa.func.coalesce(PROXY.c.ended_at, sa.bindparam("now", type_=UTCDateTime)))
)
_FORGET_OBJECTIONS = (
    sa.update(_OBJECTION).where(_OBJECTION.c.raised_by_member_id == sa.bindparam("whose")).values(reason=NO_NAME)
)
_FORGET_APPEALS = (
    sa.update(_SUSPENSION)
    .where(_SUSPENSION.c.member_id == sa.bindparam("whose"), _SUSPENSION.c.appeal.is_not(None))
    .values(appeal=NO_NAME)
)
_FORGET_MESSAGES = sa.delete(MESSAGE).where(MESSAGE.c.member_id == sa.bindparam("whose"))


def erase_member(tx: Transaction, member_id: int, *, by: Actor) -> ErasedMember:
    """Erase who a member was, and what they wrote, once their passbook is closed.

    Passbooks that were merged into theirs are erased with it, and the names of those who might collect for them. It
    cannot be undone; done again, nothing changes. Refuses `passbook_open`. Only who administers the branch may.
    """
    member = member_seen(tx, member_id, task=Task.ADMINISTER, by=by)
    lock_account(tx, member_id)
    if member.closed_at is None:
        raise PassbookOpen
    erased_at: datetime | None = tx.scalar(_ERASED_AT, id=member_id)
    if erased_at is not None:
        return ErasedMember(member_id, erased_at)
    for each in [member_id, *merged_into(tx, member_id)]:
        _erase(tx, each)
        audit.note(tx, by, f"member:{each}", *ERASED)
    return ErasedMember(member_id, tx.now)


def _erase(tx: Transaction, member_id: int) -> None:
    for dated in (_ERASE, _WITHDRAW_ALL, _END_PROXIES):
        tx.run(dated, whose=member_id, now=tx.now)
    for forgotten in (_FORGET_OBJECTIONS, _FORGET_APPEALS):
        tx.run(forgotten, whose=member_id)
    tx.run(_FORGET_MESSAGES, whose=member_id)
    end_card(tx, member_id, CardState.REPLACED)
    end_member_tokens(tx, member_id)
