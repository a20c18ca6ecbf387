"""What the bank keeps of a member, as they read it: who they are, what they agreed to, and whom they live with."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor
from points_bank.branches.tree import branch_of
from points_bank.columns import table_of
from points_bank.errors import NotFound
from points_bank.members.households import HouseholdRecord, household_of_member
from points_bank.members.looks_at import LookAtMember, looks_at_member
from points_bank.members.models import Member, Purpose
from points_bank.members.names import masked
from points_bank.members.proxies import ProxyLine, proxies_of
from points_bank.members.record import MemberRecord, member_record
from points_bank.transaction import Transaction

MEMBER = table_of(Member)

LATEST_LOOKS = 3


class ConsentLine(msgspec.Struct, frozen=True):
    """`given_at` is None where the member does not agree."""

    purpose: Purpose
    given_at: datetime | None


class OwnHousehold(msgspec.Struct, frozen=True):
    """What the branch calls it, and the others in it by masked names."""

    label: str | None
    others: list[str]


class OwnDetails(msgspec.Struct, frozen=True, kw_only=True):
    record: MemberRecord
    branch_name: str
    consents: list[ConsentLine]
    household: OwnHousehold | None
    proxies: Sequence[ProxyLine]
    looks: Sequence[LookAtMember]


_NAMES = sa.select(MEMBER.c.name).where(MEMBER.c.id.in_(sa.bindparam("ids", expanding=True))).order_by(MEMBER.c.id)


def own_details(tx: Transaction, *, by: Actor) -> OwnDetails:
    """The details of the member who asks; of those who may collect for them, only the ones in force."""
    assert by.member_id is not None, "a member asks"
    record = member_record(tx, by.member_id, by=by)
    return OwnDetails(
        record=record,
        branch_name=branch_of(tx, record.branch_id).name,
        consents=[ConsentLine(purpose, record.consents_given_at.get(purpose)) for purpose in Purpose],
        household=_household(tx, by),
        looks=looks_at_member(tx, by.member_id, limit=LATEST_LOOKS, by=by)[:LATEST_LOOKS],
        proxies=[each for each in proxies_of(tx, by.member_id, by=by) if each.is_in_force],
    )


def _household(tx: Transaction, by: Actor) -> OwnHousehold | None:
    assert by.member_id is not None, "a member asks"
    try:
        found: HouseholdRecord = household_of_member(tx, by.member_id, by=by)
    except NotFound:
        return None
    ids = [each.member_id for each in found.residents if each.member_id != by.member_id]
    return OwnHousehold(found.label, [masked(row.name) for row in tx.all(_NAMES, ids=ids)] if ids else [])
