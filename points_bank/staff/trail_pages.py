"""The audit list as a page: who did what, and who looked at whom, newest first."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.params import QueryParameter

from points_bank.activities.handwriting import read_day
from points_bank.actor import Actor
from points_bank.branches.models import Branch
from points_bank.columns import given, table_of
from points_bank.leaderboards.models import Leaderboard
from points_bank.members.models import Card, Member
from points_bank.rewards.models import Desk, Reward, Sponsor
from points_bank.site.rendering import Page, show
from points_bank.staff.act_words import ACT_WORDS, DETAIL_WORDS, SUBJECT_WORDS
from points_bank.staff.models import Staff
from points_bank.staff.trail import Deed, Trail, TrailLine, TrailQuery, trail_seen
from points_bank.transaction import Transaction
from points_bank.web import Asking, QueryId, database_of, staff, today

STAFF, MEMBER, CARD = table_of(Staff), table_of(Member), table_of(Card)
Typed = Annotated[str, QueryParameter(max_length=64)]

_THINGS = {
    noun: sa.select(table.c.id, table.c.name).where(table.c.id.in_(sa.bindparam("ids", expanding=True)))
    for noun, table in {
        "branch": table_of(Branch), "desk": table_of(Desk), "leaderboard": table_of(Leaderboard), "member": MEMBER,
        "reward": table_of(Reward), "sponsor": table_of(Sponsor),
    }.items()
} | {
    "staff": sa.select(STAFF.c.id, (STAFF.c.name + " (" + STAFF.c.login + ")").label("name")).where(
        STAFF.c.id.in_(sa.bindparam("ids", expanding=True))
    )
}  # fmt: skip
"""What the audit list is about and has a name, by the noun that the books name it with."""
_CARD = sa.select(CARD.c.member_id).where(*given(CARD, "card_no"))
_MEMBER = sa.select(MEMBER.c.id).where(*given(MEMBER, "name")).limit(2)
_LOGIN = sa.select(STAFF.c.id).where(*given(STAFF, "login"))


class TrailPage(Page, frozen=True, kw_only=True):
    """`asked` is what was asked about, empty texts for all; `further` the same as a query, for the links. `names` are
    those of staff, of members and of things, by how the books name them: `staff:5`."""

    template: ClassVar[str] = "admin/audit.html"
    trail: Trail
    names: Mapping[str, str]
    asked: Mapping[str, str]
    further: str
    act_words: ClassVar[Mapping[str, str]] = ACT_WORDS
    detail_words: ClassVar[Mapping[str, str]] = DETAIL_WORDS
    subject_words: ClassVar[Mapping[str, str]] = SUBJECT_WORDS


@get("/admin/audit")
async def get_trail(
    request: Asking,
    subject: Typed = "",
    actor: Typed = "",
    deed: Typed = "",
    on: Typed = "",
    before_id: QueryId = None,
    before_look_id: QueryId = None,
) -> Response[str]:
    """Who did what and who looked at whom: all, to something or somebody, by somebody, of one kind, on a day."""
    typed = {"actor": actor.strip(), "subject": subject.strip(), "deed": deed.strip(), "on": on.strip()}
    day = read_day(typed["on"], today=today(request))
    typed["on"] = day.isoformat() if day else ""
    query = TrailQuery(
        subject=typed["subject"] or None,
        actor=typed["actor"] or None,
        deed=Deed(typed["deed"]) if typed["deed"] in set(Deed) else None,
        on=day,
        before_id=before_id,
        before_look_id=before_look_id,
    )
    trail, names = await database_of(request).read(_trail, query, by=staff(request))
    further = urlencode({name: text for name, text in typed.items() if text})
    return show(request, TrailPage(trail=trail, names=names, asked=typed, further=further))


def _trail(tx: Transaction, query: TrailQuery, *, by: Actor) -> tuple[Trail, Mapping[str, str]]:
    """The part of the list that was asked for, and what everything in it is called."""
    asked = msgspec.structs.replace(
        query, actor=query.actor and _coded(tx, query.actor), subject=query.subject and _coded(tx, query.subject)
    )
    trail = trail_seen(tx, asked, by=by)
    told = {code for line in trail.lines for code in (line.actor, line.subject)}
    told |= {detail for line in trail.lines if isinstance(line, TrailLine) for detail in line.details}
    return trail, _names(tx, told | {query.actor or "", query.subject or ""})


def _coded(tx: Transaction, called: str) -> str:
    """How the books name who is called by a login, a card number or a name that nobody else has; else what was given.

    `林静 (lin)`, as the list shows it, is read by what stands in brackets.
    """
    called = called.partition(" (")[2].rstrip(")") or called
    if (staff_id := tx.scalar(_LOGIN, login=called)) is not None:
        return f"staff:{staff_id}"
    found = tx.all(_CARD, card_no=called) or tx.all(_MEMBER, name=called)
    return f"member:{found[0][0]}" if len(found) == 1 else called


def _names(tx: Transaction, codes: Iterable[str]) -> dict[str, str]:
    """What is called something, by its code: 林静 (lin) by `staff:1`."""
    ids: dict[str, set[int]] = {}
    for noun, text in (code.split(":") for code in codes if re.fullmatch(r"[a-z]+:[0-9]{1,18}", code, re.ASCII)):
        ids.setdefault(noun, set()).add(int(text))
    return {
        f"{noun}:{row.id}": row.name
        for noun in ids.keys() & _THINGS.keys()
        for row in tx.all(_THINGS[noun], ids=sorted(ids[noun]))
    }


PAGES: list[Any] = [get_trail]
