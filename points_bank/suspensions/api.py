"""Suspensions over JSON: for staff by member, for members their own."""

from datetime import date

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from points_bank.looks.models import View
from points_bank.suspensions.appeals import answer_appeal, appeal_suspension
from points_bank.suspensions.deciding import (
    SuspensionLine,
    approve_suspension,
    end_suspension,
    propose_suspension,
    reject_suspension,
)
from points_bank.suspensions.reading import SuspensionRecord, suspensions_of
from points_bank.web import Asking, Id, Page, PathId, Reason, database_of, looked, member, respond, staff, write_keyed


class SuspensionBody(msgspec.Struct, forbid_unknown_fields=True):
    """`until_on` is the last day without exchange, at most the end of next year."""

    reason: Reason
    until_on: date
    review_id: Id | None = None


class ReasonBody(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason


class AnswerBody(msgspec.Struct, forbid_unknown_fields=True):
    upheld: bool
    reason: Reason


@post("/members/{member_id:int}/suspensions", tags=["suspensions"])
async def post_suspension(
    request: Asking, member_id: FromPath[PathId], data: JSONBody[SuspensionBody]
) -> Response[SuspensionLine]:
    """Propose to suspend a member's redemption for proven fraud. A second person decides."""
    values = msgspec.structs.asdict(data)
    answer = await write_keyed(request, SuspensionLine, propose_suspension, member_id, **values, by=staff(request))
    return respond(answer, answer.outcome, status_code=201)


@get("/members/{member_id:int}/suspensions", tags=["suspensions"])
async def get_suspensions(request: Asking, member_id: FromPath[PathId]) -> Page[SuspensionRecord]:
    """A member's suspensions, newest first."""
    found = await database_of(request).read(suspensions_of, member_id, by=staff(request))
    looked(request, View.RECORD, member_id)
    return Page(found, None)


@post("/members/{member_id:int}/suspensions/{suspension_id:int}/approval", status_code=200, tags=["suspensions"])
async def post_suspension_approval(
    request: Asking, member_id: FromPath[PathId], suspension_id: FromPath[PathId]
) -> Response[SuspensionLine]:
    """Let a proposed suspension begin, as the second person."""
    answer = await write_keyed(request, SuspensionLine, approve_suspension, member_id, suspension_id, by=staff(request))
    return respond(answer, answer.outcome)


@post("/members/{member_id:int}/suspensions/{suspension_id:int}/rejection", status_code=200, tags=["suspensions"])
async def post_suspension_rejection(
    request: Asking, member_id: FromPath[PathId], suspension_id: FromPath[PathId]
) -> Response[SuspensionLine]:
    """Turn a proposed suspension down."""
    answer = await write_keyed(request, SuspensionLine, reject_suspension, member_id, suspension_id, by=staff(request))
    return respond(answer, answer.outcome)


@post("/members/{member_id:int}/suspensions/{suspension_id:int}/end", status_code=200, tags=["suspensions"])
async def post_suspension_end(
    request: Asking, member_id: FromPath[PathId], suspension_id: FromPath[PathId], data: JSONBody[ReasonBody]
) -> Response[SuspensionLine]:
    """End a suspension before its date."""
    answer = await write_keyed(
        request, SuspensionLine, end_suspension, member_id, suspension_id, reason=data.reason, by=staff(request)
    )
    return respond(answer, answer.outcome)


@post("/members/{member_id:int}/suspensions/{suspension_id:int}/appeal", tags=["suspensions"])
async def post_appeal(
    request: Asking, member_id: FromPath[PathId], suspension_id: FromPath[PathId], data: JSONBody[ReasonBody]
) -> Response[SuspensionLine]:
    """Write down the appeal that a member made on paper."""
    answer = await write_keyed(
        request, SuspensionLine, appeal_suspension, member_id, suspension_id, reason=data.reason, by=staff(request)
    )
    return respond(answer, answer.outcome, status_code=201)


@post("/members/{member_id:int}/suspensions/{suspension_id:int}/appeal/answer", status_code=200, tags=["suspensions"])
async def post_answer(
    request: Asking, member_id: FromPath[PathId], suspension_id: FromPath[PathId], data: JSONBody[AnswerBody]
) -> Response[SuspensionLine]:
    """Answer an appeal, as a third person; upheld, the suspension ends."""
    answer = await write_keyed(
        request, SuspensionLine, answer_appeal, member_id, suspension_id,
        upheld=data.upheld, reason=data.reason, by=staff(request),
    )  # fmt: skip
    return respond(answer, answer.outcome)


@get("/me/suspensions", tags=["me"])
async def get_own_suspensions(request: Asking) -> Page[SuspensionRecord]:
    """The caller's own suspensions: why, until when, who decided, and what became of an appeal."""
    by = member(request)
    return Page(await database_of(request).read(suspensions_of, by.id, by=by), None)


@post("/me/suspensions/{suspension_id:int}/appeal", tags=["me"])
async def post_own_appeal(
    request: Asking, suspension_id: FromPath[PathId], data: JSONBody[ReasonBody]
) -> Response[SuspensionLine]:
    """Appeal against one's suspension."""
    by = member(request)
    answer = await write_keyed(
        request, SuspensionLine, appeal_suspension, by.id, suspension_id, reason=data.reason, by=by
    )
    return respond(answer, answer.outcome, status_code=201)


ROUTES = [
    post_suspension,
    get_suspensions,
    post_suspension_approval,
    post_suspension_rejection,
    post_suspension_end,
    post_appeal,
    post_answer,
    get_own_suspensions,
    post_own_appeal,
]
