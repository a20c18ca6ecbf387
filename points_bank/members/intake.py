"""Many new members at once, from a file: the same as registering each, in a handful of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from points_bank.columns import BigInt, table_of
from points_bank.ledger.posting import open_accounts
from points_bank.members.cards import add_first_cards
from points_bank.members.details import Guardian
from points_bank.members.models import Consent, Home, Member, Purpose
from points_bank.members.phones import phone_columns
from points_bank.members.register import ALWAYS
from points_bank.transaction import Transaction

MEMBER, HOME, CONSENT = table_of(Member), table_of(Home), table_of(Consent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as checked by `details.person_problems`; `phone` is normalised, `initials` are the name's."""

    name: str
    initials: str
    branch_id: int
    phone: str | None = None
    born_on: date | None = None
    is_party_member: bool = False
    guardian: Guardian | None = None
    consents: frozenset[Purpose] = frozenset()


_LAST = sa.select(sa.func.coalesce(sa.func.max(MEMBER.c.id), 0))
_ADD = sa.insert(MEMBER)
_FIRST_HOMES = sa.insert(HOME).from_select(
    ["member_id", "from_on", "branch_id"],
    sa.select(MEMBER.c.id, sa.literal(ALWAYS, sa.Date), MEMBER.c.branch_id).where(
        MEMBER.c.id >= sa.bindparam("first", type_=BigInt), MEMBER.c.id <= sa.bindparam("last", type_=BigInt)
    ),
)
_ADD_CONSENTS = sa.insert(CONSENT)


def take_in(tx: Transaction, people: Sequence[Person]) -> range:
    """Write people down as new members with card, account, home and consents; their ids, in the order given.

    Who takes them in must be entitled to, and writes it down: there is no audit row a person.
    """
    if not people:
        return range(0)
    # The act holds the only write transaction, so that no other takes the ids that follow.
    first = tx.scalar(_LAST) + 1
    ids = range(first, first + len(people))
    tx.many(_ADD, [_columns(tx, member_id, person) for member_id, person in zip(ids, people, strict=True)])
    tx.run(_FIRST_HOMES, first=first, last=ids[-1])
    open_accounts(tx, first_member_id=first, last_member_id=ids[-1])
    add_first_cards(tx, ids)
    agreed = [
        {"member_id": member_id, "purpose": purpose, "given_at": tx.now}
        for member_id, person in zip(ids, people, strict=True)
        for purpose in sorted(person.consents)
    ]
    tx.many(_ADD_CONSENTS, agreed)
    return ids


def _columns(tx: Transaction, member_id: int, person: Person) -> dict[str, object]:
    guardian = person.guardian
    return {
        "id": member_id,
        "name": person.name,
        "name_initials": person.initials,
        "branch_id": person.branch_id,
        **phone_columns(tx.keys, person.phone),
        "born_on": person.born_on,
        "is_party_member": person.is_party_member,
        "guardian_name": guardian.name if guardian else None,
        "guardian_consented_on": guardian.consented_on if guardian else None,
        "pin_serial": 0,
        "registered_at": tx.now,
    }
