"""Households that share points, proxies, and people who were written down twice."""

from datetime import date, timedelta

from points_bank.demo.counter import Purse
from points_bank.demo.neighbourhood import Deeds, Neighbourhood
from points_bank.demo.people import Resident, twin_of
from points_bank.members.consents import give_consent
from points_bank.members.households import add_household
from points_bank.members.models import Purpose
from points_bank.members.proxies import register_proxy
from points_bank.passbook.merging import merge_passbooks
from points_bank.rewards.stock import Goods

PROXY_POINTS = 200
PROXY_DAYS = 90


class Homes:
    """The deeds of people who live together, or act for one another."""

    def __init__(self, here: Neighbourhood) -> None:
        self._here, self._write = here, here.database.write
        self._household: list[Resident] = []
        self.deeds: Deeds = {
            300: [self.set_up_households],
            180: [self.merge_a_twin],
            40: [self.authorise_somebody],
            19: [self.exchange_together],
            17: [self.collect_through_a_proxy],
        }

    async def set_up_households(self, on: date) -> None:
        """The member that is shown lives with somebody and a child, two others of the second community together."""
        sample = self._here.sample
        partner = self._here.somebody(0, serves=True)
        children = [each for each in self._here.residents if each.person.is_child]
        children = [each for each in children if each.community == sample.community]
        children.sort(key=lambda each: not each.may_exchange)
        self._here.examples.household_id = await self._found("302室", [sample, partner, *children[:1]])
        code = self._here.communities[1].branch.code
        core = [each for each in self._here.residents if each.person.is_core and each.community == code]
        await self._found("5栋601室", core[:2])
        self._household = core[:2]

    async def merge_a_twin(self, on: date) -> None:
        """Of the first community; the second one's is for a person to look at."""
        merged, open_one = sorted(
            (each for each in self._here.residents if each.person.is_twin),
            key=lambda each: each.community != self._here.communities[0].branch.code,
        )
        original = twin_of(merged.person, self._here.residents)
        original.has_part = True
        by = self._here.community_of(merged).approver
        reason = self._here.reasons.same_person
        await self._write(merge_passbooks, merged.id, into_member_id=original.id, reason=reason, by=by)
        merged.is_here = False
        self._here.examples.merged_member_id, self._here.examples.twin_member_id = merged.id, open_one.id

    async def authorise_somebody(self, on: date) -> None:
        """For the member that is shown; nobody has come yet."""
        await self._authorise(self._here.sample, on)

    async def collect_through_a_proxy(self, on: date) -> None:
        resident = await self._here.saver(on, 0)
        proxy_id = await self._authorise(resident, on)
        costs = await self._here.counter.costs(resident)
        reward_id = min(costs, key=lambda each: (costs[each] < 50, costs[each]))
        ordered = await self._here.counter.redeem(resident, [Goods(reward_id, 1)], on, proxy_id=proxy_id)
        self._here.examples.proxy_redemption_id = ordered.id

    async def exchange_together(self, on: date) -> None:
        """Something dear for the points of two: who has less asks for it."""
        purses = sorted(await self._here.counter.purses(self._household, on), key=lambda each: each.points)
        costs = await self._here.counter.costs(purses[0].resident)
        affordable = [each for each, cost in costs.items() if cost <= _together(purses)]
        goods = [Goods(max(affordable, key=lambda each: costs[each]), 1)]
        ordered = await self._here.counter.redeem(purses[0].resident, goods, on, is_shared=True)
        self._here.examples.pooled_redemption_id = ordered.id

    async def _authorise(self, resident: Resident, on: date) -> int:
        proxy = await self._write(
            register_proxy, resident.id, name=f"{resident.person.name[0]}家宝", authorised_on=on - timedelta(days=1),
            until_on=on + timedelta(days=PROXY_DAYS), limit_points=PROXY_POINTS,
            paper_reference=self._here.reasons.proxy_paper, by=self._here.community_of(resident).recorder,
        )  # fmt: skip
        return proxy.id

    async def _found(self, door: str, people: list[Resident]) -> int:
        """Enter a household where the first of them lives; the grown-ups agree to share, if they had not before."""
        community = self._here.community_of(people[0])
        home = next(each for each in community.below if each.id == people[0].person.home_id)
        housed = await self._write(
            add_household, branch_id=home.id, label=f"{home.name}{door}", member_ids=[each.id for each in people],
            by=community.recorder,
        )  # fmt: skip
        for each in people:
            each.housemates, each.has_part = people, True
            if not each.person.is_child:
                await self._write(give_consent, each.id, Purpose.HOUSEHOLD, by=each.actor)
        return housed.household_id


def _together(purses: list[Purse]) -> int:
    return sum(each.points for each in purses)
