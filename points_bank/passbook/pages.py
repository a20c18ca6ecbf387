"""A member's passbook on the phone: the first page, line by line, and the card to show."""

from typing import Any, ClassVar

from litestar import Response, get
from litestar.params import FromQuery

from points_bank.actor import Actor
from points_bank.goals.choosing import GoalLine, goal_of
from points_bank.leaderboards.own_ranks import OwnPlace, own_places
from points_bank.members.models import Purpose
from points_bank.members.record import MemberRecord, member_record
from points_bank.passbook.front import Front, Statement, front_of, statement_of
from points_bank.redemptions.own import OwnReservation, waiting_for_member
from points_bank.site.rendering import Page, show
from points_bank.transaction import Transaction
from points_bank.web import Asking, Cursor, database_of, id_cursor, member


class FrontPage(Page, frozen=True, kw_only=True):
    """`goal` is what the member saves for."""

    template: ClassVar[str] = "me/front.html"
    front: Front
    goal: GoalLine | None


class LinesPage(Page, frozen=True, kw_only=True):
    """`is_first` where it begins with the newest line."""

    template: ClassVar[str] = "me/lines.html"
    statement: Statement
    is_first: bool


class CardPage(Page, frozen=True, kw_only=True):
    """What is shown at the desk: the card, and what can be collected."""

    template: ClassVar[str] = "me/card.html"
    record: MemberRecord
    reservations: list[OwnReservation]


class RankPage(Page, frozen=True, kw_only=True):
    """For the member alone; `is_named` says whether their name may stand on the boards."""

    template: ClassVar[str] = "me/rank.html"
    places: list[OwnPlace]
    is_named: bool


@get("/me")
async def get_front(request: Asking) -> Response[str]:
    """The passbook's first page."""
    return show(request, await database_of(request).read(_front_page, by=member(request)))


@get("/me/lines")
async def get_lines(request: Asking, before: FromQuery[Cursor] = None) -> Response[str]:
    """The passbook line by line, newest first."""
    before_id = id_cursor(before)
    statement = await database_of(request).read(statement_of, before_id=before_id, by=member(request))
    return show(request, LinesPage(statement=statement, is_first=before_id is None))


@get("/me/card")
async def get_card(request: Asking) -> Response[str]:
    """The member's card, to be shown or printed."""
    return show(request, await database_of(request).read(_card_page, by=member(request)))


@get("/me/rank")
async def get_rank(request: Asking) -> Response[str]:
    """Where the member stands on the boards, whether others see it or not."""
    return show(request, await database_of(request).read(_rank_page, by=member(request)))


def _front_page(tx: Transaction, *, by: Actor) -> FrontPage:
    return FrontPage(front=front_of(tx, by=by), goal=goal_of(tx, by=by))


def _rank_page(tx: Transaction, *, by: Actor) -> RankPage:
    assert by.member_id is not None, "a member asks"
    record = member_record(tx, by.member_id, by=by)
    return RankPage(places=own_places(tx, by=by), is_named=Purpose.BOARDS in record.consents)


def _card_page(tx: Transaction, *, by: Actor) -> CardPage:
    assert by.member_id is not None, "a member asks"
    return CardPage(
        record=member_record(tx, by.member_id, by=by),
        reservations=waiting_for_member(tx, by=by),
    )


PAGES: list[Any] = [get_front, get_lines, get_rank, get_card]
