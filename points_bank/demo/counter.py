"""The desks of the demo: who comes on a desk day, what they have, what they reserve, and what is counted."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import combinations_with_replacement
from random import Random

import msgspec

from points_bank.branches.calendar import is_working
from points_bank.clock import PeriodKind, period_of
from points_bank.database import Database
from points_bank.demo.district import Community, District
from points_bank.demo.people import Resident
from points_bank.ledger.accounts import spendable_points
from points_bank.redemptions.desk import redeem
from points_bank.redemptions.order import Ordered
from points_bank.redemptions.payers import Sharing
from points_bank.redemptions.reservation import reserve, reserve_own
from points_bank.rewards.catalogue import rewards_at_desk
from points_bank.rewards.stock import Goods
from points_bank.rules.rule_set import RuleSet
from points_bank.transaction import Transaction

DESK_DAY = 15
SEVERAL = (1, 1, 1, 2, 2, 3)
"""How many items a visitor takes, by chance."""
WORTH_RESERVING_POINTS = 50


class Purse(msgspec.Struct, frozen=True):
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
            purses = await self.full_purses((each for each in residents if not each.person.is_sample), on)
            spenders = [each for each in purses if each.resident.person.is_spender]
            if not purses:
                return
            purse = self._rng.choice(spenders or purses)
            goods = await self._pick(purse)
            if goods:
                await self.redeem(purse.resident, goods, on)
                self.served += 1

    async def serve_at_further_desk(self, resident: Resident, on: date) -> None:
        """Somebody has the dearest of the small things that a further desk of theirs hands out."""
        community = self.community(resident)
        desk_id, *_ = community.further_desk_ids
        costs = await self.costs(resident, desk_id=desk_id)
        await self.redeem(resident, [Goods(max(costs, key=lambda each: costs[each]), 1)], on, desk_id=desk_id)

    async def redeem(
        self,
        resident: Resident,
        goods: Sequence[Goods],
        on: date,
        *,
        desk_id: int | None = None,
        proxy_id: int | None = None,
        is_shared: bool = False,
    ) -> Ordered:
        """Goods are handed over: at the community's own desk, to the member, for their own points, if not told so."""
        community = self.community(resident)
        ordered = await self._database.write(
            redeem, desk_id=desk_id or community.desk_id, items=goods, card_no=resident.card_no, proxy_id=proxy_id,
            sharing=Sharing() if is_shared else None, by=community.clerk,
        )  # fmt: skip
        return self._remember(resident, ordered, on)

    async def reserve(self, resident: Resident, on: date, *, by_phone: bool = False) -> Ordered:
        """One reward is put aside: by the clerk, or by the member from a phone."""
        community = self.community(resident)
        [purse] = await self.purses([resident], on)
        costs = await self.costs(resident)
        worth_it = [each for each, cost in costs.items() if WORTH_RESERVING_POINTS <= cost <= purse.points]
        goods = [Goods(self._rng.choice(worth_it), 1)]
        if by_phone:
            ordered = await self._database.write(reserve_own, desk_id=community.desk_id, items=goods, by=resident.actor)
        else:
            ordered = await self._database.write(
                reserve, desk_id=community.desk_id, items=goods, member_id=resident.id, by=community.clerk
            )
        return self._remember(resident, ordered, on)

    async def purses(self, residents: Iterable[Resident], on: date) -> list[Purse]:
        """What those who may exchange can spend, in their order."""
        allowed = [each for each in residents if each.may_exchange]
        spendable = await self._database.read(_spendable, [each.id for each in allowed])
        return [
            Purse(resident, points, self._within_month(resident, _month(on)))
            for resident, points in zip(allowed, spendable, strict=True)
        ]

    async def full_purses(self, residents: Iterable[Resident], on: date) -> list[Purse]:
        """The purses that suffice."""
        return [each for each in await self.purses(residents, on) if self.suffices(each)]

    def suffices(self, purse: Purse) -> bool:
        """Whether there is enough to exchange at all, and the month allows for more than a trifle."""
        minimum = self._rules.redemption_minimum_points
        return purse.spendable_points >= minimum and purse.within_month_points >= minimum

    async def most_for(self, purse: Purse) -> tuple[list[Goods], int]:
        """The basket for which nearly everything in a purse goes, and what it costs."""
        costs = await self.costs(purse.resident, several=True)
        baskets = combinations_with_replacement(sorted(costs), self._rules.visit_limit_items)
        prices = {basket: sum(costs[each] for each in basket) for basket in baskets}
        affordable = [basket for basket, price in prices.items() if price <= purse.points]
        basket = max(affordable, key=lambda each: prices[each])
        return [Goods(reward_id, basket.count(reward_id)) for reward_id in sorted(set(basket))], prices[basket]

    def community(self, resident: Resident) -> Community:
        return self._district.communities[resident.community]

    async def _pick(self, purse: Purse) -> list[Goods]:
        """Some rewards that the purse suffices for, each once."""
        costs, left, picked = await self.costs(purse.resident), purse.points, []
        for _ in range(self._rng.choice(SEVERAL)):
            affordable = [each for each, cost in costs.items() if cost <= left and each not in picked]
            if affordable:
                picked.append(self._rng.choice(affordable))
                left -= costs[picked[-1]]
        return [Goods(reward_id, 1) for reward_id in picked]

    async def costs(self, resident: Resident, *, desk_id: int | None = None, several: bool = False) -> dict[int, int]:
        """What can be had at someone's desk, by reward, with its cost; `several` leaves out what is nearly gone."""
        community = self.community(resident)
        offered = await self._database.read(
            rewards_at_desk, desk_id=desk_id or community.desk_id, after_id=None, limit=100, by=community.clerk
        )
        kept = {reward.id: plan.left or 0 for plan, reward in self._district.offered}
        asked = self._rules.visit_limit_items if several else 1
        return {each.id: each.cost_points for each in offered if each.remaining >= kept[each.id] + asked}

    def _remember(self, resident: Resident, ordered: Ordered, on: date) -> Ordered:
        """Note who paid in this month: the resident, or everybody of the household who did."""
        paid = {share.member_id: share.points for share in ordered.payers} or {resident.id: ordered.amount_points}
        for each in resident.housemates or [resident]:
            each.spent_points[_month(on)] += paid.get(each.id, 0)
        return ordered

    def _within_month(self, resident: Resident, month: str) -> int:
        """What the month's limits of a person and of a household leave."""
        left = self._rules.month_limit_points - resident.spent_points[month]
        if not resident.housemates:
            return left
        household = sum(each.spent_points[month] for each in resident.housemates)
        return min(left, self._rules.household_month_limit_points - household)


def _spendable(tx: Transaction, member_ids: Sequence[int]) -> list[int]:
    return [spendable_points(tx, member_id) for member_id in member_ids]


def _month(on: date) -> str:
    return period_of(on, PeriodKind.MONTH).name
