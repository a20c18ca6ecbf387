"""The audit list as a page: who did what, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from litestar import Response, get
from litestar.params import QueryParameter

from points_bank.site.rendering import Page, show
from points_bank.staff.act_words import ACT_WORDS, SUBJECT_WORDS
from points_bank.staff.trail import Trail, trail_seen
from points_bank.web import Asking, QueryId, database_of, staff

Typed = Annotated[str, QueryParameter(max_length=64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailPage(Page):
    """`subject` and `actor` are what was asked about, empty for all."""

    template: ClassVar[str] = "admin/audit.html"
    trail: Trail
    subject: str
    actor: str
    act_words: Mapping[str, str]
    subject_words: Mapping[str, str]


@get("/admin/audit")
async def get_trail(
    request: Asking, subject: Typed = "", actor: Typed = "", before_id: QueryId = None
) -> Response[str]:
    """Who did what: all, to something, by somebody, or both."""
    subject, actor = subject.strip(), actor.strip()
    trail = await database_of(request).read(
        trail_seen, subject=subject or None, actor=actor or None, before_id=before_id, by=staff(request)
    )
    page = TrailPage(trail=trail, subject=subject, actor=actor, act_words=ACT_WORDS, subject_words=SUBJECT_WORDS)
    return show(request, page)


PAGES = [get_trail]
