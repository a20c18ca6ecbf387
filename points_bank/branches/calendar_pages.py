"""Administration of the calendar: the years whose holidays are known, and loading another one."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, PathParameter, QueryParameter
from litestar.response import Redirect
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
from points_bank.branches.calendar_data import LONGEST_FILE_LETTERS, Calendar, parse_calendar
from points_bank.branches.calendar_rows import calendar_of, rows_of, typed_rows, usual_rows, values_of
from points_bank.branches.tree import district
from points_bank.errors import Invalid, PointsBankError, message
from points_bank.jobs.timetable import load_calendar
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.transaction import Transaction
from points_bank.web import Asking, QueryId, database_of, staff, today

TYPED = "form"
"""The source of a year that was typed and not in a file."""
NO_UTF_8 = message("This cannot be read as UTF-8.")

Year = Annotated[int, PathParameter(ge=FIRST_YEAR, le=LAST_YEAR)]
QueryYear = Annotated[int | None, QueryParameter(ge=FIRST_YEAR, le=LAST_YEAR)]


class CalendarForm(msgspec.Struct):
    content: str


class YearForm(msgspec.Struct):
    """A year in rows; the rows stand in fields of their own."""

    year: Annotated[int, msgspec.Meta(ge=FIRST_YEAR, le=LAST_YEAR)]


class CalendarView(msgspec.Struct, frozen=True):
    """`asked` are the days of the year that is to be mended, where one is."""

    years: Sequence[YearKnown]
    may_change: bool
    asked: Sequence[ExceptionalDay] = ()


class CalendarPage(Page, frozen=True, kw_only=True):
    """`problems` are by path what is wrong in what was sent and stands beside no field; `rows` is how many there are
    to be filled in; `is_text`: a text or a file was sent."""

    template: ClassVar[str] = "admin/calendar.html"
    view: CalendarView
    loaded_year: int | None
    problems: Sequence[str]
    rows: int
    is_text: bool


class YearPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "admin/year.html"
    year: int
    days: Sequence[ExceptionalDay]
    may_change: bool


@get("/admin/calendar")
async def get_calendar(request: Asking, loaded: QueryId = None, year: QueryYear = None) -> Response[str]:
    """The years whose holidays are known, and the one that is filled in next, or mended."""
    return await _calendar_page(request, loaded_year=loaded, year=year)


@get("/admin/calendar/{year:int}")
async def get_year(request: Asking, year: FromPath[Year]) -> Response[str]:
    """The holidays of a year and the weekends that are worked."""
    view = await database_of(request).read(_view, year, by=staff(request))
    return show(request, YearPage(year=year, days=view.asked, may_change=view.may_change))


@post("/admin/calendar/days", status_code=200)
async def post_days(request: Asking) -> Response[Any]:
    """Load a year from the rows of the form."""
    form = await sent_form(request)
    rows = typed_rows(form.values)
    form = replace(form, values={"year": form.all("year"), **values_of(rows)})
    try:
        calendar = calendar_of(form.read(YearForm).year, rows)
        return await _load(request, form, calendar, TYPED)
    except PointsBankError as refusal:
        return await _calendar_page(request, form.refused(refusal))


@post("/admin/calendar", status_code=200)
async def post_calendar(request: Asking) -> Response[Any]:
    """Load a year from a file, or from what was typed."""
    form = await sent_form(request)
    try:
        form, source = await _with_file(form)
        return await _load(request, form, parse_calendar(form.read(CalendarForm).content), source)
    except PointsBankError as refusal:
        return await _calendar_page(request, form.refused(refusal))


async def _load(request: Asking, form: Form, calendar: Calendar, source: str) -> Redirect:
    answer = await write_form(
        request, form, tuple[YearLoaded, int], load_calendar, calendar=calendar, source=source, by=staff(request)
    )
    return go_to(f"/admin/calendar?loaded={answer.outcome[0].year}")


async def _calendar_page(
    request: Asking, form: Form | None = None, *, loaded_year: int | None = None, year: int | None = None
) -> Response[str]:
    view = await database_of(request).read(_view, year, by=staff(request))
    refusal = form.refusal if form else None
    if form is None or "content" in form.values:
        filled_in = year or max([today(request).year, *(each.year + 1 for each in view.years)])
        rows = values_of(rows_of(view.asked) or usual_rows())
        form = replace(form or Form(), values={**(form.values if form else {}), "year": [str(filled_in)], **rows})
    problems = [path for path in refusal.fields if path not in form.values] if isinstance(refusal, Invalid) else []
    page = CalendarPage(
        view=view,
        loaded_year=loaded_year,
        problems=problems,
        rows=sum(name.endswith("].name") for name in form.values),
        is_text="content" in form.values or "file" in form.files,
    )
    return show(request, page, form)


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


def _view(tx: Transaction, year: int | None, *, by: Actor) -> CalendarView:
    """The years, and the days of one of them. Refuses `not_found` one that is not known."""
    root = district(tx)
    asked = [] if year is None else days_of_year(tx, year, by=by)
    return CalendarView(years_known(tx, by=by), root is not None and by.may(Task.ADMINISTER, root.path), asked)


PAGES: list[Any] = [get_calendar, get_year, post_calendar, post_days]
