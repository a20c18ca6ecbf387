"""Registering: a person on paper becomes a member with a card, a first home and an account."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.branches.tree import branch_seen
from points_bank.columns import table_of
from points_bank.encryption import cipher_in_use
from points_bank.errors import Invalid
from points_bank.ledger.posting import open_account
from points_bank.members.cards import add_card
from points_bank.members.details import BRANCH_ENDED, Guardian, columns_of
from points_bank.members.models import Consent, Home, Member, Purpose
from points_bank.members.phones import phone_columns
from points_bank.transaction import Transaction

MEMBER, HOME, CONSENT = table_of(Member), table_of(Home), table_of(Consent)

ALWAYS = date(1, 1, 1)
"""From when the first home counts: also for service before a member registered."""


class Registered(msgspec.Struct, frozen=True):
    id: int
    card_no: str
    branch_id: int
    registered_at: datetime


_ADD = sa.insert(MEMBER).returning(MEMBER.c.id)
_KEEP_PHONE = (
    sa.update(MEMBER)
    .where(MEMBER.c.id == sa.bindparam("whose"))
    .values({name: sa.bindparam(name) for name in ("phone", "phone_tail_hash", "phone_hash")})
)
_ADD_HOME = sa.insert(HOME)
_ADD_CONSENTS = sa.insert(CONSENT)


def register_member(
    tx: Transaction,
    *,
    name: str,
    branch_id: int,
    phone: str | None = None,
    born_on: date | None = None,
    is_party_member: bool = False,
    guardian: Guardian | None = None,
    consents: Iterable[Purpose] = (),
    by: Actor,
) -> Registered:
    """Write down a new member of a branch, with an active card, an empty account and the consents given.

    A consent is never a condition: whoever did not agree to `records` is registered all the same, because the paper
    form that is being entered is what the law asks for. Two people may share a name or a phone. Refuses `invalid`
    each detail that cannot be, and a branch that has ended.
    """
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.KEEP_MEMBERS, branch.path)
    columns = columns_of(
        tx,
        {
            "name": name,
            "phone": phone,
            "born_on": born_on,
            "is_party_member": is_party_member,
            "guardian": guardian,
        },
    )
    if not branch.is_valid(tx.today):
        raise Invalid({"branch_id": BRANCH_ENDED})
    given_phone = columns.pop("phone")
    member_id = tx.scalar(_ADD, **columns, branch_id=branch_id, pin_serial=0, registered_at=tx.now)
    if given_phone is not None:
        tx.run(_KEEP_PHONE, whose=member_id, **phone_columns(cipher_in_use(tx), member_id, given_phone))
    tx.run(_ADD_HOME, member_id=member_id, from_on=ALWAYS, branch_id=branch_id)
    open_account(tx, member_id)
    card = add_card(tx, member_id)
    agreed = [{"member_id": member_id, "purpose": purpose, "given_at": tx.now} for purpose in sorted(set(consents))]
    tx.many(_ADD_CONSENTS, agreed)
    audit.note(tx, by, f"member:{member_id}", f"card:{card.id}")
    return Registered(member_id, card.card_no, branch_id, tx.now)
