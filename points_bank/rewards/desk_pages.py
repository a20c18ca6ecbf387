"""Administration of desks: where goods are handed over, and on which days."""

from collections.abc import Sequence
from datetime import time
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from points_bank.errors import Invalid, PointsBankError, message
from points_bank.rewards.desks import DeskChanges, DeskLine, add_desk, change_desk
from points_bank.rewards.opening_days import Opening, Shift, hours_of
from points_bank.rewards.shapes import ClockTime
from points_bank.rewards.shelves import Desks, DeskView, desk_view, desks_seen
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.web import Asking, Code, Id, PathId, ThingName, database_of, staff

BOTH_ENDS = message("An opening needs when it begins and when it ends.")

DaysOfMonth = Annotated[str, msgspec.Meta(max_length=120, pattern=r"^[0-9]{1,2}([ ,、;]+[0-9]{1,2})*$(?!\n)")]
Weekday = Annotated[int, msgspec.Meta(ge=1, le=7)]
PLACES = {
    "opening.days_of_month": "days_of_month",
    "opening.weekdays": "weekdays",
    "opening.hours[0]": "until_1",
    "opening.hours[1]": "from_2",
}
"""Where a problem of an opening stands in the form."""


class DeskForm(msgspec.Struct):
    """A desk that is not always open has days and one or two times of the day."""

    name: ThingName
    is_always_open: bool = False
    days_of_month: DaysOfMonth = ""
    weekdays: list[Weekday] = []
    is_put_off: bool = False
    from_1: ClockTime | None = None
    until_1: ClockTime | None = None
    from_2: ClockTime | None = None
    until_2: ClockTime | None = None

    def opening(self) -> Opening | None:
        """Refuses `invalid` a day that no month has and half of a time."""
        if self.is_always_open:
            return None
        days = tuple(int(part) for part in self.days_of_month.translate(str.maketrans(",，、;；", "     ")).split())
        if not all(1 <= day <= 31 for day in days):
            raise Invalid({"days_of_month": message("A month has days from 1 to 31.")})
        shift = Shift.NEXT_WORKING_DAY if self.is_put_off else Shift.NONE
        return Opening(days, tuple(self.weekdays), shift, tuple(self._hours()))

    def _hours(self) -> Sequence[tuple[time, time]]:
        pairs = {"until_1": (self.from_1, self.until_1), "until_2": (self.from_2, self.until_2)}
        halves = {name: BOTH_ENDS for name, (start, end) in pairs.items() if (start is None) != (end is None)}
        if self.from_1 is None and not halves:
            halves = {"until_1": BOTH_ENDS}
        if halves:
            raise Invalid(halves)
        return [(time.fromisoformat(start), time.fromisoformat(end)) for start, end in pairs.values() if start and end]


class NewDeskForm(DeskForm, kw_only=True):
    code: Code
    branch_id: Id


class DesksPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "admin/desks.html"
    found: Desks


class DeskPage(Page, frozen=True, kw_only=True):
    """One desk; `hours` are pairs such as `09:00` and `11:30`."""

    template: ClassVar[str] = "admin/desk.html"
    view: DeskView
    hours: Sequence[tuple[str, str]]
    is_saved: bool


@get("/admin/desks")
async def get_desks_page(request: Asking) -> Response[str]:
    """The desks, and a form for one more."""
    return await _desks_page(request)


@post("/admin/desks", status_code=200)
async def post_new_desk(request: Asking) -> Response[Any]:
    """Open a desk."""
    form, by = await sent_form(request), staff(request)
    try:
        sent = form.read(NewDeskForm)
        answer = await write_form(
            request, form, DeskLine, add_desk,
            code=sent.code, name=sent.name, branch_id=sent.branch_id, opening=sent.opening(), by=by,
        )  # fmt: skip
    except PointsBankError as refusal:
        return await _desks_page(request, form.refused(_beside(refusal)))
    return go_to(f"/admin/desks/{answer.outcome.id}?saved=true")


@get("/admin/desks/{desk_id:int}")
async def get_desk_page(request: Asking, desk_id: FromPath[PathId], saved: FromQuery[bool] = False) -> Response[str]:
    """One desk: when it opens, and what it has."""
    return await _desk_page(request, desk_id, is_saved=saved)


@post("/admin/desks/{desk_id:int}", status_code=200)
async def post_desk_change(request: Asking, desk_id: FromPath[PathId]) -> Response[Any]:
    """Change a desk's name or opening days."""
    form, by = await sent_form(request), staff(request)
    try:
        sent = form.read(DeskForm)
        changes = DeskChanges(name=sent.name, opening=sent.opening())
        await write_form(request, form, DeskLine, change_desk, desk_id, changes, by=by)
    except PointsBankError as refusal:
        return await _desk_page(request, desk_id, form.refused(_beside(refusal)))
    return go_to(f"/admin/desks/{desk_id}?saved=true")


async def _desks_page(request: Asking, form: Form | None = None) -> Response[str]:
    return show(request, DesksPage(found=await database_of(request).read(desks_seen, by=staff(request))), form)


async def _desk_page(
    request: Asking, desk_id: int, form: Form | None = None, *, is_saved: bool = False
) -> Response[str]:
    view = await database_of(request).read(desk_view, desk_id, by=staff(request))
    hours = [] if view.desk.opening is None else list(hours_of(view.desk.opening))
    return show(request, DeskPage(view=view, hours=hours, is_saved=is_saved), form or _form_of(view, hours))


def _form_of(view: DeskView, hours: Sequence[tuple[str, str]]) -> Form:
    """The form as it stands in the books."""
    values: dict[str, list[str]] = {"name": [view.desk.name]}
    if (opening := view.desk.opening) is None:
        return Form(values | {"is_always_open": ["true"]})
    values["days_of_month"] = [", ".join(map(str, opening.days_of_month))]
    values["weekdays"] = [str(day) for day in opening.weekdays]
    values["is_put_off"] = ["true"] if opening.shift is Shift.NEXT_WORKING_DAY else []
    for place, (start, end) in enumerate(hours[:2], start=1):
        values |= {f"from_{place}": [start], f"until_{place}": [end]}
    return Form(values)


def _beside(refusal: PointsBankError) -> PointsBankError:
    """A refusal of an opening, by the fields of the form."""
    if not isinstance(refusal, Invalid):
        return refusal
    problems = {PLACES.get(path, path.partition("[")[0]): str(said) for path, said in refusal.fields.items()}
    return Invalid(problems, **refusal.values)


PAGES: list[Any] = [get_desks_page, post_new_desk, get_desk_page, post_desk_change]
