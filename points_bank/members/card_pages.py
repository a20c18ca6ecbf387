"""What a member is given on paper or takes back: cards, PIN slips, consents; and who may be there twice."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from points_bank.actor import Actor, Task
from points_bank.errors import PointsBankError
from points_bank.looks.models import View
from points_bank.members.cards import IssuedCard, LostCard, issue_card, report_loss
from points_bank.members.consents import GivenConsent, give_consent, withdraw_consent
from points_bank.members.models import Purpose
from points_bank.members.pages import show_member
from points_bank.members.pins import PinSlip, next_pin_slip, pin_of, secret_of, set_pin
from points_bank.members.record import MemberRecord, member_record, records_of
from points_bank.members.twins import PossibleTwins, find_twins
from points_bank.passbook.merging import Merged, merge_passbooks
from points_bank.searching import search
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.staff.passwords import hash_password
from points_bank.transaction import Transaction
from points_bank.web import Asking, Id, PathId, Reason, database_of, forget_callers, looked, staff

MOST_TWINS = 50


class Merger(msgspec.Struct):
    member_id: Id
    into_member_id: Id
    reason: Reason


class ChangedConsent(msgspec.Struct):
    purpose: Purpose
    given: bool


class CardPage(Page, frozen=True, kw_only=True):
    """A card to be printed and cut out."""

    template: ClassVar[str] = "staff/card.html"
    record: MemberRecord


class SlipPage(Page, frozen=True, kw_only=True):
    """A PIN slip to be printed and handed over. It is shown this once."""

    template: ClassVar[str] = "staff/pin_slip.html"
    record: MemberRecord
    pin: str


class TwinsPage(Page, frozen=True, kw_only=True):
    """People who may have two passbooks; a person decides whether they do."""

    template: ClassVar[str] = "staff/twins.html"
    twins: Sequence[PossibleTwins]
    records: Mapping[int, MemberRecord]
    may_merge: bool


@post("/staff/members/{member_id:int}/cards", status_code=200)
async def post_card(request: Asking, member_id: FromPath[PathId]) -> Response[Any]:
    """Issue a card, in place of the one before it."""
    form = await sent_form(request)
    try:
        await write_form(request, form, IssuedCard, issue_card, member_id, by=staff(request))
    except PointsBankError as refusal:
        return await show_member(request, member_id, form.refused(refusal))
    return go_to(f"/staff/members/{member_id}/card")


@post("/staff/members/{member_id:int}/card-loss", status_code=200)
async def post_card_loss(request: Asking, member_id: FromPath[PathId]) -> Response[Any]:
    """Report the card lost."""
    form = await sent_form(request)
    try:
        await write_form(request, form, LostCard, report_loss, member_id, by=staff(request))
    except PointsBankError as refusal:
        return await show_member(request, member_id, form.refused(refusal))
    return go_to(f"/staff/members/{member_id}?done=card_lost")


@get("/staff/members/{member_id:int}/card")
async def get_card(request: Asking, member_id: FromPath[PathId]) -> Response[str]:
    """The card to print."""
    record = await database_of(request).read(member_record, member_id, by=staff(request))
    looked(request, View.CARD, member_id)
    return show(request, CardPage(record=record))


@post("/staff/members/{member_id:int}/pin", status_code=200)
async def post_pin(request: Asking, member_id: FromPath[PathId]) -> Response[Any]:
    """Print a PIN slip. The PIN before it ends now; this page is its only copy."""
    form, by, database = await sent_form(request), staff(request), database_of(request)
    try:
        slip = await database.read(next_pin_slip, member_id, by=by)
        pin = await database.read(pin_of, slip)
        pin_hash = await asyncio.to_thread(hash_password, secret_of(member_id, pin))
        answer = await write_form(request, form, PinSlip, set_pin, slip, pin_hash=pin_hash, by=by)
    except PointsBankError as refusal:
        return await show_member(request, member_id, form.refused(refusal))
    forget_callers(request)
    pin = await database.read(pin_of, answer.outcome)
    return show(request, SlipPage(record=await database.read(member_record, member_id, by=by), pin=pin))


@post("/staff/members/{member_id:int}/consents", status_code=200)
async def post_consent(request: Asking, member_id: FromPath[PathId]) -> Response[Any]:
    """Write down that the member agreed, or no longer agrees."""
    form, by = await sent_form(request), staff(request)
    try:
        sent = form.read(ChangedConsent)
        if sent.given:
            await write_form(request, form, GivenConsent, give_consent, member_id, sent.purpose, by=by)
        else:
            await database_of(request).write(withdraw_consent, member_id, sent.purpose, by=by)
    except PointsBankError as refusal:
        return await show_member(request, member_id, form.refused(refusal))
    return go_to(f"/staff/members/{member_id}?done=consent")


@get("/staff/twins")
async def get_twins(request: Asking) -> Response[str]:
    """Who may be registered twice."""
    return await _show_twins(request, Form())


@post("/staff/twins", status_code=200)
async def post_merger(request: Asking) -> Response[Any]:
    """Merge two passbooks of one person; the first is closed, the second goes on."""
    form = await sent_form(request)
    try:
        sent = form.read(Merger)
        await write_form(
            request, form, Merged, merge_passbooks, sent.member_id,
            into_member_id=sent.into_member_id, reason=sent.reason, by=staff(request),
        )  # fmt: skip
    except PointsBankError as refusal:
        return await _show_twins(request, form.refused(refusal))
    forget_callers(request)
    return go_to(f"/staff/members/{sent.into_member_id}?done=merged")


async def _show_twins(request: Asking, form: Form) -> Response[str]:
    page = await search(
        request, database_of(request).read, _twins_page, by=staff(request), people=lambda page: len(page.records)
    )
    return show(request, page, form)


def _twins_page(tx: Transaction, *, by: Actor) -> TwinsPage:
    twins = find_twins(tx, limit=MOST_TWINS, by=by)[:MOST_TWINS]
    ids = {each.member_id for each in twins} | {twin.member_id for each in twins for twin in each.twins}
    may_merge = by.does(Task.APPROVE)
    return TwinsPage(twins=twins, records={each.id: each for each in records_of(tx, sorted(ids))}, may_merge=may_merge)


PAGES: list[Any] = [
    post_card,
    post_card_loss,
    get_card,
    post_pin,
    post_consent,
    get_twins,
    post_merger,
]
