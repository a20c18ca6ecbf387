"""Administration of the calendar: the years whose holidays are known, and loading another one."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, PathParameter
from msgspec.structs import replace

from points_bank.actor import Actor, Task
from points_bank.branches.calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    ExceptionalDay,
    YearKnown,
    YearLoaded,
    days_of_year,
    years_known,
)
from points_bank.branches.calendar_data import LONGEST_FILE_LETTERS, parse_calendar
from points_bank.branches.tree import district
from points_bank.errors import Invalid, PointsBankError, message
from points_bank.jobs.timetable import load_calendar
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.transaction import Transaction
from points_bank.web import Asking, QueryId, database_of, staff

TYPED = "form"
"""The source of a year that was typed and not in a file."""
NO_UTF_8 = message("This cannot be read as UTF-8.")

Year = Annotated[int, PathParameter(ge=FIRST_YEAR, le=LAST_YEAR)]


class CalendarForm(msgspec.Struct):
    content: str


class CalendarView(msgspec.Struct, frozen=True):
    years: Sequence[YearKnown]
    may_change: bool


class CalendarPage(Page, frozen=True, kw_only=True):
    """`problems` are by path what is wrong in the text that was sent."""

    template: ClassVar[str] = "admin/calendar.html"
    view: CalendarView
    loaded_year: int | None
    problems: Sequence[str]


class YearPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "admin/year.html"
    year: int
    days: Sequence[ExceptionalDay]


@get("/admin/calendar")
async def get_calendar(request: Asking, loaded: QueryId = None) -> Response[str]:
    """The years whose holidays are known."""
    return await _calendar_page(request, loaded_year=loaded)


@get("/admin/calendar/{year:int}")
async def get_year(request: Asking, year: FromPath[Year]) -> Response[str]:
    """The holidays of a year and the weekends that are worked."""
    days = await database_of(request).read(days_of_year, year, by=staff(request))
    return show(request, YearPage(year=year, days=days))


@post("/admin/calendar", status_code=200)
async def post_calendar(request: Asking) -> Response[Any]:
    """Load a year from a file, or from what was typed."""
    form, by = await sent_form(request), staff(request)
    try:
        form, source = await _with_file(form)
        calendar = parse_calendar(form.read(CalendarForm).content)
        answer = await write_form(
            request, form, tuple[YearLoaded, int], load_calendar, calendar=calendar, source=source, by=by
        )
    except PointsBankError as refusal:
        return await _calendar_page(request, form.refused(refusal))
    return go_to(f"/admin/calendar?loaded={answer.outcome[0].year}")


async def _calendar_page(request: Asking, form: Form | None = None, *, loaded_year: int | None = None) -> Response[str]:
    view = await database_of(request).read(_view, by=staff(request))
    refusal = form.refusal if form else None
    problems = list(refusal.fields) if isinstance(refusal, Invalid) else []
    return show(request, CalendarPage(view=view, loaded_year=loaded_year, problems=problems), form)


async def _with_file(form: Form) -> tuple[Form, str]:
    """The form with the text of its file, if one was sent, as if it had been typed; and where the text comes from."""
    file = form.files.get("file")
    if file is None or not file.filename:
        return form, TYPED
    content = await file.read(4 * LONGEST_FILE_LETTERS)
    try:
        return replace(form, values={**form.values, "content": [content.decode("utf-8-sig")]}), file.filename[:80]
    except UnicodeDecodeError:
        raise Invalid({"file": NO_UTF_8}) from None


def _view(tx: Transaction, *, by: Actor) -> CalendarView:
    root = district(tx)
    return CalendarView(years_known(tx, by=by), root is not None and by.may(Task.ADMINISTER, root.path))


PAGES: list[Any] = [get_calendar, get_year, post_calendar]
