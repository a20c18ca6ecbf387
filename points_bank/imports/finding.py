"""Whom a row means: by card, by phone, or by name and date of birth, among members of the file's branches."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from points_bank.branches.models import Branch
from points_bank.columns import table_of
from points_bank.errors import CardLost, Invalid, MemberClosed, message
from points_bank.imports.cells import Unreadable, date_of, digits_of, name_of
from points_bank.imports.headings import Column, Fault, ReadRow
from points_bank.imports.people import BORN_ON_HEADINGS, NAME_HEADINGS, PHONE_HEADINGS, phone_of
from points_bank.imports.scope import Scope
from points_bank.members.card_numbers import NOT_A_CARD_NUMBER, read_card_no
from points_bank.members.cards_in_force import IS_IN_FORCE
from points_bank.members.models import Card, Member
from points_bank.members.phones import phone_hash
from points_bank.transaction import Transaction

MEMBER, CARD, BRANCH = table_of(Member), table_of(Card), table_of(Branch)

NOBODY_NAMED = message("Name somebody: by card number, by phone, or by name and date of birth.")
NOBODY_FOUND = message("No such member in these branches.")
SEVERAL_FOUND = message("Several members fit. Add the card number, or the date of birth.")
OTHER_NAME = message("Somebody else has this card or phone: their name is another.")


def card_no_of(cell: object) -> str:
    """A card number, whose check digit must be right."""
    try:
        return read_card_no(digits_of(cell))
    except Invalid:
        raise Unreadable(NOT_A_CARD_NUMBER) from None


WHO: tuple[Column, ...] = (
    Column("card_no", ("卡号", "card number", "card"), card_no_of),
    Column("name", NAME_HEADINGS, name_of),
    Column("phone", PHONE_HEADINGS, phone_of),
    Column("born_on", BORN_ON_HEADINGS, date_of),
)
"""The columns by which a file names members."""

_MEMBERS = sa.select(
    MEMBER.c.id, MEMBER.c.name, MEMBER.c.phone_hash, MEMBER.c.born_on, MEMBER.c.closed_at, BRANCH.c.path
).join_from(MEMBER, BRANCH, BRANCH.c.id == MEMBER.c.branch_id)
_BY_CARD = (
    sa.select(*_MEMBERS.selected_columns, CARD.c.card_no, IS_IN_FORCE)
    .join_from(CARD, MEMBER, MEMBER.c.id == CARD.c.member_id)
    .join(BRANCH, BRANCH.c.id == MEMBER.c.branch_id)
    .where(CARD.c.card_no.in_(sa.bindparam("card_nos", expanding=True)))
)
_BY_PHONE = _MEMBERS.where(MEMBER.c.phone_hash.in_(sa.bindparam("hashes", expanding=True)))
_BY_NAME = _MEMBERS.where(MEMBER.c.name.in_(sa.bindparam("names", expanding=True)))


def find_members(tx: Transaction, scope: Scope, rows: Sequence[ReadRow]) -> list[int | Fault]:
    """The member that each row means, or what is wrong with how it names them. A few statements, however many rows.

    Where the scope takes visitors, who is named by their card may be at home anywhere.
    """
    cards = _cards(tx, scope, rows)
    phones = _by(tx, scope, _BY_PHONE, "hashes", [_hash(tx, row) for row in rows], "phone_hash")
    names = _by(tx, scope, _BY_NAME, "names", [_name_alone(row) for row in rows], "name")
    return [_meant(row, cards, phones.get(_hash(tx, row), []), names) for row in rows]


def _cards(tx: Transaction, scope: Scope, rows: Sequence[ReadRow]) -> dict[str, Any]:
    wanted = sorted({row.values["card_no"] for row in rows if "card_no" in row.values})
    found = tx.all(_BY_CARD, card_nos=wanted) if wanted else []
    return {row.card_no: row for row in found if scope.takes_visitors or scope.reaches(row.path)}


def _by(
    tx: Transaction, scope: Scope, statement: sa.Select[Any], name: str, values: Sequence[Any], column: str
) -> Mapping[Any, list[Any]]:
    """Members within reach by a value of theirs."""
    wanted = sorted({value for value in values if value is not None})
    members: dict[Any, list[Any]] = defaultdict(list)
    for row in tx.all(statement, **{name: wanted}) if wanted else []:
        if scope.knows(row.path):
            members[getattr(row, column)].append(row)
    return members


def _meant(
    row: ReadRow, cards: Mapping[str, Any], with_phone: Sequence[Any], names: Mapping[str, list[Any]]
) -> int | Fault:
    values = row.values
    if "card_no" in values:
        card = cards.get(values["card_no"])
        if card is not None and not card.is_in_force:
            return Fault("card_no", CardLost.sentence)
        return _only("card_no", values, [] if card is None else [card])
    if "phone" in values:
        return _only("phone", values, with_phone)
    if "name" in values:
        return _only("name", values, names.get(values["name"], []))
    return Fault(None, NOBODY_NAMED)


def _only(column: str, values: Mapping[str, Any], found: Sequence[Any]) -> int | Fault:
    """The one who fits everything that the row says; who is closed only stands for themselves."""
    fitting = [each for each in found if values.get("name", each.name) == each.name]
    if found and not fitting:
        return Fault("name", OTHER_NAME)
    fitting = [each for each in fitting if each.born_on is None or values.get("born_on", each.born_on) == each.born_on]
    still_open = [each for each in fitting if each.closed_at is None]
    if len(still_open) > 1:
        return Fault(column, SEVERAL_FOUND)
    if not still_open:
        return Fault(column, MemberClosed.sentence if fitting else NOBODY_FOUND)
    return int(still_open[0].id)


def _hash(tx: Transaction, row: ReadRow) -> bytes | None:
    phone = row.values.get("phone")
    return None if phone is None or "card_no" in row.values else phone_hash(tx.keys, phone)


def _name_alone(row: ReadRow) -> str | None:
    return None if "card_no" in row.values or "phone" in row.values else row.values.get("name")
