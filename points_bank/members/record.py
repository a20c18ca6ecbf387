"""A member's record, as those who keep members read it."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.columns import table_of
from points_bank.members.details import Guardian
from points_bank.members.finding import member_seen
from points_bank.members.models import Card, CardState, Consent, Member, Purpose
from points_bank.members.phones import masked, phone_of
from points_bank.transaction import Transaction

MEMBER, CARD, CONSENT = table_of(Member), table_of(Card), table_of(Consent)


class MemberRecord(msgspec.Struct, frozen=True):
    """`card_no` is that of the active card; `phone` is masked; `consents_given_at` holds those in force."""

    id: int
    name: str
    branch_id: int
    card_no: str | None
    phone: str | None
    phone_tail: str | None
    born_on: date | None
    is_party_member: bool
    guardian: Guardian | None
    registered_at: datetime
    closed_at: datetime | None
    consents_given_at: Mapping[Purpose, datetime]

    @property
    def consents(self) -> list[Purpose]:
        return list(self.consents_given_at)


_IDS: sa.BindParameter[int] = sa.bindparam("member_ids", expanding=True)
_RECORDS = (
    sa.select(
        MEMBER.c.id,
        MEMBER.c.name,
        MEMBER.c.branch_id,
        CARD.c.card_no,
        MEMBER.c.phone,
        MEMBER.c.born_on,
        MEMBER.c.is_party_member,
        MEMBER.c.guardian_name,
        MEMBER.c.guardian_consented_on,
        MEMBER.c.registered_at,
        MEMBER.c.closed_at,
    )
    .outerjoin_from(MEMBER, CARD, sa.and_(CARD.c.member_id == MEMBER.c.id, CARD.c.state == CardState.ACTIVE))
    .where(MEMBER.c.id.in_(_IDS))
    .order_by(MEMBER.c.id)
)
_CONSENTS = (
    sa.select(CONSENT.c.member_id, CONSENT.c.purpose, CONSENT.c.given_at)
    .where(CONSENT.c.member_id.in_(_IDS), CONSENT.c.withdrawn_at.is_(None))
    .order_by(CONSENT.c.purpose)
)


def member_record(tx: Transaction, member_id: int, *, by: Actor) -> MemberRecord:
    """One member's record, for staff of their branch and for themselves. A visitor's is not found."""
    member_seen(tx, member_id, task=Task.READ_MEMBERS, by=by)
    return records_of(tx, [member_id])[0]


def records_of(tx: Transaction, member_ids: list[int]) -> list[MemberRecord]:
    """The records of members whom the actor was found to see, by id."""
    consents: dict[int, dict[Purpose, datetime]] = defaultdict(dict)
    for row in tx.all(_CONSENTS, member_ids=member_ids):
        consents[row.member_id][row.purpose] = row.given_at
    return [_record(tx, row, consents[row.id]) for row in tx.all(_RECORDS, member_ids=member_ids)]


def _record(tx: Transaction, row: Any, consents_given_at: Mapping[Purpose, datetime]) -> MemberRecord:
    phone = phone_of(tx, row.id, row.phone)
    return MemberRecord(
        id=row.id,
        name=row.name,
        branch_id=row.branch_id,
        card_no=row.card_no,
        phone=phone and masked(phone),
        phone_tail=phone and phone[-4:],
        born_on=row.born_on,
        is_party_member=row.is_party_member,
        guardian=row.guardian_name and Guardian(row.guardian_name, row.guardian_consented_on),
        registered_at=row.registered_at,
        closed_at=row.closed_at,
        consents_given_at=consents_given_at,
    )
