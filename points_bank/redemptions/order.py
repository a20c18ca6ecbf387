"""Ordering: what an exchange at the desk and a reservation have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.clock import PeriodKind, period_of
from points_bank.columns import given, table_of
from points_bank.errors import GuardianRequired, Invalid, SamePerson, message
from points_bank.ledger.accounts import lock_account, spendable_of
from points_bank.ledger.models import TransferKind
from points_bank.ledger.spending import spend
from points_bank.members.finding import MemberLine, is_under_18, member_by_card, member_seen
from points_bank.redemptions.limits import (
    refuse_debt,
    refuse_too_little_saved,
    refuse_too_many_items,
    refuse_too_much_a_month,
)
from points_bank.redemptions.models import Redemption, RedemptionItem, RedemptionState
from points_bank.rewards.catalogue import offered_at
from points_bank.rewards.desks import DeskLine, desk_seen
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.stock import Goods, take
from points_bank.rewards.waiting_list import end_waiting
from points_bank.rules.in_force import rules_in_force
from points_bank.rules.rule_set import RuleSet
from points_bank.suspensions.in_force import refuse_suspended
from points_bank.transaction import Transaction

REDEMPTION, ITEM = table_of(Redemption), table_of(RedemptionItem)

ONE_OF_THEM = message("Give either the card number or the member's id.")
TWICE = message("This is on the list twice.")


@dataclass(frozen=True, slots=True)
class Item:
    """So many of a reward; `cost_points` is the cost of one on the day of ordering."""

    reward_id: int
    quantity: int
    cost_points: int


@dataclass(frozen=True, slots=True)
class Order:
    """What a member may have here and now. Their account is locked until the act ends.

    `month` (`2026-12`) is the one whose limit it counts in, also when it is collected later.
    """

    member_id: int
    desk: DeskLine
    items: list[Item]
    rules: RuleSet
    month: str
    spendable_points: int

    @property
    def amount_points(self) -> int:
        return sum(item.cost_points * item.quantity for item in self.items)


@dataclass(frozen=True, slots=True)
class Ordered:
    """What was carried out, as figures. `spendable_points` is what the member has left to spend."""

    id: int
    member_id: int
    desk_id: int
    state: RedemptionState
    amount_points: int
    spendable_points: int
    expires_at: datetime | None
    items: list[Item]


_ORDERED_IN_MONTH = sa.select(sa.func.coalesce(sa.func.sum(REDEMPTION.c.amount_points), 0)).where(
    *given(REDEMPTION, "member_id", "month"),
    REDEMPTION.c.state.in_((RedemptionState.RESERVED, RedemptionState.COLLECTED)),
)
_ADD = sa.insert(REDEMPTION).returning(REDEMPTION.c.id)
_ADD_ITEMS = sa.insert(ITEM)


def desk_served(tx: Transaction, desk_id: int, *, by: Actor) -> DeskLine:
    """A desk at which the actor serves."""
    desk = desk_seen(tx, desk_id, by=by)
    by.require(Task.SERVE, desk.branch_path)
    return desk


def member_at_desk(tx: Transaction, *, member_id: int | None, card_no: str | None, by: Actor) -> MemberLine:
    """Who stands at the desk: by card whoever it is, by id one of the clerk's branches or a visitor of the day."""
    if card_no is not None and member_id is None:
        return member_by_card(tx, card_no, task=Task.SERVE, by=by)
    if member_id is not None and card_no is None:
        return member_seen(tx, member_id, task=Task.SERVE, by=by)
    raise Invalid({"member_id": ONE_OF_THEM})


def refuse_own(member_id: int, *, by: Actor) -> None:
    """Staff do not serve the member that they are in private life. Refuses `same_person`."""
    if by.staff_id is not None and by.member_id == member_id:
        raise SamePerson


def check_order(tx: Transaction, *, member: MemberLine, desk: DeskLine, goods: Sequence[Goods], by: Actor) -> Order:
    """Whether a member may have these goods here and now; everything but whether points and stock suffice.

    Refuses in this order: `member_closed`, `same_person`, `guardian_required`, `invalid` for a reward that is listed
    twice, `not_found` for one that this desk does not offer, `redemption_suspended`, `balance_below_zero`,
    `below_redemption_minimum`, `redemption_limit`.
    """
    member.require_open()
    refuse_own(member.id, by=by)
    if is_under_18(member.born_on, tx.today) and member.guardian_consented_on is None:
        raise GuardianRequired
    items = _priced(tx, desk, goods)
    rules = rules_in_force(tx, branch_path=desk.branch_path, on=tx.today).rule_set
    account = lock_account(tx, member.id)
    month = period_of(tx.today, PeriodKind.MONTH).name
    order = Order(member.id, desk, items, rules, month, spendable_of(tx, account))
    refuse_suspended(tx, member.id)
    refuse_debt(account.balance_points)
    refuse_too_little_saved(rules, order.spendable_points)
    refuse_too_many_items(rules, sum(item.quantity for item in items))
    used = tx.scalar(_ORDERED_IN_MONTH, member_id=member.id, month=month)
    refuse_too_much_a_month(rules, used_points=used, asked_points=order.amount_points)
    return order


def place_order(
    tx: Transaction, order: Order, *, state: RedemptionState, expires_at: datetime | None = None, by: Actor
) -> Ordered:
    """Take points and goods for an order that was checked: for good where it is collected, else held and reserved.

    Refuses `insufficient_points`, then `out_of_stock`.
    """
    is_collected = state is RedemptionState.COLLECTED
    spendable = order.spendable_points - order.amount_points
    redemption_id: int = tx.scalar(
        _ADD, member_id=order.member_id, desk_id=order.desk.id, state=state, amount_points=order.amount_points,
        balance_points=spendable, month=order.month, wrong_codes=0, ordered_at=tx.now, ordered_by=by.name,
        expires_at=expires_at, collected_at=tx.now if is_collected else None,
        collected_by=by.name if is_collected else None,
    )  # fmt: skip
    tx.many(_ADD_ITEMS, [
        {"redemption_id": redemption_id, "reward_id": item.reward_id, "quantity": item.quantity,
         "cost_points": item.cost_points}
        for item in order.items
    ])  # fmt: skip
    spend(
        tx,
        member_id=order.member_id,
        kind=TransferKind.REDEMPTION if is_collected else TransferKind.HOLD,
        branch_id=order.desk.branch_id,
        points=order.amount_points,
        on=tx.today,
        reference=reference_of(redemption_id),
    )
    audit.note(tx, by, f"redemption:{redemption_id}", f"member:{order.member_id}", f"desk:{order.desk.id}")
    take(
        tx,
        desk_id=order.desk.id,
        items=[Goods(item.reward_id, item.quantity) for item in order.items],
        kind=StockMovementKind.REDEEMED if is_collected else StockMovementKind.RESERVED,
        redemption_id=redemption_id,
        by=by,
    )
    end_waiting(tx, order.member_id, [item.reward_id for item in order.items])
    return Ordered(
        redemption_id, order.member_id, order.desk.id, state, order.amount_points, spendable, expires_at, order.items
    )


def reference_of(redemption_id: int) -> str:
    """How the ledger names a redemption as the cause of a transfer."""
    return f"redemption:{redemption_id}"


def _priced(tx: Transaction, desk: DeskLine, goods: Sequence[Goods]) -> list[Item]:
    seen: set[int] = set()
    for place, each in enumerate(goods):
        assert each.quantity > 0, "the edge asks for at least one"
        if each.reward_id in seen:
            raise Invalid({f"items[{place}].reward_id": TWICE})
        seen.add(each.reward_id)
    offered = offered_at(tx, desk, seen)
    return [Item(each.reward_id, each.quantity, offered[each.reward_id].cost_points) for each in goods]
