"""Who looked at my data: a member's page, day by day."""

from collections.abc import Sequence
from typing import Any, ClassVar

from litestar import Response, get

from points_bank.members.looks_at import LookAtMember, looks_at_member
from points_bank.site.rendering import Page, show
from points_bank.web import Asking, QueryId, database_of, member

LOOKS_A_PAGE = 60


class LooksPage(Page, frozen=True, kw_only=True):
    """`next_before_id` asks for what is older; `kept_years` is how long it is known."""

    template: ClassVar[str] = "me/looks.html"
    looks: Sequence[LookAtMember]
    next_before_id: int | None
    kept_years: int


@get("/me/looks")
async def get_looks(request: Asking, before_id: QueryId = None) -> Response[str]:
    """Who of the staff looked at what is kept of the member."""
    by, database = member(request), database_of(request)
    found = await database.read(looks_at_member, by.id, before_id=before_id, limit=LOOKS_A_PAGE, by=by)
    looks = found[:LOOKS_A_PAGE]
    older = looks[-1].id if len(found) > LOOKS_A_PAGE else None
    kept_years = database.settings.looks_kept_days // 365
    return show(request, LooksPage(looks=looks, next_before_id=older, kept_years=kept_years))


PAGES: list[Any] = [get_looks]
