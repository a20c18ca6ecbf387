"""Searching members: by card number, phone, four digits, name or pinyin initials, inside one's own branches."""

import re
import unicodedata
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import below, branch_seen
from points_bank.columns import table_of
from points_bank.errors import Invalid, message
from points_bank.members.card_numbers import DIGITS, read_card_no
from points_bank.members.finding import card_shown
from points_bank.members.models import Card, CardState, Member
from points_bank.members.phones import normalised, phone_hash, phone_tail_hash
from points_bank.members.record import MemberRecord, records_of
from points_bank.transaction import Transaction

MEMBER, CARD, BRANCH = table_of(Member), table_of(Card), table_of(Branch)

NOT_SEARCHABLE = message("Enter a whole card or phone number, the last four digits of one, a name, or initials (zw).")


class Clue(StrEnum):
    """What a search text is taken for."""

    NOTHING = "nothing"
    CARD = "card"
    PHONE = "phone"
    TAIL = "tail"
    LETTERS = "letters"
    NAME = "name"


class Visitor(msgspec.Struct, frozen=True):
    """What is told of a member of another branch whose card was shown."""

    id: int
    name: str
    card_no: str
    branch_id: int


def plain_text(q: str | None) -> str:
    """What was typed, in its plainest characters. Refuses `invalid` control characters."""
    text = unicodedata.normalize("NFKC", q or "").strip()
    if not text.isprintable():
        raise Invalid({"q": NOT_SEARCHABLE})
    return text


def clue_of(text: str) -> Clue:
    """What a plain text is taken for. Ten digits are a card, four a tail, other digits a phone, Latin letters initials
    or a name."""
    digits = re.sub(r"[\s()+-]", "", text)
    if not text:
        return Clue.NOTHING
    if re.fullmatch(r"\d+", digits, re.ASCII):
        return {DIGITS: Clue.CARD, 4: Clue.TAIL}.get(len(digits), Clue.PHONE)
    return Clue.LETTERS if text.isascii() else Clue.NAME


_CARD_ENDS = sa.select(CARD.c.member_id).where(
    CARD.c.state == CardState.ACTIVE, CARD.c.card_no.like(sa.bindparam("card_pattern"))
)
_NAME_HAS = MEMBER.c.name.ilike(sa.bindparam("name_pattern"), escape="\\")
_CONDITIONS: dict[Clue, sa.ColumnElement[bool]] = {
    Clue.NOTHING: sa.true(),
    Clue.PHONE: MEMBER.c.phone_hash == sa.bindparam("phone_hash"),
    Clue.TAIL: sa.or_(MEMBER.c.phone_tail_hash == sa.bindparam("tail_hash"), MEMBER.c.id.in_(_CARD_ENDS)),
    Clue.LETTERS: sa.or_(MEMBER.c.name_initials.like(sa.bindparam("initials_pattern"), escape="\\"), _NAME_HAS),
    Clue.NAME: _NAME_HAS,
}


def find_members(
    tx: Transaction, *, text: str, branch_id: int | None = None, after: int | None = None, limit: int, by: Actor
) -> list[MemberRecord]:
    """Members of the actor's branches whom a plain text fits, by id; one more than `limit` where there are more.

    A whole card number is `find_by_card`'s. Refuses `invalid` digits that are neither a phone nor a tail.
    """
    clue = clue_of(text)
    assert clue is not Clue.CARD, "a whole card number is looked up, not searched"
    paths = _paths(tx, branch_id, by)
    statement = _search(clue, len(paths))
    scope = {f"path_{number}": path for number, path in enumerate(paths)}
    rows = tx.all(statement, after=after or 0, rows=limit + 1, **scope, **_values(tx, clue, text))
    return records_of(tx, [row.id for row in rows])


def find_by_card(tx: Transaction, card_no: str, *, by: Actor) -> list[MemberRecord | Visitor]:
    """The member with that card number, or nobody; an act that writes.

    A member of the actor's branches is told in full. Of any other, whoever logs or serves is told `Visitor`, and may
    log for and serve them until the end of the day. Refuses `invalid` a mistyped number and `card_lost`.
    """
    by.paths(Task.READ_MEMBERS)
    number = read_card_no(card_no, field="q")
    shown = card_shown(tx, number, by=by)
    if shown is None:
        return []
    if by.may(Task.READ_MEMBERS, shown.branch_path):
        return list(records_of(tx, [shown.id]))
    return [Visitor(shown.id, shown.name, number, shown.branch_id)]


def _paths(tx: Transaction, branch_id: int | None, by: Actor) -> tuple[str, ...]:
    if branch_id is None:
        return by.paths(Task.READ_MEMBERS)
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.READ_MEMBERS, branch.path)
    return (branch.path,)


@cache
def _search(clue: Clue, paths: int) -> sa.Select[Any]:
    """A statement for as many branches as the actor has rights over."""
    scope = sa.or_(*(below(BRANCH.c.path, f"path_{number}") for number in range(paths)))
    return (
        sa.select(MEMBER.c.id)
        .join_from(MEMBER, BRANCH, BRANCH.c.id == MEMBER.c.branch_id)
        .where(scope, _CONDITIONS[clue], MEMBER.c.id > sa.bindparam("after"))
        .order_by(MEMBER.c.id)
        .limit(sa.bindparam("rows"))
    )


def _values(tx: Transaction, clue: Clue, text: str) -> dict[str, Any]:
    if clue is Clue.PHONE:
        try:
            return {"phone_hash": phone_hash(tx.keys, normalised(text))}
        except Invalid:
            raise Invalid({"q": NOT_SEARCHABLE}) from None
    if clue is Clue.TAIL:
        tail = re.sub(r"\D", "", text)
        return {"tail_hash": phone_tail_hash(tx.keys, tail), "card_pattern": f"%{tail}"}
    literal = re.sub(r"([\\%_])", r"\\\1", text)
    values = {Clue.NAME: {"name_pattern": f"%{literal}%"}}
    values[Clue.LETTERS] = values[Clue.NAME] | {"initials_pattern": f"{literal.lower().replace(' ', '')}%"}
    return values.get(clue, {})
