"""Suspensions as pages: proposed, decided and ended by staff; read and appealed against by the member."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from points_bank.activities.handwriting import read_day
from points_bank.actor import Actor, Task
from points_bank.branches.tree import branch_of
from points_bank.errors import Invalid, PointsBankError, message
from points_bank.looks.models import View
from points_bank.members.record import MemberRecord, member_record
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.suspensions.appeals import answer_appeal, appeal_suspension
from points_bank.suspensions.deciding import (
    SuspensionLine,
    approve_suspension,
    end_suspension,
    propose_suspension,
    reject_suspension,
)
from points_bank.suspensions.reading import SuspensionRecord, suspensions_of
from points_bank.transaction import Transaction
from points_bank.web import Asking, PathId, Reason, database_of, looked, member, staff, today

NO_DATE = message("A date such as 2026-12-31.")


class ProposalForm(msgspec.Struct):
    reason: Reason
    until: str


class ReasonForm(msgspec.Struct):
    reason: Reason


class AnswerForm(msgspec.Struct):
    upheld: bool
    reason: Reason


class SuspensionsPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "staff/suspensions.html"
    record: MemberRecord
    suspensions: Sequence[SuspensionRecord]
    may_decide: bool


class OwnSuspensionsPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "me/suspensions.html"
    suspensions: Sequence[SuspensionRecord]


@get("/staff/members/{member_id:int}/suspensions")
async def get_suspensions(request: Asking, member_id: FromPath[PathId]) -> Response[str]:
    """A member's suspensions."""
    return await _show(request, member_id)


@post("/staff/members/{member_id:int}/suspensions", status_code=200)
async def post_proposal(request: Asking, member_id: FromPath[PathId]) -> Response[Any]:
    """Propose to suspend the member's exchanges."""
    form, by = await sent_form(request), staff(request)
    try:
        sent = form.read(ProposalForm)
        until_on = read_day(sent.until, today=today(request))
        if until_on is None:
            raise Invalid({"until": NO_DATE})
        await write_form(
            request, form, SuspensionLine, propose_suspension, member_id,
            reason=sent.reason, until_on=until_on, by=by,
        )  # fmt: skip
    except PointsBankError as refusal:
        return await _show(request, member_id, form.refused(_beside(refusal)))
    return go_to(f"/staff/members/{member_id}/suspensions")


@post("/staff/members/{member_id:int}/suspensions/{suspension_id:int}/approval", status_code=200)
async def post_approval(request: Asking, member_id: FromPath[PathId], suspension_id: FromPath[PathId]) -> Response[Any]:
    """Let a proposed suspension begin, as the second person."""
    return await _decide(request, member_id, suspension_id, approve_suspension)


@post("/staff/members/{member_id:int}/suspensions/{suspension_id:int}/rejection", status_code=200)
async def post_rejection(
    request: Asking, member_id: FromPath[PathId], suspension_id: FromPath[PathId]
) -> Response[Any]:
    """Turn a proposed suspension down."""
    return await _decide(request, member_id, suspension_id, reject_suspension)


@post("/staff/members/{member_id:int}/suspensions/{suspension_id:int}/end", status_code=200)
async def post_end(request: Asking, member_id: FromPath[PathId], suspension_id: FromPath[PathId]) -> Response[Any]:
    """End a suspension before its date."""
    return await _decide(request, member_id, suspension_id, end_suspension, ReasonForm)


@post("/staff/members/{member_id:int}/suspensions/{suspension_id:int}/appeal", status_code=200)
async def post_appeal(request: Asking, member_id: FromPath[PathId], suspension_id: FromPath[PathId]) -> Response[Any]:
    """Write down the appeal that a member made on paper."""
    return await _decide(request, member_id, suspension_id, appeal_suspension, ReasonForm)


@post("/staff/members/{member_id:int}/suspensions/{suspension_id:int}/answer", status_code=200)
async def post_answer(request: Asking, member_id: FromPath[PathId], suspension_id: FromPath[PathId]) -> Response[Any]:
    """Answer an appeal, as a third person."""
    return await _decide(request, member_id, suspension_id, answer_appeal, AnswerForm)


@get("/me/suspensions")
async def get_own_suspensions(request: Asking) -> Response[str]:
    """Why and until when the member exchanges nothing, and what became of an appeal."""
    return await _own(request)


@post("/me/suspensions/{suspension_id:int}/appeal", status_code=200)
async def post_own_appeal(request: Asking, suspension_id: FromPath[PathId]) -> Response[Any]:
    """Appeal against one's suspension."""
    form, by = await sent_form(request), member(request)
    try:
        reason = form.read(ReasonForm).reason
        await write_form(request, form, SuspensionLine, appeal_suspension, by.id, suspension_id, reason=reason, by=by)
    except PointsBankError as refusal:
        return await _own(request, form.refused(refusal))
    return go_to("/me/suspensions")


PAGES: list[Any] = [
    get_suspensions,
    post_proposal,
    post_approval,
    post_rejection,
    post_end,
    post_appeal,
    post_answer,
    get_own_suspensions,
    post_own_appeal,
]


async def _decide(
    request: Asking,
    member_id: int,
    suspension_id: int,
    act: Callable[..., SuspensionLine],
    shape: type[msgspec.Struct] | None = None,
) -> Response[Any]:
    """Carry out what was decided about a suspension, with what the form says beside it."""
    form = await sent_form(request)
    try:
        sent = msgspec.structs.asdict(form.read(shape)) if shape else {}
        await write_form(request, form, SuspensionLine, act, member_id, suspension_id, **sent, by=staff(request))
    except PointsBankError as refusal:
        return await _show(request, member_id, form.refused(_beside(refusal)))
    return go_to(f"/staff/members/{member_id}/suspensions")


async def _show(request: Asking, member_id: int, form: Form | None = None) -> Response[str]:
    page = await database_of(request).read(_suspensions_page, member_id, by=staff(request))
    looked(request, View.RECORD, member_id)
    return show(request, page, form)


def _suspensions_page(tx: Transaction, member_id: int, *, by: Actor) -> SuspensionsPage:
    suspensions, record = suspensions_of(tx, member_id, by=by), member_record(tx, member_id, by=by)
    may_decide = by.may(Task.APPROVE, branch_of(tx, record.branch_id).path) and by.member_id != member_id
    return SuspensionsPage(record=record, suspensions=suspensions, may_decide=may_decide)


async def _own(request: Asking, form: Form | None = None) -> Response[str]:
    by = member(request)
    suspensions = await database_of(request).read(suspensions_of, by.id, by=by)
    return show(request, OwnSuspensionsPage(suspensions=suspensions), form)


def _beside(refusal: PointsBankError) -> PointsBankError:
    """The form's field for the last day is `until`, as it is typed."""
    if isinstance(refusal, Invalid) and "until_on" in refusal.fields:
        return Invalid({"until": refusal.fields["until_on"]}, **refusal.values)
    return refusal
