"""The logbook over JSON."""

from datetime import date
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from points_bank.activities.approval import (
    Decided,
    DecidedLine,
    approve_activity,
    reject_activity,
    reject_participation,
    return_activity,
    trim_participation,
)
from points_bank.activities.call_backs import CallLine, Sample, draw_sample, record_call, sample_seen
from points_bank.activities.casework import follow_up_case
from points_bank.activities.correction import (
    CorrectionLine,
    approve_correction,
    propose_correction,
    reject_correction,
)
from points_bank.activities.flagging import flags_for
from points_bank.activities.flags import Flag
from points_bank.activities.logbook import LoggedActivity, log_activity, preview_activity
from points_bank.activities.models import ActivityState
from points_bank.activities.objections import (
    ObjectionDecided,
    ObjectionRecord,
    list_objections,
    object_to_line,
    resolve_objection,
)
from points_bank.activities.reading import (
    ActivityLine,
    ParticipationLine,
    activity_with_lines,
    lines_of_many,
    list_activities,
)
from points_bank.activities.shapes import (
    ActivityBody,
    ActivityOut,
    AnswerBody,
    CorrectionBody,
    DecidedOut,
    FollowUpBody,
    LoggedOut,
    PreviewOut,
    ReasonBody,
    ResolutionBody,
    SampleBody,
    TrimBody,
    activity_out,
    logged_line,
    preview_line,
)
from points_bank.activities.waiting import waiting_sheets
from points_bank.actor import Actor
from points_bank.web import (
    Asking,
    Cursor,
    Limit,
    Page,
    PathId,
    QueryId,
    anyone,
    database_of,
    id_cursor,
    language,
    member,
    page_of,
    respond,
    staff,
    write_keyed,
)


@post("/activities")
async def post_activity(request: Asking, data: JSONBody[ActivityBody]) -> Response[LoggedOut]:
    """Enter a sheet. A line that overlaps the person's other service is held for the approver."""
    answer = await write_keyed(request, LoggedActivity, log_activity, data.sheet(), by=staff(request))
    logged = answer.outcome
    assert logged.id is not None, "what was entered has an id"
    lines = [logged_line(line, language(request)) for line in logged.lines]
    return respond(answer, LoggedOut(logged.id, logged.state, logged.is_late, lines), status_code=201)


@post("/activities/preview", status_code=200)
async def preview(request: Asking, data: JSONBody[ActivityBody]) -> PreviewOut:
    """What entering the sheet would come to, or be refused for. Writes nothing."""
    # A whole card number that nobody has is counted, which only an act that writes can do.
    database, has_cards = database_of(request), any(line.card_no for line in data.participations)
    logged = await (database.write if has_cards else database.read)(preview_activity, data.sheet(), by=staff(request))
    return PreviewOut(logged.state, logged.is_late, [preview_line(line, language(request)) for line in logged.lines])


@get("/activities")
async def get_activities(
    request: Asking,
    branch_id: FromQuery[QueryId] = None,
    in_state: Annotated[ActivityState | None, QueryParameter(name="state")] = None,
    from_on: FromQuery[date | None] = None,
    until_on: FromQuery[date | None] = None,
    limit: FromQuery[Limit] = 50,
    cursor: FromQuery[Cursor] = None,
) -> Page[ActivityOut]:
    """Activities of the caller's branches, newest entry first; mediations only for those who may open them."""
    by, spoken = staff(request), language(request)

    def listed(
        tx: Any,
    ) -> tuple[list[ActivityLine], dict[int, list[ParticipationLine]], dict[int, list[Flag]]]:
        activities = list_activities(
            tx, branch_id=branch_id, state=in_state, from_on=from_on, until_on=until_on,
            before_id=id_cursor(cursor), limit=limit, by=by,
        )  # fmt: skip
        lines = lines_of_many(tx, [each.id for each in activities])
        waiting = [each for each in activities if each.state is ActivityState.LOGGED]
        return activities, lines, flags_for(tx, waiting, lines, by=by)

    activities, lines, flags = await database_of(request).read(listed)
    shown = [activity_out(each, lines[each.id], flags.get(each.id), spoken) for each in activities]
    return page_of(shown, limit=limit, cursor_of=lambda each: each.id)


@get("/activities/waiting")
async def get_waiting(
    request: Asking,
    branch_id: FromQuery[QueryId] = None,
    limit: FromQuery[Limit] = 50,
    cursor: Annotated[str | None, QueryParameter(pattern=r"^[01][0-9]{18}$(?!\n)")] = None,
) -> Page[ActivityOut]:
    """Sheets that wait for approval, odd ones first with what is odd about them, then those that wait longest."""
    spoken = language(request)
    sheets = await database_of(request).read(
        waiting_sheets, branch_id=branch_id, after=cursor or "", limit=limit, by=staff(request)
    )
    page = page_of(sheets, limit=limit, cursor_of=lambda each: each.place)
    return Page([activity_out(each.activity, each.lines, each.flags, spoken) for each in page.items], page.next_cursor)


@get("/activities/{activity_id:int}")
async def get_activity(request: Asking, activity_id: FromPath[PathId]) -> ActivityOut:
    """An activity with its lines. A mediation opens for its recorder and for approvers only."""
    by = staff(request)

    def shown(tx: Any) -> tuple[ActivityLine, list[ParticipationLine], list[Flag] | None]:
        activity, lines = activity_with_lines(tx, activity_id, by=by)
        return activity, lines, flags_for(tx, [activity], {activity.id: lines}, by=by).get(activity.id)

    return activity_out(*await database_of(request).read(shown), language(request))


@post("/activities/{activity_id:int}/approval", status_code=200)
async def post_approval(request: Asking, activity_id: FromPath[PathId]) -> Response[DecidedOut]:
    """Approve a sheet: under notice until `settles_at`, or settled where the rules have no notice."""
    return _decided(await write_keyed(request, Decided, approve_activity, activity_id, by=staff(request)))


@post("/activities/{activity_id:int}/rejection", status_code=200)
async def post_rejection(
    request: Asking, activity_id: FromPath[PathId], data: JSONBody[ReasonBody]
) -> Response[DecidedOut]:
    """Turn a sheet down for good, with the reason."""
    by = staff(request)
    return _decided(await write_keyed(request, Decided, reject_activity, activity_id, reason=data.reason, by=by))


@post("/activities/{activity_id:int}/return", status_code=200)
async def post_return(
    request: Asking, activity_id: FromPath[PathId], data: JSONBody[ReasonBody]
) -> Response[DecidedOut]:
    """Give a sheet back to its recorder, who may enter it again."""
    by = staff(request)
    return _decided(await write_keyed(request, Decided, return_activity, activity_id, reason=data.reason, by=by))


@post("/participations/{participation_id:int}/trim", status_code=200)
async def post_trim(
    request: Asking, participation_id: FromPath[PathId], data: JSONBody[TrimBody]
) -> Response[DecidedLine]:
    """Cut a held line to a part of the activity that does not overlap."""
    answer = await write_keyed(
        request, DecidedLine, trim_participation, participation_id,
        started_at=data.started_at, ended_at=data.ended_at, by=staff(request),
    )  # fmt: skip
    return respond(answer, answer.outcome)


@post("/participations/{participation_id:int}/rejection", status_code=200)
async def post_line_rejection(
    request: Asking, participation_id: FromPath[PathId], data: JSONBody[ReasonBody]
) -> Response[DecidedLine]:
    """Strike a line from a sheet that is not approved yet."""
    answer = await write_keyed(
        request, DecidedLine, reject_participation, participation_id, reason=data.reason, by=staff(request)
    )
    return respond(answer, answer.outcome)


@post("/participations/{participation_id:int}/follow-up", status_code=200)
async def post_follow_up(
    request: Asking, participation_id: FromPath[PathId], data: JSONBody[FollowUpBody]
) -> Response[DecidedLine]:
    """Enter how a mediation case was closed and when it was followed up."""
    answer = await write_keyed(
        request, DecidedLine, follow_up_case, participation_id,
        outcome=data.outcome, followed_up_on=data.followed_up_on, by=staff(request),
    )  # fmt: skip
    return respond(answer, answer.outcome)


@post("/participations/{participation_id:int}/correction")
async def post_correction(
    request: Asking, participation_id: FromPath[PathId], data: JSONBody[CorrectionBody]
) -> Response[CorrectionLine]:
    """Propose what an approved line should have said; 0 minutes take it back."""
    answer = await write_keyed(
        request, CorrectionLine, propose_correction, participation_id,
        minutes=data.minutes, reason=data.reason, by=staff(request),
    )  # fmt: skip
    return respond(answer, answer.outcome, status_code=201)


@post("/participations/{participation_id:int}/correction/approval", status_code=200)
async def post_correction_approval(request: Asking, participation_id: FromPath[PathId]) -> Response[CorrectionLine]:
    """Carry out the proposed correction, as the second person: a reversal or an award follows.

    Needs an Idempotency-Key.
    """
    answer = await write_keyed(
        request, CorrectionLine, approve_correction, participation_id, by=staff(request), key_required=True
    )
    return respond(answer, answer.outcome)


@post("/participations/{participation_id:int}/correction/rejection", status_code=200)
async def post_correction_rejection(request: Asking, participation_id: FromPath[PathId]) -> Response[CorrectionLine]:
    """Turn the proposed correction down."""
    answer = await write_keyed(request, CorrectionLine, reject_correction, participation_id, by=staff(request))
    return respond(answer, answer.outcome)


@post("/participations/{participation_id:int}/objection")
async def post_objection(
    request: Asking, participation_id: FromPath[PathId], data: JSONBody[ReasonBody]
) -> Response[ObjectionDecided]:
    """Object to a line: staff to those of their branches, members to their own. Under notice, it is frozen."""
    answer = await write_keyed(
        request, ObjectionDecided, object_to_line, participation_id, reason=data.reason, by=anyone(request)
    )
    return respond(answer, answer.outcome, status_code=201)


@post("/participations/{participation_id:int}/objection/resolution", status_code=200)
async def post_resolution(
    request: Asking, participation_id: FromPath[PathId], data: JSONBody[ResolutionBody]
) -> Response[ObjectionDecided]:
    """Decide the objection: upheld, the line is rejected, or a settled one's correction proposed; else it is free."""
    answer = await write_keyed(
        request, ObjectionDecided, resolve_objection, participation_id,
        upheld=data.upheld, reason=data.reason, minutes=data.minutes, by=staff(request),
    )  # fmt: skip
    return respond(answer, answer.outcome)


@get("/objections")
async def get_objections(
    request: Asking,
    is_open: Annotated[bool | None, QueryParameter(name="open")] = None,
    limit: FromQuery[Limit] = 50,
    cursor: FromQuery[Cursor] = None,
) -> Page[ObjectionRecord]:
    """Objections to lines of the caller's branches, newest first; `open=true` gives those that wait."""
    return await _objections(request, staff(request), is_open, limit, cursor)


@get("/me/objections")
async def get_own_objections(
    request: Asking, limit: FromQuery[Limit] = 50, cursor: FromQuery[Cursor] = None
) -> Page[ObjectionRecord]:
    """The objections that the caller raised, with what became of them."""
    return await _objections(request, member(request), None, limit, cursor)


async def _objections(
    request: Asking, by: Actor, is_open: bool | None, limit: int, cursor: str | None
) -> Page[ObjectionRecord]:
    found = await database_of(request).read(
        list_objections, is_open=is_open, before_id=id_cursor(cursor), limit=limit, by=by
    )
    return page_of(found, limit=limit, cursor_of=lambda each: each.id)


@post("/activities/{activity_id:int}/call-back-sample")
async def post_sample(request: Asking, activity_id: FromPath[PathId], data: JSONBody[SampleBody]) -> Response[Sample]:
    """Draw people of the sheet to be called back. It is drawn once: asked again, the first sample is the answer."""
    answer = await write_keyed(request, Sample, draw_sample, activity_id, size=data.size, by=staff(request))
    return respond(answer, answer.outcome, status_code=201)


@get("/activities/{activity_id:int}/call-back-sample")
async def get_sample(request: Asking, activity_id: FromPath[PathId]) -> Sample:
    """The sample of an activity, and what was said."""
    return await database_of(request).read(sample_seen, activity_id, by=staff(request))


@post("/participations/{participation_id:int}/call-back", status_code=200)
async def post_call_back(
    request: Asking, participation_id: FromPath[PathId], data: JSONBody[AnswerBody]
) -> Response[CallLine]:
    """Write down what the person of a sampled line said."""
    answer = await write_keyed(request, CallLine, record_call, participation_id, answer=data.answer, by=staff(request))
    return respond(answer, answer.outcome)


def _decided(answer: Any) -> Response[DecidedOut]:
    decided: Decided = answer.outcome
    return respond(answer, DecidedOut(decided.id, decided.state, decided.settles_at))


ROUTES = [
    post_activity,
    preview,
    get_activities,
    get_waiting,
    get_activity,
    post_approval,
    post_rejection,
    post_return,
    post_trim,
    post_line_rejection,
    post_follow_up,
    post_correction,
    post_correction_approval,
    post_correction_rejection,
    post_objection,
    post_resolution,
    get_objections,
    get_own_objections,
    post_sample,
    get_sample,
    post_call_back,
]
