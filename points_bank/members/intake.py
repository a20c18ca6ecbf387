"""Many new members at once, from a file: the same as registering each, in a handful of statements."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from points_bank.columns import BigInt, table_of
from points_bank.encryption import Cipher, cipher_in_use
from points_bank.ids import take_ids
from points_bank.ledger.posting import open_accounts
from points_bank.members.cards import add_first_cards
from points_bank.members.details import Guardian
from points_bank.members.models import Consent, Home, Member, Purpose
from points_bank.members.phones import phone_columns
from points_bank.members.register import ALWAYS
from points_bank.transaction import Transaction

MEMBER, HOME, CONSENT = table_of(Member), table_of(Home), table_of(Consent)


class Person(NamedTuple):
    """A person as checked by `details.person_problems`; `phone` is normalised, `initials` are the name's."""

    name: str
    initials: str
    phone: str | None = None
    born_on: date | None = None
    is_party_member: bool = False
    guardian: Guardian | None = None
    consents: frozenset[Purpose] = frozenset()


_ADD = sa.insert(MEMBER)
_COLUMNS = (
    "id", "name", "name_initials", "branch_id", "phone", "phone_tail_hash", "phone_hash", "born_on", "is_party_member",
    "guardian_name", "guardian_consented_on", "pin_serial", "registered_at",
)  # fmt: skip
_FIRST_HOMES = sa.insert(HOME).from_select(
    ["member_id", "from_on", "branch_id"],
    sa.select(MEMBER.c.id, sa.literal(ALWAYS, sa.Date), MEMBER.c.branch_id).where(
        MEMBER.c.id >= sa.bindparam("first", type_=BigInt), MEMBER.c.id <= sa.bindparam("last", type_=BigInt)
    ),
)
_ADD_CONSENTS = sa.insert(CONSENT)


def take_in(tx: Transaction, people: Sequence[tuple[int, Person]]) -> range:
    """Write people of branches, by id, down as new members with card, account, home and consents; the members' ids, in
    the order given.

    Who takes them in must be entitled to, and writes it down: there is no audit row a person.
    """
    if not people:
        return range(0)
    ids = take_ids(tx, MEMBER, len(people))
    first = ids[0]
    cipher = cipher_in_use(tx)
    tx.pour(_ADD, _COLUMNS, (_values(tx, cipher, *each) for each in zip(ids, people, strict=True)))
    tx.run(_FIRST_HOMES, first=first, last=ids[-1])
    open_accounts(tx, first_member_id=first, last_member_id=ids[-1])
    add_first_cards(tx, first_member_id=first, last_member_id=ids[-1])
    agreed = [
        {"member_id": member_id, "purpose": purpose, "given_at": tx.now}
        for member_id, (_, person) in zip(ids, people, strict=True)
        for purpose in sorted(person.consents)
    ]
    tx.many(_ADD_CONSENTS, agreed)
    return ids


def _values(tx: Transaction, cipher: Cipher, member_id: int, each: tuple[int, Person]) -> tuple[object, ...]:
    """In the order of `_COLUMNS`."""
    branch_id, (name, initials, phone, born_on, is_party_member, guardian, _) = each
    guardian_name, consented_on = (guardian.name, guardian.consented_on) if guardian else (None, None)
    return (
        member_id, name, initials, branch_id, *phone_columns(cipher, member_id, phone).values(), born_on,
        is_party_member, guardian_name, consented_on, 0, tx.now,
    )  # fmt: skip
