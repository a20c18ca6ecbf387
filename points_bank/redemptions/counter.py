"""Who stands at the counter: what they have, what of the goods they can have for it, and what stands in the way."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.tree import branch_of
from points_bank.clock import PeriodKind, period_of
from points_bank.columns import given, table_of
from points_bank.errors import GuardianRequired, PointsBankError
from points_bank.ledger.accounts import account_of, spendable_of, spendable_points
from points_bank.members.finding import MemberLine, is_under_18, member_seen
from points_bank.members.households import household_with, pool_of
from points_bank.members.models import Card, CardState, Member
from points_bank.members.proxies import ProxyLine, proxies_of
from points_bank.redemptions.limits import refuse_debt, refuse_too_little_saved
from points_bank.redemptions.order import desk_served
from points_bank.redemptions.payers import refuse_own
from points_bank.redemptions.payments import used_by_household, used_by_member
from points_bank.redemptions.reserved import Reserved, reserved_for
from points_bank.rewards.catalogue import rewards_at_desk
from points_bank.rewards.desks import DeskLine
from points_bank.rewards.models import Waiting
from points_bank.rewards.opening_days import refuse_closed
from points_bank.rewards.pictures import pictures_of
from points_bank.rewards.waiting_list import IS_OPEN
from points_bank.rules.in_force import rules_in_force
from points_bank.rules.rule_set import RuleSet
from points_bank.suspensions.in_force import refuse_suspended
from points_bank.transaction import Transaction

CARD, MEMBER, WAITING = table_of(Card), table_of(Member), table_of(Waiting)

MOST_REWARDS = 200


class GoodAtCounter(msgspec.Struct, frozen=True):
    """A reward as it lies before somebody. `missing_points` is what they lack for one, 0 where nothing; `is_beyond`
    that they have the points, but the month's limit does not leave so many. `waiting_id` is their place in
    line for it."""

    id: int
    name: str
    cost_points: int
    remaining: int
    missing_points: int
    is_beyond: bool
    waiting_id: int | None

    @property
    def is_to_have(self) -> bool:
        return self.remaining > 0 and not self.missing_points and not self.is_beyond


class Housemate(msgspec.Struct, frozen=True):
    """Somebody else of the household who shares points in it; a minor pays only with the guardian's word."""

    id: int
    name: str
    spendable_points: int
    is_minor: bool


class AtCounter(msgspec.Struct, frozen=True, kw_only=True):
    """A person at a desk. `reasons` are the refusals that any order would meet now, to be read out before it is made.

    `left_points` is what the limits of this month, the person's own and the household's, leave. `pictures` are
    addresses, by good.
    """

    desk: DeskLine
    member_id: int
    name: str
    branch_name: str
    card_tail: str | None
    spendable_points: int
    left_points: int
    most_items: int
    minimum_points: int
    reasons: list[PointsBankError]
    goods: list[GoodAtCounter]
    pictures: Mapping[int, str]
    housemates: list[Housemate]
    proxies: list[ProxyLine]
    reserved: list[Reserved]

    @property
    def names(self) -> dict[int, str]:
        """Of everybody who may pay, by id."""
        return {self.member_id: self.name} | {each.id: each.name for each in self.housemates}


_CARD = sa.select(CARD.c.card_no).where(*given(CARD, "member_id"), CARD.c.state == CardState.ACTIVE)
_NAMES = sa.select(MEMBER.c.id, MEMBER.c.name).where(MEMBER.c.id.in_(sa.bindparam("ids", expanding=True)))
_AWAITED = sa.select(WAITING.c.id, WAITING.c.reward_id).where(*given(WAITING, "member_id", "desk_id"), IS_OPEN)


def person_at_counter(tx: Transaction, *, desk_id: int, member_id: int, by: Actor) -> AtCounter:
    """Everything that serving somebody at a desk needs to know, as it stands now. Nothing is locked.

    Refuses `not_found` and `forbidden` as `desk_served` and `member_seen` do.
    """
    desk = desk_served(tx, desk_id, by=by)
    member = member_seen(tx, member_id, task=Task.SERVE, by=by)
    rules = rules_in_force(tx, branch_path=desk.branch_path, on=tx.today).rule_set
    account = account_of(tx, member_id)
    spendable = spendable_of(tx, account)
    housemates = _housemates(tx, member)
    together = spendable + sum(max(0, each.spendable_points) for each in housemates)
    left, left_together = _left_points(tx, rules, member_id)
    reach = (together, left_together) if housemates else (spendable, left)
    goods = _goods(tx, desk, member_id, *reach, by)
    card_no: str | None = tx.scalar(_CARD, member_id=member_id)
    return AtCounter(
        desk=desk,
        member_id=member_id,
        name=member.name,
        branch_name=branch_of(tx, member.branch_id).name,
        card_tail=card_no and card_no[-4:],
        spendable_points=spendable,
        left_points=left,
        most_items=rules.visit_limit_items,
        minimum_points=rules.redemption_minimum_points,
        reasons=_reasons(tx, desk, member, rules, account.balance_points, together, by),
        goods=goods,
        pictures=pictures_of(tx, [each.id for each in goods]),
        housemates=housemates,
        proxies=[each for each in proxies_of(tx, member_id, task=Task.SERVE, by=by) if each.is_in_force],
        reserved=reserved_for(tx, desk, member_id),
    )


def _left_points(tx: Transaction, rules: RuleSet, member_id: int) -> tuple[int, int]:
    """What the month leaves of the limits: for the member alone, and for the household together."""
    month = period_of(tx.today, PeriodKind.MONTH).name
    left = max(0, rules.month_limit_points - used_by_member(tx, member_id, month))
    household_id = household_with(tx, member_id)
    if household_id is None:
        return left, left
    together = max(0, rules.household_month_limit_points - used_by_household(tx, household_id, month))
    return min(left, together), together


def _reasons(
    tx: Transaction, desk: DeskLine, member: MemberLine, rules: RuleSet, balance: int, together: int, by: Actor
) -> list[PointsBankError]:
    """All at once what an order would be refused for, one after another, before it comes to its goods."""
    checks: Sequence[Callable[[], None]] = (
        member.require_open,
        lambda: refuse_closed(tx, desk.opening),
        lambda: refuse_own(member.id, by=by),
        lambda: _refuse_without_guardian(tx, member),
        lambda: refuse_suspended(tx, member.id),
        lambda: refuse_debt(balance),
        lambda: refuse_too_little_saved(rules, together),
    )
    return [refusal for check in checks if (refusal := _refusal_of(check))]


def _refusal_of(check: Callable[[], None]) -> PointsBankError | None:
    try:
        check()
    except PointsBankError as refusal:
        return refusal
    return None


def _refuse_without_guardian(tx: Transaction, member: MemberLine) -> None:
    if is_under_18(member.born_on, tx.today) and member.guardian_consented_on is None:
        raise GuardianRequired


def _housemates(tx: Transaction, member: MemberLine) -> list[Housemate]:
    """Who could pay together with a member: nobody, where the member does not share points."""
    household_id = household_with(tx, member.id)
    pool = {} if household_id is None else pool_of(tx, household_id)
    others = [each for each in pool.values() if each.id != member.id] if member.id in pool else []
    if not others:
        return []
    names: dict[int, str] = {row.id: row.name for row in tx.all(_NAMES, ids=[each.id for each in others])}
    return [
        Housemate(each.id, names[each.id], spendable_points(tx, each.id), is_under_18(each.born_on, tx.today))
        for each in others
        if each.guardian_consented_on or not is_under_18(each.born_on, tx.today)
    ]


def _goods(
    tx: Transaction, desk: DeskLine, member_id: int, reach_points: int, left_points: int, by: Actor
) -> list[GoodAtCounter]:
    awaited = {row.reward_id: row.id for row in tx.all(_AWAITED, member_id=member_id, desk_id=desk.id)}
    offered = rewards_at_desk(tx, desk_id=desk.id, after_id=None, limit=MOST_REWARDS, by=by)
    return [
        GoodAtCounter(
            id=each.id,
            name=each.name,
            cost_points=each.cost_points,
            remaining=each.remaining,
            missing_points=max(0, each.cost_points - reach_points),
            is_beyond=each.cost_points > left_points,
            waiting_id=awaited.get(each.id),
        )
        for each in offered
    ]
