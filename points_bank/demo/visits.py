"""Visits to the desks of a large demo: who comes on a desk day, and what they have for how many points."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from random import Random
from typing import Any

from points_bank.actor import SYSTEM
from points_bank.demo.crowd import Neighbour
from points_bank.demo.large_district import LargeDistrict
from points_bank.demo.sizes import LargeSizes
from points_bank.redemptions.models import RedemptionState
from points_bank.redemptions.payments import reference_of
from points_bank.rewards.models import StockMovementKind
from points_bank.rules.rule_set import RuleSet

ONE_MORE = 0.44
"""How likely somebody takes one more item."""


@dataclass(slots=True)
class Visits:
    """Rows of redemptions, their items and goods, of one desk day; and the spendings that go with them."""

    redemptions: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    goods: list[dict[str, Any]] = field(default_factory=list)
    spendings: list[dict[str, Any]] = field(default_factory=list)


class Queue:
    """Everybody who may come to a desk. `taken` is what each desk has given of each reward, `visits` how often."""

    def __init__(
        self, rng: Random, sizes: LargeSizes, large: LargeDistrict, rules: RuleSet,
        crowd: Sequence[Sequence[Neighbour]],
    ) -> None:  # fmt: skip
        self._rng, self._sizes, self._large, self._rules = rng, sizes, large, rules
        self._spenders = [(number, each) for number, people in enumerate(crowd) for each in people if each.is_spender]
        # What is cheap is taken more often.
        self._reached = list(accumulate(1 / cost**3 for _, cost in large.rewards))
        self.taken: Counter[tuple[int, int]] = Counter()
        self.visits = 0

    def come(self, share: float, at: datetime, month: str) -> Visits:
        """A desk day, by which that share of all visits of the year has been made, if enough can be had for points."""
        found, minimum = Visits(), self._rules.redemption_minimum_points
        able = [each for each in self._spenders if each[1].balance >= minimum]
        wanted = round(self._sizes.redemptions * share) - self.visits
        for community, each in self._rng.sample(able, min(wanted, len(able))):
            goods = self._pick(min(each.balance, self._rules.month_limit_points))
            if goods:
                self._hand_over(found, community, each, goods, at, month)
        return found

    def _pick(self, points: int) -> dict[int, int]:
        """A few different rewards by their cost, for so many points at most."""
        goods: dict[int, int] = {}
        while len(goods) < self._rules.visit_limit_items:
            reward_id, cost = self._rng.choices(self._large.rewards, cum_weights=self._reached)[0]
            if cost > points or reward_id in goods:
                break
            goods[reward_id], points = cost, points - cost
            if self._rng.random() > ONE_MORE:
                break
        return goods

    def _hand_over(
        self, found: Visits, community: int, each: Neighbour, goods: dict[int, int], at: datetime, month: str
    ) -> None:
        self.visits += 1
        place, redemption_id, points = self._large.communities[community], self.visits, sum(goods.values())
        each.balance -= points
        clerk = place.clerk.name
        found.redemptions.append(
            {
                "id": redemption_id, "member_id": each.id, "desk_id": place.desk_id,
                "state": RedemptionState.COLLECTED, "amount_points": points, "balance_points": each.balance,
                "month": month, "wrong_codes": 0, "is_pooled": False,
                "ordered_at": at, "ordered_by": clerk, "expires_at": None,
                "collected_at": at, "collected_by": clerk,
            }
        )  # fmt: skip
        found.spendings.append(
            {
                "member_id": each.id, "branch_id": place.branch.id, "points": points, "occurred_on": at.date(),
                "reference": reference_of(redemption_id),
            }
        )  # fmt: skip
        for reward_id, cost in sorted(goods.items()):
            self.taken[place.desk_id, reward_id] += 1
            found.items.append(
                {"redemption_id": redemption_id, "reward_id": reward_id, "quantity": 1, "cost_points": cost}
            )
            found.goods.append(
                {
                    "desk_id": place.desk_id, "reward_id": reward_id, "kind": StockMovementKind.REDEEMED,
                    "quantity": -1, "reason": None, "redemption_id": redemption_id, "moved_by": clerk, "moved_at": at,
                }
            )  # fmt: skip


def shelves(queue: Queue, large: LargeDistrict, rng: Random, at: datetime) -> tuple[list[dict[str, Any]], ...]:
    """What the desks had received at the beginning, as movements, and what is left of it in the end, as stock."""
    received, left = [], []
    for place in large.communities:
        for number, (reward_id, _) in enumerate(large.rewards):
            remaining = rng.randint(2, 30)
            quantity = queue.taken[place.desk_id, reward_id] + remaining
            received.append(
                {
                    "desk_id": place.desk_id, "reward_id": reward_id, "kind": StockMovementKind.RECEIVED,
                    "quantity": quantity, "reason": large.sponsors[number % len(large.sponsors)],
                    "redemption_id": None, "moved_by": SYSTEM.name, "moved_at": at,
                }
            )  # fmt: skip
            left.append({"desk_id": place.desk_id, "reward_id": reward_id, "remaining_quantity": remaining})
    return received, left
