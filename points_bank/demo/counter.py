"""The desks of the demo: who comes on a desk day, what they have, what they reserve, and what is counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations_with_replacement
from random import Random

from points_bank.branches.calendar import is_working
from points_bank.clock import PeriodKind, period_of
from points_bank.database import Database
from points_bank.demo.district import Community, District
from points_bank.demo.people import Resident
from points_bank.ledger.accounts import spendable_points
from points_bank.redemptions.desk import redeem
from points_bank.redemptions.order import Ordered
from points_bank.redemptions.reservation import reserve, reserve_own
from points_bank.rewards.catalogue import rewards_at_desk
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.stock import Goods, move_stock
from points_bank.rules.rule_set import RuleSet
from points_bank.transaction import Transaction

DESK_DAY = 15
SEVERAL = (1, 1, 1, 2, 2, 3)
"""How many items a visitor takes, by chance."""
WORTH_RESERVING_POINTS = 50


@dataclass(frozen=True, slots=True)
class Purse:
    """What someone can spend at a desk now, the month's limit considered."""

    resident: Resident
    spendable_points: int
    within_month_points: int

    @property
    def points(self) -> int:
        return min(self.spendable_points, self.within_month_points)


class Counter:
    """Both desks through the year. `served` is how many people went away with something on desk days."""

    def __init__(self, database: Database, district: District, rules: RuleSet, rng: Random) -> None:
        self._database, self._district, self._rules, self._rng = database, district, rules, rng
        self.served = 0

    async def desk_days(self, first_on: date, last_on: date) -> list[date]:
        """The 15th of every month, or the next working day after it."""
        days = []
        month = period_of(first_on, PeriodKind.MONTH)
        while month.first_on <= last_on:
            on = month.first_on.replace(day=DESK_DAY)
            while not await self._database.read(is_working, on):
                on += timedelta(days=1)
            days += [on] if first_on <= on <= last_on else []
            month = month.next()
        return days

    async def serve(self, residents: Sequence[Resident], visitors: int, on: date) -> None:
        """So many people come to the desks, one after another, or as many as have enough to exchange."""
        for _ in range(visitors):
            purses = [each for each in await self.purses(residents, on) if self.suffices(each)]
            spenders = [each for each in purses if each.resident.person.is_spender]
            if not purses:
                return
            purse = self._rng.choice(spenders or purses)
            goods = await self._pick(purse)
            if goods:
                await self.redeem(purse.resident, goods, on)
                self.served += 1

    async def redeem(self, resident: Resident, goods: Sequence[Goods], on: date) -> Ordered:
        community = self.community(resident)
        ordered = await self._database.write(
            redeem, desk_id=community.desk_id, items=goods, card_no=resident.card_no, by=community.clerk
        )
        return self._remember(resident, ordered, on)

    async def reserve(self, resident: Resident, on: date, *, by_phone: bool = False) -> Ordered:
        """One reward is put aside: by the clerk, or by the member from a phone."""
        community = self.community(resident)
        [purse] = await self.purses([resident], on)
        costs = await self._costs(resident)
        worth_it = [each for each, cost in costs.items() if WORTH_RESERVING_POINTS <= cost <= purse.points]
        goods = [Goods(self._rng.choice(worth_it), 1)]
        if by_phone:
            ordered = await self._database.write(reserve_own, desk_id=community.desk_id, items=goods, by=resident.actor)
        else:
            ordered = await self._database.write(
                reserve, desk_id=community.desk_id, items=goods, member_id=resident.id, by=community.clerk
            )
        return self._remember(resident, ordered, on)

    async def count_goods(self, *, damaged_reason: str, counted_reason: str) -> None:
        """Something is found damaged, and the first desk is counted: little is left of some rewards."""
        first, *_ = self._district.communities.values()
        damaged = self._district.offered[0][1].id
        await self._database.write(
            move_stock, damaged, desk_id=first.desk_id, kind=StockMovementKind.DAMAGED, quantity=1,
            reason=damaged_reason, by=self._district.stock_keeper,
        )  # fmt: skip
        for plan, reward in self._district.offered:
            if plan.left is not None:
                await self._database.write(
                    move_stock, reward.id, desk_id=first.desk_id, kind=StockMovementKind.COUNTED, quantity=plan.left,
                    reason=counted_reason, by=first.clerk,
                )  # fmt: skip

    async def purses(self, residents: Iterable[Resident], on: date) -> list[Purse]:
        """What those who may exchange can spend, in their order."""
        allowed = [each for each in residents if each.may_exchange and each.card_no]
        spendable = await self._database.read(_spendable, [each.id for each in allowed])
        limit = self._rules.month_limit_points
        return [
            Purse(resident, points, limit - resident.spent_points.get(_month(on), 0))
            for resident, points in zip(allowed, spendable, strict=True)
        ]

    def suffices(self, purse: Purse) -> bool:
        """Whether there is enough to exchange at all, and the month allows for more than a trifle."""
        minimum = self._rules.redemption_minimum_points
        return purse.spendable_points >= minimum and purse.within_month_points >= minimum

    async def most_for(self, purse: Purse) -> tuple[list[Goods], int]:
        """The basket for which nearly everything in a purse goes, and what it costs."""
        costs = await self._costs(purse.resident, several=True)
        baskets = combinations_with_replacement(sorted(costs), self._rules.visit_limit_items)
        prices = {basket: sum(costs[each] for each in basket) for basket in baskets}
        affordable = [basket for basket, price in prices.items() if price <= purse.points]
        basket = max(affordable, key=lambda each: prices[each])
        return [Goods(reward_id, basket.count(reward_id)) for reward_id in sorted(set(basket))], prices[basket]

    def community(self, resident: Resident) -> Community:
        return self._district.communities[resident.community]

    async def _pick(self, purse: Purse) -> list[Goods]:
        """Some rewards that the purse suffices for, each once."""
        costs, left, picked = await self._costs(purse.resident), purse.points, []
        for _ in range(self._rng.choice(SEVERAL)):
            affordable = [each for each, cost in costs.items() if cost <= left and each not in picked]
            if affordable:
                picked.append(self._rng.choice(affordable))
                left -= costs[picked[-1]]
        return [Goods(reward_id, 1) for reward_id in picked]

    async def _costs(self, resident: Resident, *, several: bool = False) -> dict[int, int]:
        """What can be had at someone's desk, by reward, with its cost; `several` leaves out what is nearly gone."""
        community = self.community(resident)
        offered = await self._database.read(
            rewards_at_desk, desk_id=community.desk_id, after_id=None, limit=100, by=community.clerk
        )
        kept = {reward.id: plan.left or 0 for plan, reward in self._district.offered}
        asked = self._rules.visit_limit_items if several else 1
        return {each.id: each.cost_points for each in offered if each.remaining >= kept[each.id] + asked}

    def _remember(self, resident: Resident, ordered: Ordered, on: date) -> Ordered:
        month = _month(on)
        resident.spent_points[month] = resident.spent_points.get(month, 0) + ordered.amount_points
        return ordered


def _spendable(tx: Transaction, member_ids: Sequence[int]) -> list[int]:
    return [spendable_points(tx, member_id) for member_id in member_ids]


def _month(on: date) -> str:
    return period_of(on, PeriodKind.MONTH).name
