"""The branch office: its first page, and the sheets that were entered."""

from dataclasses import dataclass
from typing import Any, ClassVar

from litestar import Response, get
from litestar.params import FromQuery

from points_bank.activities.office import Office, office_seen
from points_bank.site.rendering import Page, show
from points_bank.web import Asking, QueryId, database_of, staff


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficePage(Page):
    """What waits, with one thing to do next."""

    template: ClassVar[str] = "staff/office.html"
    office: Office


@get("/staff")
async def get_office(request: Asking, branch_id: FromQuery[QueryId] = None) -> Response[str]:
    """The first page of the branch office."""
    office = await database_of(request).read(office_seen, branch_id=branch_id, by=staff(request))
    return show(request, OfficePage(office=office))


PAGES: list[Any] = [get_office]
