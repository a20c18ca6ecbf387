"""The audit list as a page: who did what, and who looked at whom, newest first."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.params import QueryParameter

from points_bank.activities.handwriting import read_day
from points_bank.actor import Actor
from points_bank.site.rendering import Page, show
from points_bank.staff.act_words import ACT_WORDS, DETAIL_WORDS, SUBJECT_WORDS
from points_bank.staff.trail import Deed, Trail, TrailLine, TrailQuery, trail_seen
from points_bank.staff.trail_names import coded, names_of
from points_bank.transaction import Transaction
from points_bank.web import Asking, QueryId, database_of, staff, today

Typed = Annotated[str, QueryParameter(max_length=64)]


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
        query, actor=query.actor and coded(tx, query.actor), subject=query.subject and coded(tx, query.subject)
    )
    trail = trail_seen(tx, asked, by=by)
    told = {code for line in trail.lines for code in (line.actor, line.subject)}
    told |= {detail for line in trail.lines if isinstance(line, TrailLine) for detail in line.details}
    return trail, names_of(tx, told | {query.actor or "", query.subject or ""})


PAGES: list[Any] = [get_trail]
