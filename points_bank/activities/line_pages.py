"""What is decided of one line of a sheet, by forms of its activity's page."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, post
from litestar.params import FromPath

from points_bank.activities.approval import DecidedLine, reject_participation, trim_participation
from points_bank.activities.call_backs import CallLine, record_call
from points_bank.activities.casework import follow_up_case
from points_bank.activities.correction import (
    CorrectionLine,
    approve_correction,
    propose_correction,
    reject_correction,
)
from points_bank.activities.handwriting import read_clock, read_day
from points_bank.activities.objections import ObjectionDecided, object_to_line, resolve_objection
from points_bank.activities.pages import decide, show_activity
from points_bank.activities.shapes import AnswerBody, CorrectionBody, ReasonBody, ResolutionBody
from points_bank.activities.sheet_pages import NO_DAY, NO_TIME
from points_bank.clock import at_time, day_of
from points_bank.errors import Invalid, PointsBankError
from points_bank.rules.points import CaseOutcome
from points_bank.site.forms import go_to, sent_form, write_form
from points_bank.web import Asking, Instant, PathId, database_of, staff, today

LINE = "/staff/activities/{activity_id:int}/lines/{line_id:int}"


class Trimmed(msgspec.Struct):
    """From when until when, as clock times of the day on which the activity starts."""

    started_at: Instant
    from_time: str
    until_time: str


class FollowedUp(msgspec.Struct):
    outcome: CaseOutcome
    followed_up: str


@post(LINE + "/trim", status_code=200)
async def post_trim(request: Asking, activity_id: FromPath[PathId], line_id: FromPath[PathId]) -> Response[Any]:
    """Cut a held line to a part of the activity that does not overlap."""
    form = await sent_form(request)
    try:
        started_at, ended_at = _times(request, form.read(Trimmed))
        await write_form(
            request, form, DecidedLine, trim_participation, line_id,
            started_at=started_at, ended_at=ended_at, by=staff(request),
        )  # fmt: skip
    except PointsBankError as refusal:
        return await show_activity(request, activity_id, form.refused(refusal))
    return go_to(f"/staff/activities/{activity_id}?done=trimmed")


@post(LINE + "/follow-up", status_code=200)
async def post_follow_up(request: Asking, activity_id: FromPath[PathId], line_id: FromPath[PathId]) -> Response[Any]:
    """Write down how a case ended and when it was followed up."""
    form = await sent_form(request)
    try:
        sent = form.read(FollowedUp)
        on = read_day(sent.followed_up, today=today(request))
        if on is None:
            raise Invalid({"followed_up": NO_DAY})
        await write_form(
            request, form, DecidedLine, follow_up_case, line_id,
            outcome=sent.outcome, followed_up_on=on, by=staff(request),
        )  # fmt: skip
    except PointsBankError as refusal:
        return await show_activity(request, activity_id, form.refused(refusal))
    return go_to(f"/staff/activities/{activity_id}?done=followed_up")


@post(LINE + "/rejection", status_code=200)
async def post_line_rejection(
    request: Asking, activity_id: FromPath[PathId], line_id: FromPath[PathId]
) -> Response[Any]:
    """Strike a line from a sheet that is not approved yet."""
    return await decide(
        request, activity_id, DecidedLine, reject_participation, line_id, shape=ReasonBody, done="line_rejected"
    )


@post(LINE + "/correction", status_code=200)
async def post_correction(request: Asking, activity_id: FromPath[PathId], line_id: FromPath[PathId]) -> Response[Any]:
    """Propose what an approved line should have said."""
    return await decide(
        request, activity_id, CorrectionLine, propose_correction, line_id, shape=CorrectionBody, done="proposed"
    )


@post(LINE + "/correction/approval", status_code=200)
async def post_correction_approval(
    request: Asking, activity_id: FromPath[PathId], line_id: FromPath[PathId]
) -> Response[Any]:
    """Carry out the proposed correction, as the second person."""
    return await decide(request, activity_id, CorrectionLine, approve_correction, line_id, done="corrected")


@post(LINE + "/correction/rejection", status_code=200)
async def post_correction_rejection(
    request: Asking, activity_id: FromPath[PathId], line_id: FromPath[PathId]
) -> Response[Any]:
    """Turn the proposed correction down."""
    return await decide(request, activity_id, CorrectionLine, reject_correction, line_id, done="not_corrected")


@post(LINE + "/objection", status_code=200)
async def post_objection(request: Asking, activity_id: FromPath[PathId], line_id: FromPath[PathId]) -> Response[Any]:
    """Object to a line."""
    return await decide(
        request, activity_id, ObjectionDecided, object_to_line, line_id, shape=ReasonBody, done="objected"
    )


@post(LINE + "/objection/resolution", status_code=200)
async def post_resolution(request: Asking, activity_id: FromPath[PathId], line_id: FromPath[PathId]) -> Response[Any]:
    """Decide the objection that waits."""
    return await decide(
        request, activity_id, ObjectionDecided, resolve_objection, line_id, shape=ResolutionBody, done="resolved"
    )


@post(LINE + "/call-back", status_code=200)
async def post_call_back(request: Asking, activity_id: FromPath[PathId], line_id: FromPath[PathId]) -> Response[Any]:
    """Write down what the person of a sampled line said."""
    return await decide(request, activity_id, CallLine, record_call, line_id, shape=AnswerBody, done="called")


def _times(request: Asking, sent: Trimmed) -> tuple[datetime, datetime]:
    zone = database_of(request).settings.zone
    begins, ends = read_clock(sent.from_time), read_clock(sent.until_time)
    if begins is None or ends is None:
        raise Invalid({"until_time" if begins else "from_time": NO_TIME})
    on = day_of(sent.started_at, zone)
    return at_time(on, begins, zone), at_time(on, ends, zone)


PAGES: list[Any] = [
    post_trim,
    post_follow_up,
    post_line_rejection,
    post_correction,
    post_correction_approval,
    post_correction_rejection,
    post_objection,
    post_resolution,
    post_call_back,
]
