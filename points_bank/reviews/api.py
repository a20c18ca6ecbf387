"""Reviews over JSON, and their evidence as a file."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from points_bank.downloads import asked_format, download
from points_bank.looks.models import View
from points_bank.reviews.deciding import (
    ApprovedCorrections,
    DecidedReview,
    EndedRights,
    approve_review_corrections,
    decide_review,
    end_recorders_rights,
)
from points_bank.reviews.evidence import ActivityEvidence, Deed, Evidence, Totals, evidence_of, sheets_of
from points_bank.reviews.finding import ReviewLine, list_reviews
from points_bank.reviews.opening import OpenedReview, open_review
from points_bank.web import (
    Asking,
    Cursor,
    Id,
    Limit,
    Page,
    PathId,
    Reason,
    database_of,
    forget_callers,
    id_cursor,
    language,
    looked,
    page_of,
    respond,
    staff,
    write_keyed,
)


class ReviewBody(msgspec.Struct, forbid_unknown_fields=True):
    """Either activities, or what a recorder entered for service of some days, both included."""

    branch_id: Id
    reason: Reason
    activity_ids: Annotated[list[Id], msgspec.Meta(max_length=200)] = []
    recorder_staff_id: Id | None = None
    from_on: date | None = None
    until_on: date | None = None


class DecisionBody(msgspec.Struct, forbid_unknown_fields=True):
    """Which entries are false; an empty list frees all."""

    false_participation_ids: Annotated[list[Id], msgspec.Meta(max_length=1_000)]
    reason: Reason


class RecorderBody(msgspec.Struct, forbid_unknown_fields=True):
    staff_id: Id


class ReviewOut(msgspec.Struct):
    """A review; it is open while `decided_at` is null."""

    id: int
    branch_id: int
    reason: str
    recorder_staff_id: int | None
    from_on: date | None
    until_on: date | None
    opened_by_id: int
    opened_at: datetime
    decided_by_id: int | None
    decided_at: datetime | None
    decision: str | None


class EvidenceOut(ReviewOut, kw_only=True):
    """A review with everything that speaks for or against what was doubted, and who did what in it."""

    totals: Totals
    activities: list[ActivityEvidence]
    history: list[Deed]


@post("/reviews", tags=["reviews"])
async def post_review(request: Asking, data: JSONBody[ReviewBody]) -> Response[OpenedReview]:
    """Look into a set of entries. What has not settled is frozen until the review is decided."""
    answer = await write_keyed(
        request, OpenedReview, open_review, branch_id=data.branch_id, reason=data.reason,
        activity_ids=data.activity_ids, recorder_id=data.recorder_staff_id, from_on=data.from_on,
        until_on=data.until_on, by=staff(request),
    )  # fmt: skip
    return respond(answer, answer.outcome, status_code=201)


@get("/reviews", tags=["reviews"])
async def get_reviews(
    request: Asking,
    is_open: Annotated[bool | None, QueryParameter(name="open")] = None,
    limit: FromQuery[Limit] = 50,
    cursor: FromQuery[Cursor] = None,
) -> Page[ReviewOut]:
    """Reviews of the caller's branches, newest first; `open=true` gives those that wait."""
    found = await database_of(request).read(
        list_reviews, is_open=is_open, before_id=id_cursor(cursor), limit=limit, by=staff(request)
    )
    return page_of([ReviewOut(**_about(each)) for each in found], limit=limit, cursor_of=lambda each: each.id)


@get("/reviews/{review_id:int}", tags=["reviews"])
async def get_review(request: Asking, review_id: FromPath[PathId]) -> EvidenceOut:
    """A review with its evidence: entries, flags, who was called back, decisions, and who did what."""
    found = await _evidence(request, review_id)
    return EvidenceOut(**_about(found.review), totals=found.totals, activities=found.activities, history=found.history)


@get(["/reviews/{review_id:int}/evidence.csv", "/reviews/{review_id:int}/evidence.xlsx"], tags=["reviews"])
async def get_evidence(request: Asking, review_id: FromPath[PathId]) -> Response[bytes]:
    """The evidence as a file to hand on. People stand in it by their numbers only."""
    _, kind = asked_format(request.url.path)
    assert kind is not None, "the path ends in a format"
    found = await _evidence(request, review_id)
    sheets = sheets_of(found, database_of(request).settings.zone, language(request))
    return await download(request, f"review-{review_id}", kind, sheets)


@post("/reviews/{review_id:int}/decision", status_code=200, tags=["reviews"])
async def post_decision(
    request: Asking, review_id: FromPath[PathId], data: JSONBody[DecisionBody]
) -> Response[DecidedReview]:
    """Say which entries are false: rejected, or corrections proposed where they had settled. The rest is free."""
    answer = await write_keyed(
        request, DecidedReview, decide_review, review_id,
        false_participation_ids=data.false_participation_ids, reason=data.reason, by=staff(request),
    )  # fmt: skip
    return respond(answer, answer.outcome)


@post("/reviews/{review_id:int}/corrections/approval", status_code=200, tags=["reviews"])
async def post_corrections_approval(request: Asking, review_id: FromPath[PathId]) -> Response[ApprovedCorrections]:
    """Carry out all corrections that the decision proposed, as the second person: reversals follow.

    Needs an Idempotency-Key.
    """
    answer = await write_keyed(
        request, ApprovedCorrections, approve_review_corrections, review_id, by=staff(request), key_required=True
    )
    return respond(answer, answer.outcome)


@post("/reviews/{review_id:int}/recorder-suspension", status_code=200, tags=["reviews"])
async def post_recorder_suspension(
    request: Asking, review_id: FromPath[PathId], data: JSONBody[RecorderBody]
) -> Response[EndedRights]:
    """End all rights of somebody who recorded what is reviewed, at once."""
    answer = await write_keyed(
        request, EndedRights, end_recorders_rights, review_id, staff_id=data.staff_id, by=staff(request)
    )
    forget_callers(request)
    return respond(answer, answer.outcome)


async def _evidence(request: Asking, review_id: int) -> Evidence:
    found = await database_of(request).read(evidence_of, review_id, language=language(request), by=staff(request))
    looked(request, View.RECORD, *found.member_ids)
    return found


def _about(review: ReviewLine) -> dict[str, Any]:
    names = set(ReviewOut.__struct_fields__) - {"recorder_staff_id"}
    return {"recorder_staff_id": review.recorder_id, **{name: getattr(review, name) for name in names}}


ROUTES = [
    post_review,
    get_reviews,
    get_review,
    get_evidence,
    post_decision,
    post_corrections_approval,
    post_recorder_suspension,
]
