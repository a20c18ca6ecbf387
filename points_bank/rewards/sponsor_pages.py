"""Sponsors in administration: who gives goods, and what came of them month by month, in counts that name nobody."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from points_bank.actor import Actor
from points_bank.branches.surroundings import offices
from points_bank.branches.tree import BranchLine
from points_bank.clock import latest_months
from points_bank.downloads import asked_format, download
from points_bank.errors import NotFound, PointsBankError
from points_bank.rewards.month_sheet import MonthSheet, month_sheet, sheet_of
from points_bank.rewards.sponsors import SponsorLine, add_sponsor, list_sponsors
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.site.visits import spoken
from points_bank.transaction import Transaction
from points_bank.web import Asking, Id, PathId, QueryId, ThingName, database_of, staff

A_PAGE = 50
MONTHS = 13

Month = Annotated[str | None, QueryParameter(max_length=7)]


class SponsorForm(msgspec.Struct):
    name: ThingName
    branch_id: Id


class Sponsors(msgspec.Struct, frozen=True):
    """`offices` are the branches in which the actor may write one down; the list goes on after `next_after_id`."""

    sponsors: Sequence[SponsorLine]
    next_after_id: int | None
    offices: Sequence[BranchLine]


class SponsorsPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "admin/sponsors.html"
    found: Sponsors


class SponsorPage(Page, frozen=True, kw_only=True):
    """A sponsor's month; `months` are those that can be chosen, the running one first."""

    template: ClassVar[str] = "admin/sponsor.html"
    sheet: MonthSheet
    months: Sequence[str]
    is_added: bool


@get("/admin/sponsors")
async def get_sponsors(request: Asking, after_id: QueryId = None) -> Response[str]:
    """Who gives goods, and a form for one more."""
    return await _show(request, after_id=after_id)


@post("/admin/sponsors", status_code=200)
async def post_sponsor(request: Asking) -> Response[Any]:
    """Write down a sponsor."""
    form, by = await sent_form(request), staff(request)
    try:
        sent = form.read(SponsorForm)
        answer = await write_form(
            request, form, SponsorLine, add_sponsor, name=sent.name, branch_id=sent.branch_id, by=by
        )
    except PointsBankError as refusal:
        return await _show(request, form.refused(refusal))
    return go_to(f"/admin/sponsors/{answer.outcome.id}?added=1")


@get("/admin/sponsors/{sponsor_id:int}")
async def get_sponsor(
    request: Asking, sponsor_id: FromPath[PathId], month: Month = None, added: QueryId = None
) -> Response[str]:
    """What came of a sponsor's goods in a month; by default in the running one."""
    page = await database_of(request).read(_sponsor_page, sponsor_id, month, added is not None, by=staff(request))
    return show(request, page)


@get("/admin/sponsors/{sponsor_id:int}/month.xlsx")
async def get_sponsor_file(request: Asking, sponsor_id: FromPath[PathId], month: Month = None) -> Response[bytes]:
    """The month as a file to hand to the sponsor."""
    _, kind = asked_format(request.url.path)
    if kind is None or month is None:
        raise NotFound
    sheet = await database_of(request).read(month_sheet, sponsor_id, month, by=staff(request))
    return await download(request, f"sponsor-{sponsor_id}-{sheet.month}", kind, [sheet_of(sheet, spoken(request))])


PAGES: list[Any] = [get_sponsors, post_sponsor, get_sponsor, get_sponsor_file]


async def _show(request: Asking, form: Form | None = None, *, after_id: int | None = None) -> Response[str]:
    found = await database_of(request).read(_sponsors, after_id, by=staff(request))
    return show(request, SponsorsPage(found=found), form)


def _sponsors(tx: Transaction, after_id: int | None, *, by: Actor) -> Sponsors:
    found = list_sponsors(tx, after_id=after_id, limit=A_PAGE + 1, by=by)
    shown = found[:A_PAGE]
    return Sponsors(shown, shown[-1].id if len(found) > A_PAGE else None, offices(tx, by=by))


def _sponsor_page(tx: Transaction, sponsor_id: int, month: str | None, is_added: bool, *, by: Actor) -> SponsorPage:
    months = latest_months(tx.today, MONTHS)
    sheet = month_sheet(tx, sponsor_id, month or months[0], by=by)
    return SponsorPage(sheet=sheet, months=months, is_added=is_added)
