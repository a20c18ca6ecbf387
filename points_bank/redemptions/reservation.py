"""Reservations: goods put aside and points held, until they are collected with a code or run out."""

import hmac
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.clock import day_of
from points_bank.columns import given, table_of
from points_bank.errors import AlreadyCollected, CodeLocked, Invalid, LastWrongCode, NotFound, WrongCode, message
from points_bank.ledger.accounts import spendable_points
from points_bank.ledger.spending import collect
from points_bank.members.finding import MemberLine, member_seen
from points_bank.outbox import MessageKind, tell
from points_bank.redemptions.finding import COLUMNS, Item, RedemptionLine, items_of, lock_redemption, redemption_line
from points_bank.redemptions.models import Redemption, RedemptionState
from points_bank.redemptions.order import (
    Ordered,
    check_order,
    desk_served,
    member_at_desk,
    place_order,
)
from points_bank.redemptions.payers import Sharing, refuse_own
from points_bank.redemptions.payments import payments_of
from points_bank.redemptions.proxies import check_proxy, tell_of_proxy
from points_bank.rewards.desks import DeskLine, desk_of, desk_seen
from points_bank.rewards.opening_days import first_closing, refuse_closed
from points_bank.rewards.stock import Goods
from points_bank.rules.in_force import rules_in_force
from points_bank.rules.rule_set import RuleSet
from points_bank.transaction import Transaction

REDEMPTION = table_of(Redemption)

CODE_DIGITS = 6
OTHER_DESK = message("This was reserved at another desk.")


class Collected(msgspec.Struct, frozen=True):
    id: int
    state: RedemptionState
    amount_points: int
    spendable_points: int


class OpenReservation(msgspec.Struct, frozen=True):
    """What waits for a member at a desk, with the code that collects it."""

    id: int
    desk_id: int
    state: RedemptionState
    code: str
    expires_at: datetime
    amount_points: int
    items: list[Item]


_COLLECT = (
    sa.update(REDEMPTION)
    .where(REDEMPTION.c.id == sa.bindparam("redemption_id"))
    .values(
        state=RedemptionState.COLLECTED,
        balance_points=sa.bindparam("balance"),
        collected_at=sa.bindparam("now"),
        collected_by=sa.bindparam("who"),
        proxy_id=sa.bindparam("by_proxy_id"),
    )
)
_COUNT_WRONG_CODE = (
    sa.update(REDEMPTION)
    .where(REDEMPTION.c.id == sa.bindparam("redemption_id"))
    .values(wrong_codes=REDEMPTION.c.wrong_codes + 1)
)
_OPEN = (
    sa.select(*COLUMNS)
    .where(
        *given(REDEMPTION, "member_id"),
        REDEMPTION.c.state == RedemptionState.RESERVED,
        REDEMPTION.c.expires_at > sa.bindparam("now"),
        REDEMPTION.c.id > sa.bindparam("after_id"),
    )
    .order_by(REDEMPTION.c.id)
    .limit(sa.bindparam("most"))
)


def reserve(
    tx: Transaction,
    *,
    desk_id: int,
    items: Sequence[Goods],
    member_id: int | None = None,
    card_no: str | None = None,
    sharing: Sharing | None = None,
    by: Actor,
) -> Ordered:
    """Put goods aside for the member with that card or id, and hold the points. Refuses what `redeem` refuses.

    A desk that is closed today takes reservations all the same, and keeps them until it has opened after their days.
    """
    desk = desk_served(tx, desk_id, by=by)
    member = member_at_desk(tx, member_id=member_id, card_no=card_no, by=by)
    return _reserve(tx, member, desk, items, sharing, by)


def reserve_own(tx: Transaction, *, desk_id: int, items: Sequence[Goods], by: Actor) -> Ordered:
    """Put goods aside for the member who asks, at any desk, and hold the points. Refuses what `redeem` refuses.

    Of others in the household nothing is taken this way: that is asked for at the desk.
    """
    assert by.member_id is not None, "a member asks"
    desk = desk_seen(tx, desk_id, by=by)
    member = member_seen(tx, by.member_id, task=Task.SERVE, by=by)
    return _reserve(tx, member, desk, items, None, by)


def collect_reservation(
    tx: Transaction, redemption_id: int, *, desk_id: int, code: str, proxy_id: int | None = None, by: Actor
) -> Collected:
    """Hand over what was reserved at this desk to who knows the code; also after the points' lot has lapsed.

    Refuses `invalid` at another desk; `desk_closed`; `same_person`; `already_collected`, `already_cancelled`,
    `reservation_expired`; what `check_proxy` refuses where a proxy collects it; `wrong_code`, which is counted, and
    `too_many_tries` after as many as the rules allow. Then a clerk can still cancel it and serve the member by card.
    """
    redemption = lock_redemption(tx, redemption_id)
    desk = desk_of(tx, redemption.desk_id)
    by.require(Task.SERVE, desk.branch_path)
    if redemption.expires_at is None:
        raise NotFound
    if desk_id != desk.id:
        raise Invalid({"desk_id": OTHER_DESK})
    refuse_closed(tx, desk.opening)
    for member_id in {redemption.member_id, *(payment.member_id for payment in payments_of(tx, redemption))}:
        refuse_own(member_id, by=by)
    if redemption.state is RedemptionState.COLLECTED:
        raise AlreadyCollected
    redemption.refuse_ended(tx.now)
    if proxy_id is not None:
        check_proxy(tx, proxy_id, member_id=redemption.member_id, points=redemption.amount_points)
    _check_code(tx, redemption, desk, code, by)
    spendable = spendable_points(tx, redemption.member_id)
    tx.run(_COLLECT, redemption_id=redemption.id, balance=spendable, now=tx.now, who=by.name, by_proxy_id=proxy_id)
    for payment in payments_of(tx, redemption):
        collect(tx, branch_id=desk.branch_id, on=tx.today, reference=payment.reference)
    if proxy_id is not None:
        tell_of_proxy(tx, redemption.id, member_id=redemption.member_id, points=redemption.amount_points)
    audit.note(tx, by, f"redemption:{redemption.id}", f"member:{redemption.member_id}", f"desk:{desk.id}")
    return Collected(redemption.id, RedemptionState.COLLECTED, redemption.amount_points, spendable)


def reservation_code(tx: Transaction, redemption_id: int) -> str:
    """The code that collects a reservation. It is derived from the bank's secret and kept nowhere."""
    return tx.keys.digits("reservation", redemption_id, length=CODE_DIGITS)


def own_reservations(tx: Transaction, *, after_id: int | None, limit: int, by: Actor) -> list[OpenReservation]:
    """What waits for the member who asks, by id, with the codes."""
    rows = tx.all(_OPEN, member_id=by.member_id, now=tx.now, after_id=after_id or 0, most=limit)
    return [_open_reservation(tx, redemption_line(row)) for row in rows]


def _reserve(
    tx: Transaction, member: MemberLine, desk: DeskLine, items: Sequence[Goods], sharing: Sharing | None, by: Actor
) -> Ordered:
    order = check_order(tx, member=member, desk=desk, goods=items, sharing=sharing, by=by)
    expires_at = _end_of_reservation(tx, desk, order.rules)
    reserved = place_order(tx, order, state=RedemptionState.RESERVED, expires_at=expires_at, by=by)
    tell(
        tx,
        member_id=member.id,
        kind=MessageKind.READY_TO_COLLECT,
        about=f"redemption:{reserved.id}",
        figures={"desk": desk.name, "until_on": day_of(expires_at, tx.zone).isoformat()},
    )
    return reserved


def _end_of_reservation(tx: Transaction, desk: DeskLine, rules: RuleSet) -> datetime:
    """So many days from now; at a desk with opening days, the end of the one on which they are over or the next one."""
    days_are_over_at = tx.now + timedelta(days=rules.reservation_days)
    if desk.opening is None:
        return days_are_over_at
    return first_closing(tx, desk.opening, from_at=days_are_over_at)


def _check_code(tx: Transaction, redemption: RedemptionLine, desk: DeskLine, code: str, by: Actor) -> None:
    """Refuses a wrong code. One that is no six digits was mistyped or of something else, and costs no try."""
    digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", code))
    tries = rules_in_force(tx, branch_path=desk.branch_path, on=tx.today).rule_set.reservation_tries
    tries_left = tries - redemption.wrong_codes
    if tries_left <= 0:
        raise CodeLocked
    if not re.fullmatch(rf"\d{{{CODE_DIGITS}}}", digits, re.ASCII):
        raise WrongCode(tries_left=tries_left)
    if not hmac.compare_digest(digits, reservation_code(tx, redemption.id)):
        refusal = WrongCode if tries_left > 1 else LastWrongCode
        raise refusal(tries_left=tries_left - 1, remember=_counting(redemption.id, by))


def _counting(redemption_id: int, by: Actor) -> Callable[[Transaction], None]:
    """An act for after the refusal: the refused one leaves nothing behind, but its try has to count."""

    def count_wrong_code(tx: Transaction) -> None:
        tx.act = count_wrong_code.__name__
        tx.run(_COUNT_WRONG_CODE, redemption_id=redemption_id)
        audit.note(tx, by, f"redemption:{redemption_id}", "wrong_codes")

    return count_wrong_code


def _open_reservation(tx: Transaction, line: RedemptionLine) -> OpenReservation:
    assert line.expires_at is not None, "a reservation ends"
    code, items = reservation_code(tx, line.id), items_of(tx, line.id)
    return OpenReservation(line.id, line.desk_id, line.state, code, line.expires_at, line.amount_points, items)
