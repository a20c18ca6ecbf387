"""The goods of a desk as a member sees them: what they can have now, what they can save for, what is sold out."""

from collections.abc import Mapping, Sequence
from itertools import takewhile

import msgspec

from points_bank.actor import Actor
from points_bank.errors import NotFound
from points_bank.goals.choosing import GoalLine, goal_of, own_member
from points_bank.ledger.accounts import spendable_points
from points_bank.members.finding import MemberLine
from points_bank.redemptions.own import DeskTimes, OwnReservation, times_of, waiting_for_member
from points_bank.rewards.catalogue import RewardInStock, rewards_at_desk
from points_bank.rewards.desks import DeskLine, desk_seen, ids_of_path, list_desks
from points_bank.rewards.pictures import pictures_of
from points_bank.rules.in_force import rules_in_force
from points_bank.rules.rule_set import RuleSet
from points_bank.transaction import Transaction
from points_bank.waiting.joining import WaitingLine, own_places

MOST_DESKS = 1_000
MOST_REWARDS = 500
MOST_PLACES = 200


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """A desk's goods for one member. `to_have` can be reserved now, `to_save_for` costs more than there is to spend.

    `missing_points` are those up to the least with which anything can be exchanged. `places` are in line and
    `pictures` are addresses, both by reward.
    """

    desk: DeskTimes
    desks: Sequence[DeskLine]
    spendable_points: int
    missing_points: int
    to_have: list[RewardInStock]
    to_save_for: list[RewardInStock]
    sold_out: list[RewardInStock]
    places: dict[int, WaitingLine]
    goal: GoalLine | None
    reservations: list[OwnReservation]
    pictures: Mapping[int, str]


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One good at a desk, before it is reserved: limits are told before they are met.

    `reserved` is what the member has reserved of it already, so that who comes back to the page does not do it twice.
    """

    reward: RewardInStock
    picture: str | None
    desk: DeskTimes
    spendable_points: int
    most_items: int
    month_limit_points: int
    kept_days: int
    reserved: OwnReservation | None


def goods_of(tx: Transaction, *, desk_id: int | None, by: Actor) -> Goods | None:
    """The goods of a desk, by default of that which is nearest to the member's branch; None where there is no desk.

    Refuses `not_found`.
    """
    member = own_member(tx, by)
    desks = list_desks(tx, after_id=None, limit=MOST_DESKS, by=by)
    if not desks:
        return None
    desk = desk_seen(tx, desk_id, by=by) if desk_id is not None else _nearest(desks, member)
    spendable = spendable_points(tx, member.id)
    missing = max(0, _rules(tx, desk).redemption_minimum_points - spendable)
    rewards = rewards_at_desk(tx, desk_id=desk.id, after_id=None, limit=MOST_REWARDS, by=by)
    there = sorted((each for each in rewards if each.remaining > 0), key=lambda each: each.cost_points)
    affordable = [each for each in there if each.cost_points <= spendable and not missing]
    return Goods(
        desk=times_of(tx, desk),
        desks=desks,
        spendable_points=spendable,
        missing_points=missing,
        to_have=affordable,
        to_save_for=[each for each in there if each not in affordable],
        sold_out=[each for each in rewards if each.remaining <= 0],
        places={each.reward_id: each for each in _places(tx, by) if each.desk_id == desk.id},
        goal=goal_of(tx, by=by),
        reservations=waiting_for_member(tx, by=by),
        pictures=pictures_of(tx, [each.id for each in rewards]),
    )


def offer_of(tx: Transaction, reward_id: int, *, desk_id: int, by: Actor) -> Offer:
    """A good that a desk offers, with what to know before reserving it. Refuses `not_found`."""
    member, desk = own_member(tx, by), desk_seen(tx, desk_id, by=by)
    found = rewards_at_desk(tx, desk_id=desk.id, after_id=reward_id - 1, limit=1, by=by)
    if not found or found[0].id != reward_id:
        raise NotFound
    rules = _rules(tx, desk)
    return Offer(
        reward=found[0],
        picture=pictures_of(tx, [reward_id]).get(reward_id),
        desk=times_of(tx, desk),
        spendable_points=spendable_points(tx, member.id),
        most_items=rules.visit_limit_items,
        month_limit_points=rules.month_limit_points,
        kept_days=rules.reservation_days,
        reserved=_reserved(tx, reward_id, by),
    )


def _reserved(tx: Transaction, reward_id: int, by: Actor) -> OwnReservation | None:
    waiting = waiting_for_member(tx, by=by)
    return next((each for each in waiting if reward_id in {item.reward_id for item in each.items}), None)


def _nearest(desks: Sequence[DeskLine], member: MemberLine) -> DeskLine:
    """The desk that shares most of the way down the tree with the member's branch; of several the first one."""
    way = ids_of_path(member.branch_path)

    def shared(desk: DeskLine) -> int:
        return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(way, desk.branch_ids, strict=False))))

    return max(desks, key=shared)


def _rules(tx: Transaction, desk: DeskLine) -> RuleSet:
    return rules_in_force(tx, branch_path=desk.branch_path, on=tx.today).rule_set


def _places(tx: Transaction, by: Actor) -> list[WaitingLine]:
    return own_places(tx, after_id=None, limit=MOST_PLACES, by=by)
