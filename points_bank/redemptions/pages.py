"""The desk as pages: who comes next, what they can have, the slip, what is reserved, undoing, and the register."""

from datetime import date, timedelta
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from msgspec.structs import replace

from points_bank.actor import Actor, Task
from points_bank.errors import Invalid, NotFound, PointsBankError
from points_bank.looks.models import View
from points_bank.passbook.view import passbook
from points_bank.redemptions.cancellation import Cancelled, cancel_redemption
from points_bank.redemptions.counter import AtCounter, person_at_counter
from points_bank.redemptions.desk import preview_redemption, redeem
from points_bank.redemptions.looking import Found, find_at_desk
from points_bank.redemptions.order import Ordered, desk_served
from points_bank.redemptions.register import RegisterLine, register_of
from points_bank.redemptions.reservation import Collected, collect_reservation, reservation_code, reserve
from points_bank.redemptions.reserved import Reserved, reserved_at
from points_bank.redemptions.shapes import (
    Asked,
    Basket,
    BasketLine,
    BasketPart,
    CancellationPage,
    CollectionForm,
    DesksPage,
    FrontPage,
    PersonPage,
    RegisterPage,
    ReservationsPage,
    SearchForm,
    SlipPage,
    WaitingEndForm,
    WaitingForm,
    asked_of,
    undoing_of,
)
from points_bank.redemptions.slips import Slip, last_exchanges, served_today, slip_of
from points_bank.rewards.desks import DeskLine, desk_seen, list_desks
from points_bank.searching import search
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import is_part_asked, show
from points_bank.site.visits import YEAR_SECONDS, cookie_of
from points_bank.transaction import Transaction
from points_bank.waiting.joining import WaitingLine, join_waiting_list, leave_waiting_list
from points_bank.web import Asking, PathId, database_of, looked, staff, today

CHOSEN_DESK = "points_bank_desk"
"""The cookie that remembers which desk stands at this browser."""
MOST_DESKS = 200
WAYS_IN = {Task.SERVE: "", Task.READ_REGISTER: "/register", Task.COUNT_STOCK: "/stock"}
"""What there is to do at a desk, the first in front, and where."""
LAST_EXCHANGES = 10
MOST_LINES = 500
"""Of a day's register; no desk serves more people in a day."""


@get("/desk")
async def get_desk(request: Asking) -> Response[Any]:
    """The desk that was chosen in this browser, or the only one there is; otherwise they are offered."""
    desks = await _desks(request)
    chosen = [desk for desk in desks if str(desk.id) == request.cookies.get(CHOSEN_DESK)] or desks
    if len(chosen) == 1:
        return go_to(_way_in(chosen[0], staff(request)))
    return _choice(request, desks)


@get("/desk/choice")
async def get_desk_choice(request: Asking) -> Response[str]:
    """All desks that the caller sees, to choose another one."""
    return _choice(request, await _desks(request))


@get("/desk/{desk_id:int}")
async def get_front(request: Asking, desk_id: FromPath[PathId]) -> Response[str]:
    """A desk that waits for the next person. It stays with this browser from now on."""
    response = await _front(request, desk_id, Form())
    response.set_cookie(cookie_of(request, CHOSEN_DESK, str(desk_id), seconds=YEAR_SECONDS))
    return response


@post("/desk/{desk_id:int}/search", status_code=200)
async def post_search(request: Asking, desk_id: FromPath[PathId]) -> Response[Any]:
    """Who stands there: straight to their page where it can be only one, otherwise to a list."""
    form = await sent_form(request)
    try:
        sent = form.read(SearchForm)
        found = await search(
            request, database_of(request).write, find_at_desk, desk_id=desk_id, text=sent.q, by=staff(request),
            people=lambda found: len(found.people),
        )  # fmt: skip
    except PointsBankError as refusal:
        return _at_front(desk_id, await _front(request, desk_id, form.refused(refusal)))
    if found.redemption_id is not None:
        return _at_front(desk_id, await _slip(request, desk_id, found.redemption_id, Form({"code": [found.code]})))
    if len(found.people) == 1:
        return go_to(f"/desk/{desk_id}/members/{found.people[0].id}")
    return _at_front(desk_id, await _front(request, desk_id, form, found))


@get("/desk/{desk_id:int}/members/{member_id:int}")
async def get_person(request: Asking, desk_id: FromPath[PathId], member_id: FromPath[PathId]) -> Response[str]:
    """Somebody at the desk: the balance, the goods, and what stands in the way, before anything is asked for."""
    return await _person(request, desk_id, member_id, Form())


@post("/desk/{desk_id:int}/members/{member_id:int}/outlook", status_code=200)
async def post_outlook(request: Asking, desk_id: FromPath[PathId], member_id: FromPath[PathId]) -> Response[str]:
    """The basket with one piece more or less, what it would take and from whom. Nothing moves."""
    return await _person(request, desk_id, member_id, await sent_form(request))


@post("/desk/{desk_id:int}/members/{member_id:int}/exchange", status_code=200)
async def post_exchange(request: Asking, desk_id: FromPath[PathId], member_id: FromPath[PathId]) -> Response[Any]:
    """Hand over the goods in the basket for points."""
    form = await sent_form(request)
    try:
        asked = asked_of(form)
        answer = await write_form(
            request, form, Ordered, redeem, desk_id=desk_id, proxy_id=asked.order.proxy_id, by=staff(request),
            **asked.terms(member_id),
        )  # fmt: skip
    except PointsBankError as refusal:
        return await _person(request, desk_id, member_id, form.refused(refusal))
    return go_to(f"/desk/{desk_id}/slips/{answer.outcome.id}")


@post("/desk/{desk_id:int}/members/{member_id:int}/reservation", status_code=200)
async def post_desk_reservation(
    request: Asking, desk_id: FromPath[PathId], member_id: FromPath[PathId]
) -> Response[str]:
    """Put the goods in the basket aside. The slip with the code is the answer: no other page shows the code again."""
    form = await sent_form(request)
    try:
        terms = asked_of(form).terms(member_id)
        answer = await write_form(request, form, Ordered, reserve, desk_id=desk_id, by=staff(request), **terms)
    except PointsBankError as refusal:
        return await _person(request, desk_id, member_id, form.refused(refusal))
    code = await database_of(request).read(reservation_code, answer.outcome.id)
    return await _slip(request, desk_id, answer.outcome.id, Form(), code=code)


@post("/desk/{desk_id:int}/members/{member_id:int}/waiting", status_code=200)
async def post_waiting(request: Asking, desk_id: FromPath[PathId], member_id: FromPath[PathId]) -> Response[Any]:
    """Put somebody in line for what is sold out."""
    form = await sent_form(request)
    try:
        reward_id = form.read(WaitingForm).reward_id
        await write_form(
            request, form, WaitingLine, join_waiting_list, reward_id, desk_id=desk_id, member_id=member_id,
            by=staff(request),
        )  # fmt: skip
    except PointsBankError as refusal:
        return await _person(request, desk_id, member_id, form.refused(refusal))
    return go_to(f"/desk/{desk_id}/members/{member_id}")


@post("/desk/{desk_id:int}/members/{member_id:int}/waiting/end", status_code=200)
async def post_waiting_end(request: Asking, desk_id: FromPath[PathId], member_id: FromPath[PathId]) -> Response[Any]:
    """Take somebody out of a line."""
    form = await sent_form(request)
    try:
        waiting_id = form.read(WaitingEndForm).waiting_id
        await database_of(request).write(leave_waiting_list, waiting_id, by=staff(request))
    except PointsBankError as refusal:
        return await _person(request, desk_id, member_id, form.refused(refusal))
    return go_to(f"/desk/{desk_id}/members/{member_id}")


@get("/desk/{desk_id:int}/reservations")
async def get_reservations(request: Asking, desk_id: FromPath[PathId]) -> Response[str]:
    """What waits at a desk to be collected."""
    desk, reserved = await database_of(request).read(_reserved, desk_id, by=staff(request))
    return show(request, ReservationsPage(desk=desk, reserved=reserved))


@get("/desk/{desk_id:int}/slips/{redemption_id:int}")
async def get_slip(request: Asking, desk_id: FromPath[PathId], redemption_id: FromPath[PathId]) -> Response[str]:
    """What was done, to be read out and printed."""
    return await _slip(request, desk_id, redemption_id, Form())


@post("/desk/{desk_id:int}/slips/{redemption_id:int}/collection", status_code=200)
async def post_desk_collection(
    request: Asking, desk_id: FromPath[PathId], redemption_id: FromPath[PathId]
) -> Response[Any]:
    """Hand over what was reserved, for its code."""
    form = await sent_form(request)
    try:
        sent = form.read(CollectionForm)
        await write_form(
            request, form, Collected, collect_reservation, redemption_id, desk_id=desk_id, code=sent.code,
            proxy_id=sent.proxy_id, by=staff(request),
        )  # fmt: skip
    except PointsBankError as refusal:
        return await _slip(request, desk_id, redemption_id, form.refused(refusal))
    return go_to(f"/desk/{desk_id}/slips/{redemption_id}")


@get("/desk/{desk_id:int}/slips/{redemption_id:int}/cancellation")
async def get_cancellation(
    request: Asking, desk_id: FromPath[PathId], redemption_id: FromPath[PathId]
) -> Response[str]:
    """Why something is undone, and what of the goods came back damaged."""
    return await _cancellation(request, desk_id, redemption_id, Form())


@post("/desk/{desk_id:int}/slips/{redemption_id:int}/cancellation", status_code=200)
async def post_desk_cancellation(
    request: Asking, desk_id: FromPath[PathId], redemption_id: FromPath[PathId]
) -> Response[Any]:
    """Undo an exchange or a reservation: the points go back, and so do the goods."""
    form = await sent_form(request)
    try:
        reason, damaged = undoing_of(form)
        await write_form(
            request, form, Cancelled, cancel_redemption, redemption_id, reason=reason, damaged=damaged,
            by=staff(request),
        )  # fmt: skip
    except PointsBankError as refusal:
        return await _cancellation(request, desk_id, redemption_id, form.refused(refusal))
    return go_to(f"/desk/{desk_id}/slips/{redemption_id}")


@get("/desk/{desk_id:int}/register")
async def get_register_page(
    request: Asking,
    desk_id: FromPath[PathId],
    on: Annotated[date | None, QueryParameter(description="A day of the district; today by default.")] = None,
) -> Response[str]:
    """A day's register, to be looked through, printed and signed."""
    now = today(request)
    shown = min(on or now, now)
    desk, lines = await search(
        request, database_of(request).read, _register, desk_id, shown, by=staff(request),
        people=lambda found: len(found[1]),
    )  # fmt: skip
    day = timedelta(days=1)
    after_on = shown + day if shown < now else None
    return show(request, RegisterPage(desk=desk, on=shown, before_on=shown - day, after_on=after_on, lines=lines))


PAGES: list[Any] = [
    get_desk,
    get_desk_choice,
    get_front,
    post_search,
    get_person,
    post_outlook,
    post_exchange,
    post_desk_reservation,
    post_waiting,
    post_waiting_end,
    get_reservations,
    get_slip,
    post_desk_collection,
    get_cancellation,
    post_desk_cancellation,
    get_register_page,
]


async def _desks(request: Asking) -> list[DeskLine]:
    """The desks at which the caller has anything to do."""
    by = staff(request)
    desks = await database_of(request).read(list_desks, after_id=None, limit=MOST_DESKS, by=by)
    return [desk for desk in desks if any(by.may(task, desk.branch_path) for task in WAYS_IN)]


def _choice(request: Asking, desks: list[DeskLine]) -> Response[str]:
    by = staff(request)
    return show(request, DesksPage(ways=[(desk.name, _way_in(desk, by)) for desk in desks]))


def _way_in(desk: DeskLine, by: Actor) -> str:
    """Where somebody begins at a desk: serving, or reading its register, or counting its stock."""
    first = next(task for task in WAYS_IN if by.may(task, desk.branch_path))
    return f"/desk/{desk.id}{WAYS_IN[first]}"


def _at_front(desk_id: int, response: Response[str]) -> Response[str]:
    """An answer to a search that is no page of its own: read again, its address shows the desk."""
    response.headers["HX-Push-Url"] = f"/desk/{desk_id}"
    return response


async def _front(request: Asking, desk_id: int, form: Form, found: Found | None = None) -> Response[str]:
    desk, last, served = await database_of(request).read(_counter, desk_id, by=staff(request))
    return show(request, FrontPage(desk=desk, last=last, served=served, found=found), form)


def _counter(tx: Transaction, desk_id: int, *, by: Actor) -> tuple[DeskLine, list[RegisterLine], int]:
    desk = desk_served(tx, desk_id, by=by)
    return desk, last_exchanges(tx, desk, most=LAST_EXCHANGES), served_today(tx, desk)


async def _person(request: Asking, desk_id: int, member_id: int, form: Form) -> Response[str]:
    """The page of a person with what the form holds. A part of it is told under 200: asking in advance is no fault."""
    by = staff(request)
    person, under_notice_points = await database_of(request).read(_at_counter, desk_id, member_id, by=by)
    looked(request, View.DESK, *person.names)
    basket = await _basket(request, person, form)
    if is_part_asked(request):
        return show(request, BasketPart(desk=person.desk, person=person, basket=basket), form)
    page = PersonPage(desk=person.desk, person=person, under_notice_points=under_notice_points, basket=basket)
    return show(request, page, form)


def _at_counter(tx: Transaction, desk_id: int, member_id: int, *, by: Actor) -> tuple[AtCounter, int]:
    person = person_at_counter(tx, desk_id=desk_id, member_id=member_id, by=by)
    return person, passbook(tx, member_id, by=by).under_notice_points


async def _basket(request: Asking, person: AtCounter, form: Form) -> Basket:
    """What a form asks for, priced, with what the bank would say to it; with the refusal, where it has said so."""
    try:
        asked = asked_of(form)
    except Invalid as refusal:
        return Basket(refusal=refusal)
    goods = {good.id: good for good in person.goods}
    lines = [BasketLine(goods[each.reward_id], each) for each in asked.goods if each.reward_id in goods]
    basket = Basket(lines, asked.order, refusal=form.refusal)
    return basket if form.refusal or not lines else await _looked_over(request, person, asked, basket)


async def _looked_over(request: Asking, person: AtCounter, asked: Asked, basket: Basket) -> Basket:
    try:
        outlook = await database_of(request).write(
            preview_redemption, desk_id=person.desk.id, proxy_id=asked.order.proxy_id, by=staff(request),
            **asked.terms(person.member_id),
        )  # fmt: skip
    except PointsBankError as refusal:
        return replace(basket, refusal=refusal)
    return replace(basket, outlook=outlook)


async def _slip(
    request: Asking, desk_id: int, redemption_id: int, form: Form, *, code: str | None = None
) -> Response[str]:
    slip = await _slip_here(request, desk_id, redemption_id)
    return show(request, SlipPage(desk=slip.desk, slip=slip, code=code), form)


async def _cancellation(request: Asking, desk_id: int, redemption_id: int, form: Form) -> Response[str]:
    slip = await _slip_here(request, desk_id, redemption_id)
    return show(request, CancellationPage(desk=slip.desk, slip=slip), form)


async def _slip_here(request: Asking, desk_id: int, redemption_id: int) -> Slip:
    """A slip of this desk. Refuses `not_found` one of another."""
    slip = await database_of(request).read(slip_of, redemption_id, by=staff(request))
    if slip.desk.id != desk_id:
        raise NotFound
    return slip


def _reserved(tx: Transaction, desk_id: int, *, by: Actor) -> tuple[DeskLine, list[Reserved]]:
    return desk_served(tx, desk_id, by=by), reserved_at(tx, desk_id, by=by)


def _register(tx: Transaction, desk_id: int, on: date, *, by: Actor) -> tuple[DeskLine, list[RegisterLine]]:
    return desk_seen(tx, desk_id, by=by), register_of(tx, desk_id, on=on, limit=MOST_LINES, by=by)
