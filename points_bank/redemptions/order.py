"""Ordering: what an exchange at the desk and a reservation have in common."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.clock import PeriodKind, period_of
from points_bank.columns import table_of
from points_bank.errors import GuardianRequired, Invalid, message
from points_bank.ledger.models import TransferKind
from points_bank.ledger.spending import Purse, spend
from points_bank.members.finding import MemberLine, is_under_18, member_by_card, member_seen
from points_bank.members.households import household_with, lock_household
from points_bank.redemptions.finding import Item
from points_bank.redemptions.limits import (
    refuse_too_little_saved,
    refuse_too_many_items,
    refuse_too_much_a_household,
    refuse_too_much_a_month,
)
from points_bank.redemptions.models import Redemption, RedemptionItem, RedemptionPayment, RedemptionState
from points_bank.redemptions.payers import Share, Sharing, pool_payers, refuse_own, sole_payer, split_over_payers
from points_bank.redemptions.payments import reference_of, used_by_household
from points_bank.redemptions.proxies import check_proxy
from points_bank.rewards.catalogue import offered_at
from points_bank.rewards.desks import DeskLine, desk_seen
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.stock import Goods, take
from points_bank.rewards.waiting_list import end_waiting
from points_bank.rules.in_force import rules_in_force
from points_bank.rules.rule_set import RuleSet
from points_bank.transaction import Transaction

REDEMPTION, ITEM, PAYMENT = table_of(Redemption), table_of(RedemptionItem), table_of(RedemptionPayment)

ONE_OF_THEM = message("Give either the card number or the member's id.")
TWICE = message("This is on the list twice.")


class Order(msgspec.Struct, frozen=True):
    """What a member may have here and now, and who pays it. Their accounts are locked until the act ends.

    `month` (`2026-12`) is the one whose limit it counts in, also when it is collected later. `is_pooled` says that the
    household was asked to pay together, `proxy_id` that somebody else collects it.
    """

    member_id: int
    desk: DeskLine
    items: list[Item]
    rules: RuleSet
    month: str
    spendable_points: int
    shares: list[Share]
    purses: Mapping[int, Purse]
    household_id: int | None = None
    is_pooled: bool = False
    proxy_id: int | None = None

    @property
    def amount_points(self) -> int:
        return sum(item.cost_points * item.quantity for item in self.items)

    @property
    def own_points(self) -> int:
        """What the member who ordered pays of it."""
        return sum(share.points for share in self.shares if share.member_id == self.member_id)


class Ordered(msgspec.Struct, frozen=True):
    """What was carried out, as figures. `spendable_points` is what the member has left to spend.

    `payers` are those who paid together, none where the member paid alone.
    """

    id: int
    member_id: int
    desk_id: int
    state: RedemptionState
    amount_points: int
    spendable_points: int
    expires_at: datetime | None
    items: list[Item]
    payers: list[Share] = msgspec.field(default_factory=list)


_ADD = sa.insert(REDEMPTION).returning(REDEMPTION.c.id)
_ADD_ITEMS = sa.insert(ITEM)
_ADD_PAYMENTS = sa.insert(PAYMENT)


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


def check_order(
    tx: Transaction,
    *,
    member: MemberLine,
    desk: DeskLine,
    goods: Sequence[Goods],
    sharing: Sharing | None = None,
    proxy_id: int | None = None,
    by: Actor,
) -> Order:
    """Whether a member may have these goods here and now, and who pays; everything but whether the stock suffices.

    Refuses in this order: `member_closed`, `same_person`, `guardian_required`, `invalid` for a reward that is listed
    twice, `not_found` for one that this desk does not offer, what `check_proxy` and `pool_payers` refuse,
    `redemption_suspended`, `balance_below_zero`, `below_redemption_minimum`, `redemption_limit`,
    `insufficient_points`. Several people who pay together have saved enough where all their points together are.
    """
    member.require_open()
    refuse_own(member.id, by=by)
    if is_under_18(member.born_on, tx.today) and member.guardian_consented_on is None:
        raise GuardianRequired
    items = _priced(tx, desk, goods)
    points = sum(item.cost_points * item.quantity for item in items)
    rules = rules_in_force(tx, branch_path=desk.branch_path, on=tx.today).rule_set
    month = period_of(tx.today, PeriodKind.MONTH).name
    if sharing is None:
        payers = [sole_payer(tx, rules, member.id, month=month)]
    else:
        payers = pool_payers(tx, rules, member.id, sharing, month=month)
    if proxy_id is not None:
        check_proxy(tx, proxy_id, member_id=member.id, points=points)
    refuse_too_little_saved(rules, sum(payer.spendable_points for payer in payers))
    refuse_too_many_items(rules, sum(item.quantity for item in items))
    used = sum(payer.used_points for payer in payers)
    refuse_too_much_a_month(rules, used_points=used, asked_points=points, people=len(payers))
    household_id = _household_with_room(tx, rules, member.id, month=month, points=points)
    shares = split_over_payers(rules, payers, points)
    for share in shares:
        refuse_own(share.member_id, by=by)
    spendable = next((payer.spendable_points for payer in payers if payer.member_id == member.id), 0)
    purses = {payer.member_id: payer.purse for payer in payers}
    return Order(
        member.id, desk, items, rules, month, spendable, shares, purses, household_id, sharing is not None, proxy_id
    )


def place_order(
    tx: Transaction, order: Order, *, state: RedemptionState, expires_at: datetime | None = None, by: Actor
) -> Ordered:
    """Take points and goods for an order that was checked: for good where it is collected, else held and reserved.

    Refuses `out_of_stock`.
    """
    is_collected = state is RedemptionState.COLLECTED
    spendable = order.spendable_points - order.own_points
    redemption_id: int = tx.scalar(
        _ADD, member_id=order.member_id, desk_id=order.desk.id, state=state, amount_points=order.amount_points,
        balance_points=spendable, month=order.month, wrong_codes=0, ordered_at=tx.now, ordered_by=by.name,
        expires_at=expires_at, collected_at=tx.now if is_collected else None,
        collected_by=by.name if is_collected else None, household_id=order.household_id, is_pooled=order.is_pooled,
        proxy_id=order.proxy_id,
    )  # fmt: skip
    tx.many(_ADD_ITEMS, [
        {"redemption_id": redemption_id, "reward_id": item.reward_id, "quantity": item.quantity,
         "cost_points": item.cost_points}
        for item in order.items
    ])  # fmt: skip
    _pay(tx, order, redemption_id, kind=TransferKind.REDEMPTION if is_collected else TransferKind.HOLD)
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
        redemption_id, order.member_id, order.desk.id, state, order.amount_points, spendable, expires_at, order.items,
        order.shares if order.is_pooled else [],
    )  # fmt: skip


def _pay(tx: Transaction, order: Order, redemption_id: int, *, kind: TransferKind) -> None:
    for share in order.shares:
        spend(
            tx,
            member_id=share.member_id,
            kind=kind,
            branch_id=order.desk.branch_id,
            points=share.points,
            on=tx.today,
            reference=reference_of(redemption_id, payer_id=share.member_id if order.is_pooled else None),
            purse=order.purses[share.member_id],
        )
    if order.is_pooled:
        tx.many(_ADD_PAYMENTS, [
            {"redemption_id": redemption_id, "member_id": share.member_id, "points": share.points,
             "guardian_agreed": share.guardian_agreed}
            for share in order.shares
        ])  # fmt: skip


def _household_with_room(tx: Transaction, rules: RuleSet, member_id: int, *, month: str, points: int) -> int | None:
    """The member's household, locked, once its month has room for an order. Refuses `redemption_limit`."""
    household_id = household_with(tx, member_id)
    if household_id is not None:
        lock_household(tx, household_id)
        used = used_by_household(tx, household_id, month)
        refuse_too_much_a_household(rules, used_points=used, asked_points=points)
    return household_id


def _priced(tx: Transaction, desk: DeskLine, goods: Sequence[Goods]) -> list[Item]:
    seen: set[int] = set()
    for place, each in enumerate(goods):
        assert each.quantity > 0, "the edge asks for at least one"
        if each.reward_id in seen:
            raise Invalid({f"items[{place}].reward_id": TWICE})
        seen.add(each.reward_id)
    offered = offered_at(tx, desk, seen)
    return [Item(each.reward_id, each.quantity, offered[each.reward_id].cost_points) for each in goods]
