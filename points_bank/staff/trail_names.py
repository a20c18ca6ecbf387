"""What everything in the audit list is called, and whom somebody means who asks by a name."""

import re
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from points_bank.columns import given, table_of
from points_bank.staff.models import Staff
from points_bank.transaction import Transaction

STAFF = table_of(Staff)
# The books name a thing by its table, and a look at names alone knows nothing else of the nouns.
_MEMBER = sa.table("member", sa.column("id"), sa.column("name"))
_CARD = sa.table("card", sa.column("member_id"), sa.column("card_no"))
_THINGS = [sa.table(noun, sa.column("id"), sa.column("name")) for noun in ("branch", "desk", "leaderboard", "reward")]
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_NAMES = {each.name: sa.select(each.c.id, each.c.name).where(each.c.id.in_(_IDS)) for each in (_MEMBER, *_THINGS)}
_NAMES["staff"] = sa.select(STAFF.c.id, (STAFF.c.name + " (" + STAFF.c.login + ")").label("name")).where(
    STAFF.c.id.in_(_IDS)
)
_BY_LOGIN = sa.select(STAFF.c.id).where(*given(STAFF, "login"))
_BY_CARD = sa.select(_CARD.c.member_id).where(_CARD.c.card_no == sa.bindparam("card_no"))
_BY_NAME = sa.select(_MEMBER.c.id).where(_MEMBER.c.name == sa.bindparam("name")).limit(2)


def names_of(tx: Transaction, codes: Iterable[str]) -> dict[str, str]:
    """What is called something, by its code: 林静 (lin) by `staff:1`."""
    ids: dict[str, set[int]] = {}
    for noun, text in (code.split(":") for code in codes if re.fullmatch(r"[a-z]+:[0-9]{1,18}", code, re.ASCII)):
        ids.setdefault(noun, set()).add(int(text))
    return {
        f"{noun}:{row.id}": row.name
        for noun in ids.keys() & _NAMES.keys()
        for row in tx.all(_NAMES[noun], ids=sorted(ids[noun]))
    }


def coded(tx: Transaction, called: str) -> str:
    """How the books name who is called by a login, a card number or a name that nobody else has; else what was given.

    `林静 (lin)`, as the list shows it, is read by what stands in brackets.
    """
    called = called.partition(" (")[2].rstrip(")") or called
    if (staff_id := tx.scalar(_BY_LOGIN, login=called)) is not None:
        return f"staff:{staff_id}"
    found = tx.all(_BY_CARD, card_no=called) or tx.all(_BY_NAME, name=called)
    return f"member:{found[0][0]}" if len(found) == 1 else called
