"""Chance orders what happens to an account; a ledger in a few lines of plain Python says what must come of it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings as chance
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.errors import BalanceFloor, InsufficientPoints
from points_bank.ledger.lapse import lapse_due
from points_bank.ledger.models import TransferKind
from points_bank.ledger.spending import SPENT_ON
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from tests.bank import SHANGHAI
from tests.ledger.books import FLOOR, GRACE_DAYS, Books
from tests.ledger.conftest import differences

pytestmark = pytest.mark.thorough

POINTS = st.integers(1, 120)


@dataclass
class LotOfModel:
    """`is_plain` until an order changes its date; `lapsed` is what lapsed of it and did not come back."""

    serial: int
    lapses_on: date
    points: int = 0
    is_plain: bool = True
    lapsed: list[int] = field(default_factory=list)


@dataclass
class Spent:
    """An exchange or a reservation: what came from which lot."""

    reference: str
    kind: TransferKind
    on: date
    parts: list[tuple[LotOfModel, int]]
    is_collected: bool = False


@dataclass
class Model:
    """The ledger's rules once more: one account's lots, or a deficit."""

    lots: list[LotOfModel] = field(default_factory=list)
    deficit: int = 0
    honour: int = 0
    awards: dict[int, tuple[int, LotOfModel | None]] = field(default_factory=dict)
    """By transfer: what is left of it to reverse, and the lot it went into."""
    spent: list[Spent] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return sum(lot.points for lot in self.lots) - self.deficit

    @property
    def in_order(self) -> list[LotOfModel]:
        return sorted(self.lots, key=lambda lot: (lot.lapses_on, lot.serial))

    def spendable(self, today: date) -> int:
        return sum(lot.points for lot in self.lots if lot.lapses_on >= today) - self.deficit

    def lapse(self, today: date) -> None:
        for lot in self.lots:
            if lot.lapses_on < today and lot.points:
                lot.lapsed.append(lot.points)
                lot.points = 0

    def credit(self, points: int) -> int:
        """Fill the deficit; what is left for a lot."""
        filled = min(points, self.deficit)
        self.deficit -= filled
        return points - filled

    def put(self, points: int, on: date) -> LotOfModel | None:
        """Fill the deficit, then the plain lot of that date; the lot, if anything went into it."""
        into_lot = self.credit(points)
        if not into_lot:
            return None
        lot = next((lot for lot in self.lots if lot.is_plain and lot.lapses_on == on), None)
        if lot is None:
            lot = LotOfModel(len(self.lots), on)
            self.lots.append(lot)
        lot.points += into_lot
        return lot

    def take(self, points: int, *, first: Collection[int] = ()) -> list[tuple[LotOfModel, int]]:
        """Empty lots, those with these serials first; what is in none becomes a deficit."""
        parts = []
        for lot in sorted(self.in_order, key=lambda lot: lot.serial not in first):
            part = min(points, lot.points)
            points -= part
            lot.points -= part
            if part:
                parts.append((lot, part))
        self.deficit += points
        return parts

    def give_back(self, parts: list[tuple[LotOfModel, int]], on: date) -> None:
        """Into the lots they came from; what came from one past its date gets days of grace."""
        for lot, points in sorted(parts, key=lambda part: (part[0].lapses_on, part[0].serial)):
            if lot.lapses_on < on:
                self.put(points, on + timedelta(GRACE_DAYS))
            else:
                lot.points += self.credit(points)

    def extend(self, from_on: date, to_on: date) -> None:
        for lot in self.lots:
            if lot.lapses_on == from_on:
                lot.lapses_on, lot.is_plain = to_on, False
                for points in lot.lapsed:
                    lot.points += self.credit(points)
                lot.lapsed = []


WHO = st.sampled_from([0, 1])


class Ledger(RuleBasedStateMachine):
    """Two accounts. Time only goes on, from one example to the next, too."""

    runner: asyncio.Runner
    books: Books

    def __init__(self) -> None:
        super().__init__()
        self.models = [Model(), Model()]
        self.members: list[int] = [self.do(self.books.account), self.do(self.books.account)]

    def do(self, act: Callable[..., Any], *args: Any, **values: Any) -> Any:
        return self.runner.run(act(*args, **values))

    @property
    def now(self) -> Any:
        return self.books.clock.now().astimezone(SHANGHAI)

    @property
    def today(self) -> date:
        on: date = self.now.date()
        return on

    @rule(who=WHO, points=POINTS, days=st.sampled_from([-3, 0, 1, 10, 40]))
    def award(self, who: int, points: int, days: int) -> None:
        lapses_on = self.today + timedelta(days)
        award_id = self.do(self.books.award, self.members[who], points, lapses_on)
        on = lapses_on if lapses_on >= self.today else self.today + timedelta(GRACE_DAYS)
        model = self.models[who]
        model.awards[award_id] = (points, model.put(points, on))
        model.honour += points

    @rule(who=WHO, points=POINTS, kind=st.sampled_from(list(SPENT_ON)))
    def spend(self, who: int, points: int, kind: TransferKind) -> None:
        if self.is_too_much(who, points, lambda: self.books.spend(self.members[who], points, kind)):
            return
        reference = self.do(self.books.spend, self.members[who], points, kind)
        self.models[who].lapse(self.today)
        parts = self.models[who].take(points)
        if kind is not TransferKind.DONATION:
            self.models[who].spent.append(Spent(reference, kind, self.today, parts))

    @rule(who=WHO, points=POINTS)
    def give(self, who: int, points: int) -> None:
        giver, receiver = self.members[who], self.members[1 - who]
        if self.is_too_much(who, points, lambda: self.books.give(giver, receiver, points)):
            return
        self.do(self.books.give, giver, receiver, points)
        self.models[who].lapse(self.today)
        for lot, part in self.models[who].take(points):
            self.models[1 - who].put(part, lot.lapses_on)

    @rule(who=WHO, points=POINTS, days=st.sampled_from([0, 10, 40]))
    def grant(self, who: int, points: int, days: int) -> None:
        """From the other's donation, so that the pool has as much."""
        other = 1 - who
        if self.models[other].spendable(self.today) < points:
            return
        self.spend_for_pool(other, points)
        lapses_on = self.today + timedelta(days)
        self.do(self.books.grant, self.members[who], points, lapses_on)
        self.models[who].put(points, lapses_on)

    def spend_for_pool(self, who: int, points: int) -> None:
        self.do(self.books.spend, self.members[who], points, TransferKind.DONATION)
        self.models[who].lapse(self.today)
        self.models[who].take(points)

    def is_too_much(self, who: int, points: int, act: Callable[[], Awaitable[Any]]) -> bool:
        """Whether there is less to spend; then the act has to refuse it."""
        spendable = self.models[who].spendable(self.today)
        if points <= spendable:
            return False
        with pytest.raises(InsufficientPoints) as refused:
            self.do(act)
        assert refused.value.fields == {"asked_points": points, "spendable_points": spendable}
        return True

    @precondition(lambda self: any(model.lots for model in self.models))
    @rule(data=st.data(), days=st.sampled_from([1, 10, 40]))
    def extend(self, data: st.DataObject, days: int) -> None:
        """An order for some date of both, past or to come."""
        dates = sorted({lot.lapses_on for model in self.models for lot in model.lots})
        from_on = data.draw(st.sampled_from(dates))
        to_on = max(from_on, self.today) + timedelta(days)
        extended = self.do(self.books.extend, self.members, from_on, to_on)
        before = [(model.balance, sum(lot.lapses_on == from_on for lot in model.lots)) for model in self.models]
        for who, model in enumerate(self.models):
            model.extend(from_on, to_on)
            of_member = [each for each in extended if each.member_id == self.members[who]]
            reinstated_points = sum(each.reinstated_points for each in of_member)
            assert (model.balance - reinstated_points, len(of_member)) == before[who]

    @precondition(lambda self: self.open_holds)
    @rule(data=st.data())
    def collect(self, data: st.DataObject) -> None:
        each = data.draw(st.sampled_from(self.open_holds))
        self.do(self.books.collect, each.reference)
        each.is_collected = True

    @precondition(lambda self: any(model.spent for model in self.models))
    @rule(data=st.data(), late=st.integers(0, 30))
    def give_back(self, data: st.DataObject, late: int) -> None:
        who, each = data.draw(
            st.sampled_from([(who, each) for who, model in enumerate(self.models) for each in model.spent])
        )
        self.models[who].spent.remove(each)
        is_released = each.kind is TransferKind.HOLD and not each.is_collected
        on = max(each.on, self.today - timedelta(late)) if is_released else self.today
        kind = TransferKind.RELEASE if is_released else TransferKind.REFUND
        self.do(self.books.give_back, self.members[who], each.reference, kind, on)
        self.models[who].give_back(each.parts, on)

    @precondition(lambda self: any(left for model in self.models for left, _ in model.awards.values()))
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from([who for who in (0, 1) if any(a for a, _ in self.models[who].awards.values())]))
        model, member_id = self.models[who], self.members[who]
        awards = [award_id for award_id, (left, _) in model.awards.items() if left]
        of = data.draw(st.lists(st.sampled_from(awards), min_size=1, max_size=2, unique=True))
        points = data.draw(st.integers(1, sum(model.awards[award_id][0] for award_id in of)))
        past = sum(lot.points for lot in model.lots if lot.lapses_on < self.today)
        falls_to = model.balance - past - points
        if falls_to < FLOOR:
            with pytest.raises(BalanceFloor) as refused:
                self.do(self.books.reverse, member_id, points, *of)
            assert refused.value.fields == {"balance_points": falls_to, "floor_points": FLOOR}
            return
        self.do(self.books.reverse, member_id, points, *of)
        model.lapse(self.today)
        model.take(points, first={lot.serial for award_id in of if (lot := model.awards[award_id][1])})
        model.honour -= points
        for award_id in sorted(of, reverse=True):
            left, lot = model.awards[award_id]
            model.awards[award_id] = (left - min(left, points), lot)
            points -= min(left, points)

    @rule()
    def lapse(self) -> None:
        while self.do(self.books.write, lapse_due, due_at=self.now):
            pass
        for model in self.models:
            model.lapse(self.today)

    @rule(days=st.sampled_from([1, 5, 30]))
    def days_pass(self, days: int) -> None:
        self.books.clock.set(self.now + timedelta(days))

    @property
    def open_holds(self) -> list[Spent]:
        spent = [each for model in self.models for each in model.spent]
        return [each for each in spent if each.kind is TransferKind.HOLD and not each.is_collected]

    @invariant()
    def the_books_say_the_same(self) -> None:
        for member_id, model in zip(self.members, self.models, strict=True):
            account = self.do(self.books.now, member_id)
            assert (account.balance_points, account.honour_points) == (model.balance, model.honour)
            assert self.do(self.books.spendable, member_id) == model.spendable(self.today)
            assert self.do(self.books.lots, member_id) == [
                (lot.lapses_on.isoformat(), lot.points) for lot in model.in_order if lot.points
            ]


def test_chance_finds_no_difference(settings: Settings, clock: Clock) -> None:
    with asyncio.Runner() as runner:
        database = Database(settings, clock)
        runner.run(database.open())
        try:
            Ledger.runner, Ledger.books = runner, Books(database, clock)
            run_state_machine_as_test(Ledger, settings=chance(max_examples=40, stateful_step_count=20, deadline=None))

            def found(tx: Transaction) -> list[str]:
                return differences(tx)

            assert runner.run(database.read(found)) == []
        finally:
            runner.run(database.close())
