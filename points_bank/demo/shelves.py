"""What happens to goods: something runs out and one more comes, something breaks, and the shelf is counted."""

from datetime import date

from points_bank.demo.neighbourhood import Deeds, Neighbourhood
from points_bank.redemptions.cancellation import cancel_redemption
from points_bank.redemptions.order import Ordered
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.stock import Goods, Moved, move_stock
from points_bank.rewards.write_offs import confirm_write_off, write_offs_of_desk
from points_bank.waiting.joining import join_own_waiting_list, join_waiting_list


class Shelves:
    """The deeds at the first community's desk."""

    def __init__(self, here: Neighbourhood) -> None:
        self._here, self._write = here, here.database.write
        self._desk_id = here.communities[0].desk_id
        self._ordered: Ordered | None = None
        self.deeds: Deeds = {
            26: [self.hand_something_over],
            16: [self.take_it_back_broken],
            15: [self.write_it_off],
            13: [self.run_out],
            12: [self.wait_in_line],
            4: [self.receive_one_more],
            3: [self.find_something_damaged, self.count],
            2: [self.wait_for_what_is_gone],
        }

    async def hand_something_over(self, on: date) -> None:
        resident = await self._here.saver(on, 0)
        costs = await self._here.counter.costs(resident)
        cheapest = min(costs, key=lambda each: (costs[each] < 50, costs[each]))
        self._ordered = await self._here.counter.redeem(resident, [Goods(cheapest, 1)], on)

    async def take_it_back_broken(self, on: date) -> None:
        assert self._ordered is not None, "it was handed over before"
        goods = [Goods(item.reward_id, item.quantity) for item in self._ordered.items]
        by = self._here.community_of(self._here.resident(self._ordered.member_id)).clerk
        reason = self._here.reasons.broken
        await self._write(cancel_redemption, self._ordered.id, reason=reason, damaged=goods, by=by)
        self._here.examples.refunded_redemption_id = self._ordered.id

    async def write_it_off(self, on: date) -> None:
        """The clerk put it aside, the stock keeper confirms."""
        assert self._ordered is not None, "it was handed over before"
        by, desk_id = self._here.district.stock_keeper, self._ordered.desk_id
        [waits] = await self._here.database.read(write_offs_of_desk, desk_id, before_id=None, limit=1, by=by)
        confirmed = await self._write(confirm_write_off, waits.id, by=by)
        self._here.examples.confirmed_write_off_id = confirmed.id

    async def run_out(self, on: date) -> None:
        """The last one goes without the books knowing, as a count finds."""
        await self._count(self._last_one, 0, self._here.reasons.run_out)

    async def wait_in_line(self, on: date) -> None:
        """The member that is shown, from a phone, and then somebody at the desk."""
        sample, somebody = self._here.sample, self._here.somebody(0)
        reward_id, desk_id = self._last_one, self._desk_id
        place = await self._write(join_own_waiting_list, reward_id, desk_id=desk_id, by=sample.actor)
        self._here.examples.told_waiting_id = place.id
        by = self._here.communities[0].clerk
        await self._write(join_waiting_list, reward_id, desk_id=desk_id, card_no=somebody.card_no, by=by)

    async def receive_one_more(self, on: date) -> None:
        """Whoever is first in line is told."""
        offered = [reward.id for _, reward in self._here.district.offered]
        await self._write(
            move_stock, self._last_one, desk_id=self._desk_id, kind=StockMovementKind.RECEIVED, quantity=1,
            reason=self._here.reasons.last_one, by=self._here.district.stock_keeper,
            sponsor_id=self._here.district.sponsor_of(offered.index(self._last_one)),
        )  # fmt: skip

    async def find_something_damaged(self, on: date) -> None:
        """A second person has not confirmed it yet."""
        moved = await self._write(
            move_stock, self._here.district.offered[0][1].id, desk_id=self._desk_id, quantity=1,
            kind=StockMovementKind.DAMAGED, reason=self._here.reasons.damaged, by=self._here.district.stock_keeper,
        )  # fmt: skip
        self._here.examples.proposed_write_off_id = moved.id

    async def count(self, on: date) -> None:
        """Little is left of some rewards."""
        for plan, reward in self._here.district.offered:
            if plan.left is not None:
                await self._count(reward.id, plan.left, self._here.reasons.counted)

    async def wait_for_what_is_gone(self, on: date) -> None:
        somebody, by = self._here.somebody(0), self._here.communities[0].clerk
        place = await self._write(
            join_waiting_list, self._left(0), desk_id=self._desk_id, card_no=somebody.card_no, by=by
        )
        self._here.examples.open_waiting_id = place.id

    @property
    def _last_one(self) -> int:
        """The reward of which one is left in the end."""
        return self._left(1)

    def _left(self, quantity: int) -> int:
        return next(reward.id for plan, reward in self._here.district.offered if plan.left == quantity)

    async def _count(self, reward_id: int, quantity: int, reason: str) -> Moved:
        return await self._write(
            move_stock, reward_id, desk_id=self._desk_id, kind=StockMovementKind.COUNTED, quantity=quantity,
            reason=reason, by=self._here.communities[0].clerk,
        )  # fmt: skip
