"""Erasing a person: what says who they were goes, what the law keeps stays valid without it.

Service, transfers and certificates name a member by number only, so the books and a certificate's check stand as
before; nobody can tell any longer whose they were. docs/privacy.md lists what stays, and why.
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
from points_bank.members.models import (
    CardState,
    Consent,
    Household,
    HouseholdMember,
    Member,
    MemberMerger,
    Proxy,
)
from points_bank.staff.models import Preference, Session, Staff, Token
from points_bank.transaction import Transaction

MEMBER, CONSENT = table_of(Member), table_of(Consent)
MERGER, PROXY = table_of(MemberMerger), table_of(Proxy)
HOUSEHOLD, RESIDENT = table_of(Household), table_of(HouseholdMember)
PREFERENCE, SESSION, STAFF, TOKEN = table_of(Preference), table_of(Session), table_of(Staff), table_of(Token)

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


# Tables by their names alone, since members stand below those who keep their objections and suspensions.
BLANKED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("objection", "raised_by_member_id", ("reason", "resolution")),
    ("suspension", "member_id", ("appeal", "answer")),
    ("help_pool_grant", "member_id", ("reason",)),
    ("redemption", "member_id", ("ending_reason",)),
    ("member_merger", "member_id", ("reason",)),
)
"""What people wrote about themselves, or others about them: by table and the column that says whom it is about."""
DELETED: tuple[tuple[str, str], ...] = (
    ("goal", "member_id"),
    ("message", "member_id"),
    ("visit", "member_id"),
    ("waiting", "member_id"),
)
"""What is of no use without the person, by table and column."""


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
_UNLINK_STAFF = sa.update(STAFF).where(STAFF.c.member_id == sa.bindparam("whose")).values(member_id=None)
_OWN_TOKENS = sa.select(TOKEN.c.id).where(TOKEN.c.member_id == sa.bindparam("whose"))
_FORGET_SESSIONS = sa.delete(SESSION).where(SESSION.c.token_id.in_(_OWN_TOKENS))
_FORGET_TOKENS = sa.delete(TOKEN).where(TOKEN.c.member_id == sa.bindparam("whose"))
_FORGET_PREFERENCE = sa.delete(PREFERENCE).where(PREFERENCE.c.owner == sa.bindparam("name"))
_OWN_HOUSEHOLDS = sa.select(RESIDENT.c.household_id).where(RESIDENT.c.member_id == sa.bindparam("whose"))
_FORGET_LABELS = (
    sa.update(HOUSEHOLD)
    .where(
        HOUSEHOLD.c.id.in_(_OWN_HOUSEHOLDS),
        ~sa.exists().where(RESIDENT.c.household_id == HOUSEHOLD.c.id, RESIDENT.c.left_at.is_(None)),
    )
    .values(label=None)
)


def _blanking(table: str, whom: str, columns: tuple[str, ...]) -> list[sa.Update]:
    """A statement for each column, which leaves an empty one empty."""
    found = sa.table(table, *(sa.column(name) for name in (whom, *columns)))
    return [
        sa.update(found)
        .where(found.c[whom] == sa.bindparam("whose"), found.c[name].is_not(None))
        .values({name: NO_NAME})
        for name in columns
    ]


def _deleting(table: str, whom: str) -> sa.Delete:
    found = sa.table(table, sa.column(whom))
    return sa.delete(found).where(found.c[whom] == sa.bindparam("whose"))


_FORGET = (
    _UNLINK_STAFF,
    _FORGET_SESSIONS,
    _FORGET_TOKENS,
    _FORGET_LABELS,
    *(statement for blanked in BLANKED for statement in _blanking(*blanked)),
    *(_deleting(*deleted) for deleted in DELETED),
)


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
    for forgotten in _FORGET:
        tx.run(forgotten, whose=member_id)
    tx.run(_FORGET_PREFERENCE, name=f"member:{member_id}")
    end_card(tx, member_id, CardState.REPLACED)
