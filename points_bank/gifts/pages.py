"""Giving points away on a member's phone: to the help pool, or to a neighbour by the number of their card."""

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from litestar import Response, get, post

from points_bank.actor import Actor
from points_bank.errors import InsufficientPoints, Invalid, PointsBankError, message
from points_bank.gifts.donating import (
    HELP_POOL,
    LEAST_POINTS,
    TOO_LITTLE,
    Donated,
    OwnDonation,
    donate_own,
    own_donation,
)
from points_bank.ledger.accounts import spendable_points
from points_bank.members.card_numbers import read_card_no
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.transaction import Transaction
from points_bank.web import Asking, QueryId, database_of, member

CARD_NEEDED = message("Whose card? Type its 10 digits.")


class Gift(msgspec.Struct):
    """`card_no` says whose it is to be where it goes to a neighbour; `is_sure` comes from the second page."""

    points: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    whom: Literal["help_pool", "neighbour"] = "help_pool"
    to: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    is_sure: bool = False


class GivingPage(Page, frozen=True, kw_only=True):
    """`given` is what was given just now."""

    template: ClassVar[str] = "me/giving.html"
    spendable_points: int
    least_points: int
    given: OwnDonation | None


class SurePage(Page, frozen=True, kw_only=True):
    """What is about to be given, to be looked at once more; `card_no` is None for the help pool."""

    template: ClassVar[str] = "me/giving_sure.html"
    points: int
    card_no: str | None
    left_points: int


@get("/me/giving")
async def get_giving(request: Asking, given: QueryId = None) -> Response[str]:
    """Where points are given away."""
    return await _giving(request, given_id=given)


@post("/me/giving", status_code=200)
async def post_giving(request: Asking) -> Response[Any]:
    """Give points away: first it is shown what that means, then it is done."""
    form, by = await sent_form(request), member(request)
    try:
        gift = form.read(Gift)
        to = _receiver(gift)
        if not gift.is_sure:
            return show(request, await _about_to_give(request, gift, to, by), form)
        answer = await write_form(request, form, Donated, donate_own, points=gift.points, to=to, by=by)
    except PointsBankError as refusal:
        return await _giving(request, form.refused(refusal, beside={InsufficientPoints.code: "points"}))
    return go_to(f"/me/giving?given={answer.outcome.id}")


PAGES: list[Any] = [get_giving, post_giving]


def _receiver(gift: Gift) -> str:
    """The help pool or a whole card number. Refuses `invalid` what is none."""
    if gift.whom == HELP_POOL:
        return HELP_POOL
    if gift.to is None:
        raise Invalid({"to": CARD_NEEDED})
    return read_card_no(gift.to, field="to")


async def _about_to_give(request: Asking, gift: Gift, to: str, by: Actor) -> SurePage:
    """Refuses what can be told before: `invalid` too few points, and `insufficient_points`."""
    if gift.points < LEAST_POINTS:
        raise Invalid({"points": TOO_LITTLE}, least=LEAST_POINTS)
    spendable = await database_of(request).read(spendable_points, by.id)
    if gift.points > spendable:
        raise InsufficientPoints(asked_points=gift.points, spendable_points=spendable)
    card_no = None if to == HELP_POOL else to
    return SurePage(points=gift.points, card_no=card_no, left_points=spendable - gift.points)


async def _giving(request: Asking, form: Form | None = None, *, given_id: int | None = None) -> Response[str]:
    return show(request, await database_of(request).read(_page, given_id=given_id, by=member(request)), form)


def _page(tx: Transaction, *, given_id: int | None, by: Actor) -> GivingPage:
    given = None if given_id is None else own_donation(tx, given_id, by=by)
    return GivingPage(spendable_points=spendable_points(tx, by.id), least_points=LEAST_POINTS, given=given)
