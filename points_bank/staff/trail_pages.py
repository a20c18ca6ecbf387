"""The audit list as a page: who did what, and who looked at whom, newest first."""

from collections.abc import Mapping
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import QueryParameter

from points_bank.activities.handwriting import read_day
from points_bank.site.rendering import Page, show
from points_bank.staff.act_words import ACT_WORDS, SUBJECT_WORDS
from points_bank.staff.trail import Deed, Trail, TrailQuery, trail_seen
from points_bank.web import Asking, QueryId, database_of, staff, today

Typed = Annotated[str, QueryParameter(max_length=64)]


class TrailPage(Page, frozen=True, kw_only=True):
    """`asked` is what was asked about, empty texts for all; `further` the same as a query, for the links."""

    template: ClassVar[str] = "admin/audit.html"
    trail: Trail
    asked: Mapping[str, str]
    further: str
    act_words: Mapping[str, str]
    subject_words: Mapping[str, str]


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
    trail = await database_of(request).read(trail_seen, query, by=staff(request))
    further = urlencode({name: text for name, text in typed.items() if text})
    page = TrailPage(trail=trail, asked=typed, further=further, act_words=ACT_WORDS, subject_words=SUBJECT_WORDS)
    return show(request, page)


PAGES = [get_trail]
