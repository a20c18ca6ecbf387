"""Reviews at the branch office: sheets that may be false are looked into, and a second person decides."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from points_bank.activities.reading import ActivityLine, activity_seen
from points_bank.actor import Actor, Task
from points_bank.downloads import download
from points_bank.errors import PointsBankError
from points_bank.i18n import Language
from points_bank.looks.models import View
from points_bank.members.record import records_of
from points_bank.reviews.deciding import ApprovedCorrections, DecidedReview, approve_review_corrections, decide_review
from points_bank.reviews.evidence import Evidence, evidence_of, sheets_of
from points_bank.reviews.finding import ReviewLine, list_reviews
from points_bank.reviews.opening import OpenedReview, open_review
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.site.visits import spoken
from points_bank.spreadsheets import FileFormat
from points_bank.staff.roster import staff_names
from points_bank.transaction import Transaction
from points_bank.web import Asking, Id, PathId, QueryId, Reason, database_of, looked, staff

NEWEST_REVIEWS = 50

Done = Annotated[str | None, QueryParameter(max_length=16)]


class OpeningForm(msgspec.Struct):
    activity_id: Id
    reason: Reason


class DecisionForm(msgspec.Struct):
    """The entries that are ticked are false, all others true."""

    reason: Reason
    false_participation_ids: list[Id] = []


class ReviewsPage(Page, frozen=True, kw_only=True):
    """`activity` is what is to be looked into, where a sheet's page led here; `people` are names of staff by id."""

    template: ClassVar[str] = "staff/reviews.html"
    reviews: Sequence[ReviewLine]
    activity: ActivityLine | None
    people: Mapping[int, str]


class ReviewPage(Page, frozen=True, kw_only=True):
    """`members` are names by id. `left_points` are those of false entries whose corrections nobody carried out yet."""

    template: ClassVar[str] = "staff/review.html"
    found: Evidence
    members: Mapping[int, str]
    people: Mapping[int, str]
    may_decide: bool
    left_points: int
    reader_id: int | None
    done: str | None


@get("/staff/reviews")
async def get_reviews(request: Asking, activity_id: QueryId = None) -> Response[str]:
    """What is being looked into and what was; a form to look into a sheet."""
    return await _list(request, activity_id)


@post("/staff/reviews", status_code=200)
async def post_review(request: Asking) -> Response[Any]:
    """Look into a sheet: what of it has not settled is frozen until somebody else decides."""
    form, by = await sent_form(request), staff(request)
    typed = form.value("activity_id")
    activity_id = int(typed) if re.fullmatch(r"\d{1,18}", typed, re.ASCII) else None
    try:
        sent = form.read(OpeningForm)
        opened = await write_form(
            request, form, OpenedReview, _open, activity_id=sent.activity_id, reason=sent.reason, by=by
        )
    except PointsBankError as refusal:
        return await _list(request, activity_id, form.refused(refusal))
    return go_to(f"/staff/reviews/{opened.outcome.id}?done=opened")


@get("/staff/reviews/{review_id:int}")
async def get_review(request: Asking, review_id: FromPath[PathId], done: Done = None) -> Response[str]:
    """A review with its evidence."""
    return await _show(request, review_id, done=done)


@get("/staff/reviews/{review_id:int}/evidence.xlsx")
async def get_review_file(request: Asking, review_id: FromPath[PathId]) -> Response[bytes]:
    """The evidence as a file to hand on. People stand in it by their numbers only."""
    spoken_here = spoken(request)
    found = await database_of(request).read(evidence_of, review_id, language=spoken_here, by=staff(request))
    looked(request, View.RECORD, *found.member_ids)
    sheets = sheets_of(found, database_of(request).settings.zone, spoken_here)
    return await download(request, f"review-{review_id}", FileFormat.XLSX, sheets)


@post("/staff/reviews/{review_id:int}/decision", status_code=200)
async def post_decision(request: Asking, review_id: FromPath[PathId]) -> Response[Any]:
    """Say which entries are false."""
    form, by = await sent_form(request), staff(request)
    try:
        sent = msgspec.structs.asdict(form.read(DecisionForm))
        await write_form(request, form, DecidedReview, decide_review, review_id, **sent, by=by)
    except PointsBankError as refusal:
        return await _show(request, review_id, form.refused(refusal))
    return go_to(f"/staff/reviews/{review_id}?done=decided")


@post("/staff/reviews/{review_id:int}/corrections/approval", status_code=200)
async def post_corrections(request: Asking, review_id: FromPath[PathId]) -> Response[Any]:
    """Take the points of false entries back, as a further person."""
    form = await sent_form(request)
    try:
        await write_form(request, form, ApprovedCorrections, approve_review_corrections, review_id, by=staff(request))
    except PointsBankError as refusal:
        return await _show(request, review_id, form.refused(refusal))
    return go_to(f"/staff/reviews/{review_id}?done=corrected")


PAGES: list[Any] = [get_reviews, post_review, get_review, get_review_file, post_decision, post_corrections]


def _open(tx: Transaction, *, activity_id: int, reason: str, by: Actor) -> OpenedReview:
    activity = activity_seen(tx, activity_id, task=Task.APPROVE, by=by)
    return open_review(tx, branch_id=activity.branch_id, reason=reason, activity_ids=[activity_id], by=by)


async def _list(request: Asking, activity_id: int | None, form: Form | None = None) -> Response[str]:
    return show(request, await database_of(request).read(_reviews_page, activity_id, by=staff(request)), form)


async def _show(request: Asking, review_id: int, form: Form | None = None, *, done: str | None = None) -> Response[str]:
    page = await database_of(request).read(_review_page, review_id, done, spoken(request), by=staff(request))
    looked(request, View.RECORD, *page.members)
    return show(request, page, form)


def _reviews_page(tx: Transaction, activity_id: int | None, *, by: Actor) -> ReviewsPage:
    reviews = list_reviews(tx, is_open=None, before_id=None, limit=NEWEST_REVIEWS, by=by)[:NEWEST_REVIEWS]
    people = {each.opened_by_id for each in reviews} | {each.decided_by_id for each in reviews if each.decided_by_id}
    activity = None if activity_id is None else activity_seen(tx, activity_id, task=Task.APPROVE, by=by)
    return ReviewsPage(reviews=reviews, activity=activity, people=staff_names(tx, sorted(people)))


def _review_page(tx: Transaction, review_id: int, done: str | None, language: Language, *, by: Actor) -> ReviewPage:
    found = evidence_of(tx, review_id, language=language, by=by)
    staff_ids = {found.review.opened_by_id, found.review.decided_by_id or found.review.opened_by_id}
    staff_ids |= {activity.recorded_by_id for activity in found.activities}
    return ReviewPage(
        found=found,
        members={each.id: each.name for each in records_of(tx, found.member_ids)},
        people=staff_names(tx, sorted(staff_ids)),
        may_decide=by.may(Task.APPROVE, found.review.branch_path),
        left_points=found.totals.false_points - found.totals.rejected_points - found.totals.reversed_points,
        reader_id=by.staff_id,
        done=done,
    )
