"""The branch office: its first page, the sheets that wait and those that were entered, and what is decided of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec.structs import replace

from points_bank.activities.approval import Decided, approve_activity, reject_activity, return_activity
from points_bank.activities.call_backs import Sample, draw_sample
from points_bank.activities.flags import ToldFlag, told
from points_bank.activities.inspecting import (
    DoubtLine,
    Inspected,
    WaitingSheet,
    WaitingSheets,
    inspected,
    listed_sheets,
    open_doubts,
    waiting_sheets,
)
from points_bank.activities.models import ActivityState, CallAnswer, ParticipationState
from points_bank.activities.office import Office, office_seen
from points_bank.activities.reading import ParticipationLine
from points_bank.activities.shapes import ParticipationOut, ReasonBody, SampleBody, participation_out
from points_bank.errors import Invalid, PointsBankError, message
from points_bank.members.finding import is_under_18
from points_bank.members.models import Purpose
from points_bank.members.record import MemberRecord
from points_bank.rules.points import CaseOutcome
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.site.visits import spoken
from points_bank.web import Asking, Cursor, Id, PathId, QueryId, database_of, id_cursor, staff

LISTED = 30
NOTHING_TICKED = message("Tick the sheets that you approve.")


class Chosen(msgspec.Struct):
    activity_id: list[Id] = []


class OfficePage(Page, frozen=True, kw_only=True):
    """What waits, with one thing to do next."""

    template: ClassVar[str] = "staff/office.html"
    office: Office


class ApprovalsPage(Page, frozen=True, kw_only=True):
    """What is ordinary together, what is odd first with the reason. `refused` are sheets that could not be approved."""

    template: ClassVar[str] = "staff/approvals.html"
    sheets: WaitingSheets
    reasons: Mapping[int, Sequence[ToldFlag]]
    approved: int
    refused: Sequence[tuple[WaitingSheet, PointsBankError]]


class ActivitiesPage(Page, frozen=True, kw_only=True):
    """Sheets, newest first; `older` is the cursor of those before them."""

    template: ClassVar[str] = "staff/activities.html"
    sheets: Sequence[WaitingSheet]
    state: ActivityState | None
    states: Sequence[ActivityState]
    older: int | None


class ActivityPage(Page, frozen=True, kw_only=True):
    """A sheet with its lines and its history; `lines` are told in the reader's language, `done` is what was done."""

    template: ClassVar[str] = "staff/activity.html"
    sheet: Inspected
    lines: Mapping[int, ParticipationOut]
    reasons: Sequence[ToldFlag]
    done: str
    answers: Sequence[CallAnswer] = tuple(CallAnswer)
    outcomes: Sequence[CaseOutcome] = tuple(CaseOutcome)

    @property
    def is_waiting(self) -> bool:
        return self.sheet.activity.state is ActivityState.LOGGED

    def is_approved(self, line: ParticipationLine) -> bool:
        approved = {ParticipationState.UNDER_NOTICE, ParticipationState.FROZEN, ParticipationState.SETTLED}
        return line.state in approved

    def pending(self, line: ParticipationLine) -> DoubtLine | None:
        """The correction that waits for this line."""
        return next((each for each in self.sheet.corrections if each.line_id == line.id and not each.is_decided), None)

    def objection(self, line: ParticipationLine) -> DoubtLine | None:
        """The objection that waits for this line."""
        return next((each for each in self.sheet.objections if each.line_id == line.id and not each.is_decided), None)


class NoticePage(Page, frozen=True, kw_only=True):
    """The sheet that is posted: who did not consent to be named is there by the end of their card number only."""

    template: ClassVar[str] = "staff/notice.html"
    sheet: Inspected

    def is_named(self, person: MemberRecord) -> bool:
        """Whether somebody agreed to be named in public, and is of age."""
        return Purpose.BOARDS in person.consents and not is_under_18(person.born_on, self.sheet.activity.service_on)


class DoubtsPage(Page, frozen=True, kw_only=True):
    """Objections and corrections that wait."""

    template: ClassVar[str] = "staff/doubts.html"
    objections: Sequence[DoubtLine]
    corrections: Sequence[DoubtLine]


@get("/staff")
async def get_office(request: Asking, branch_id: FromQuery[QueryId] = None) -> Response[str]:
    """The first page of the branch office."""
    office = await database_of(request).read(office_seen, branch_id=branch_id, by=staff(request))
    return show(request, OfficePage(office=office))


@get("/staff/approvals")
async def get_approvals(request: Asking, approved: FromQuery[int] = 0) -> Response[str]:
    """The sheets that wait for the caller's approval."""
    return await _show_approvals(request, Form(), approved=approved)


@post("/staff/approvals", status_code=200)
async def post_approvals(request: Asking) -> Response[Any]:
    """Approve the sheets that were ticked, each by itself: one that is refused leaves the others approved."""
    form = await sent_form(request)
    try:
        chosen = form.read(Chosen).activity_id
        if not chosen:
            raise Invalid({"activity_id": NOTHING_TICKED})
    except PointsBankError as refusal:
        return await _show_approvals(request, form.refused(refusal))
    refused: dict[int, PointsBankError] = {}
    for activity_id in chosen:
        each = replace(form, values={}, key=f"{form.key}.{activity_id}")
        try:
            await write_form(request, each, Decided, approve_activity, activity_id, by=staff(request))
        except PointsBankError as refusal:
            refused[activity_id] = refusal
    approved = len(chosen) - len(refused)
    if not refused:
        return go_to(f"/staff/approvals?approved={approved}")
    return await _show_approvals(request, form, approved=approved, refused=refused)


@get("/staff/activities")
async def get_activities(
    request: Asking,
    branch_id: FromQuery[QueryId] = None,
    in_state: Annotated[ActivityState | None, QueryParameter(name="state")] = None,
    cursor: FromQuery[Cursor] = None,
) -> Response[str]:
    """Sheets of the caller's branches, newest entry first."""
    sheets = await database_of(request).read(
        listed_sheets, branch_id=branch_id, state=in_state, before_id=id_cursor(cursor), limit=LISTED, by=staff(request)
    )
    older = sheets[LISTED - 1].activity.id if len(sheets) > LISTED else None
    page = ActivitiesPage(sheets=sheets[:LISTED], state=in_state, states=tuple(ActivityState), older=older)
    return show(request, page)


@get("/staff/activities/{activity_id:int}")
async def get_activity(request: Asking, activity_id: FromPath[PathId], done: FromQuery[str] = "") -> Response[str]:
    """A sheet with its lines and its history."""
    return await show_activity(request, activity_id, done=done)


@get("/staff/activities/{activity_id:int}/notice")
async def get_notice(request: Asking, activity_id: FromPath[PathId]) -> Response[str]:
    """The notice to print and post."""
    return show(request, NoticePage(sheet=await database_of(request).read(inspected, activity_id, by=staff(request))))


@post("/staff/activities/{activity_id:int}/approval", status_code=200)
async def post_approval(request: Asking, activity_id: FromPath[PathId]) -> Response[Any]:
    """Approve a sheet."""
    return await decide(request, activity_id, Decided, approve_activity, activity_id, done="approved")


@post("/staff/activities/{activity_id:int}/return", status_code=200)
async def post_return(request: Asking, activity_id: FromPath[PathId]) -> Response[Any]:
    """Give a sheet back, with the reason."""
    return await decide(request, activity_id, Decided, return_activity, activity_id, shape=ReasonBody, done="returned")


@post("/staff/activities/{activity_id:int}/rejection", status_code=200)
async def post_rejection(request: Asking, activity_id: FromPath[PathId]) -> Response[Any]:
    """Turn a sheet down for good, with the reason."""
    return await decide(request, activity_id, Decided, reject_activity, activity_id, shape=ReasonBody, done="rejected")


@post("/staff/activities/{activity_id:int}/call-back-sample", status_code=200)
async def post_sample(request: Asking, activity_id: FromPath[PathId]) -> Response[Any]:
    """Draw people to be called back."""
    return await decide(request, activity_id, Sample, draw_sample, activity_id, shape=SampleBody, done="drawn")


@get("/staff/doubts")
async def get_doubts(request: Asking) -> Response[str]:
    """Objections and corrections that wait."""
    objections, corrections = await database_of(request).read(open_doubts, by=staff(request))
    return show(request, DoubtsPage(objections=objections, corrections=corrections))


async def decide(
    request: Asking,
    activity_id: int,
    returns: type[Any],
    act: Callable[..., Any],
    subject_id: int,
    *,
    shape: type[msgspec.Struct] | None = None,
    done: str,
    **given: Any,
) -> Response[Any]:
    """Carry out an act for a form of an activity's page; refused, the page shows the form again with the reason."""
    form = await sent_form(request)
    try:
        values = msgspec.structs.asdict(form.read(shape)) if shape else {}
        await write_form(request, form, returns, act, subject_id, by=staff(request), **values, **given)
    except PointsBankError as refusal:
        return await show_activity(request, activity_id, form.refused(refusal))
    return go_to(f"/staff/activities/{activity_id}?done={done}")


async def show_activity(
    request: Asking, activity_id: int, form: Form | None = None, *, done: str = ""
) -> Response[str]:
    sheet = await database_of(request).read(inspected, activity_id, by=staff(request))
    language = spoken(request)
    page = ActivityPage(
        sheet=sheet,
        lines={line.id: participation_out(line, language) for line in sheet.lines},
        reasons=[told(flag, language) for flag in sheet.flags],
        done=done,
    )
    return show(request, page, form)


async def _show_approvals(
    request: Asking, form: Form, *, approved: int = 0, refused: Mapping[int, PointsBankError] | None = None
) -> Response[str]:
    sheets, language = await database_of(request).read(waiting_sheets, by=staff(request)), spoken(request)
    shown = {each.activity.id: each for each in [*sheets.odd, *sheets.ordinary, *sheets.own]}
    page = ApprovalsPage(
        sheets=sheets,
        reasons={each.activity.id: [told(flag, language) for flag in each.flags] for each in sheets.odd},
        approved=approved,
        refused=[(shown[key], refusal) for key, refusal in (refused or {}).items() if key in shown],
    )
    return show(request, page, form, status_code=409 if page.refused else None)


PAGES: list[Any] = [
    get_office,
    get_approvals,
    post_approvals,
    get_activities,
    get_activity,
    get_notice,
    post_approval,
    post_return,
    post_rejection,
    post_sample,
    get_doubts,
]
