"""Chance orders what happens to an account; a ledger in a few lines of plain Python says what must come of it."""

import asyncio
from collections.abc import Callable
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
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from tests.bank import SHANGHAI
from tests.ledger.books import FLOOR, GRACE_DAYS, Books
from tests.ledger.conftest import differences

POINTS = st.integers(1, 120)


@dataclass
class Spent:
    """An exchange or a reservation: what came from which date."""

    reference: str
    kind: TransferKind
    on: date
    parts: list[tuple[date, int]]
    is_collected: bool = False


@dataclass
class Model:
    """The ledger's rules once more: points by date of lapse, or a deficit."""

    lots: dict[date, int] = field(default_factory=dict)
    deficit: int = 0
    honour: int = 0
    awards: dict[int, tuple[int, date | None]] = field(default_factory=dict)
    """By transfer: what is left of it to reverse, and the date of the lot it went into."""
    spent: list[Spent] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return sum(self.lots.values()) - self.deficit

    def spendable(self, today: date) -> int:
        return sum(points for on, points in self.lots.items() if on >= today) - self.deficit

    def lapse(self, today: date) -> None:
        self.lots = {on: points for on, points in self.lots.items() if on >= today}

    def put(self, points: int, on: date) -> int:
        """Fill the deficit, then the lot; what went into the lot."""
        filled = min(points, self.deficit)
        self.deficit -= filled
        if points > filled:
            self.lots[on] = self.lots.get(on, 0) + points - filled
        return points - filled

    def take(self, points: int, *, first: set[date]) -> list[tuple[date, int]]:
        """Empty lots, these dates first; what is in none becomes a deficit."""
        parts = []
        for on in sorted(self.lots, key=lambda each: (each not in first, each)):
            part = min(points, self.lots[on])
            points -= part
            self.lots[on] -= part
            if part:
                parts.append((on, part))
        self.lots = {on: left for on, left in self.lots.items() if left}
        self.deficit += points
        return parts


class Ledger(RuleBasedStateMachine):
    """One account. Time only goes on, from one example to the next, too."""

    runner: asyncio.Runner
    books: Books

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.member_id = self.do(self.books.account)

    def do(self, act: Callable[..., Any], *args: Any, **values: Any) -> Any:
        return self.runner.run(act(*args, **values))

    @property
    def now(self) -> Any:
        return self.books.clock.now().astimezone(SHANGHAI)

    @property
    def today(self) -> date:
        on: date = self.now.date()
        return on

    @rule(points=POINTS, days=st.sampled_from([-3, 0, 1, 10, 40]))
    def award(self, points: int, days: int) -> None:
        lapses_on = self.today + timedelta(days)
        award_id = self.do(self.books.award, self.member_id, points, lapses_on)
        on = lapses_on if lapses_on >= self.today else self.today + timedelta(GRACE_DAYS)
        into_lot = self.model.put(points, on)
        self.model.awards[award_id] = (points, on if into_lot else None)
        self.model.honour += points

    @rule(points=POINTS, kind=st.sampled_from([TransferKind.REDEMPTION, TransferKind.HOLD]))
    def spend(self, points: int, kind: TransferKind) -> None:
        spendable = self.model.spendable(self.today)
        if points > spendable:
            with pytest.raises(InsufficientPoints) as refused:
                self.do(self.books.spend, self.member_id, points, kind)
            assert refused.value.fields == {"asked_points": points, "spendable_points": spendable}
            return
        reference = self.do(self.books.spend, self.member_id, points, kind)
        self.model.lapse(self.today)
        parts = self.model.take(points, first=set())
        self.model.spent.append(Spent(reference, kind, self.today, parts))

    @precondition(lambda self: any(each.kind is TransferKind.HOLD and not each.is_collected for each in self.spent))
    @rule(data=st.data())
    def collect(self, data: st.DataObject) -> None:
        held = [each for each in self.spent if each.kind is TransferKind.HOLD and not each.is_collected]
        each = data.draw(st.sampled_from(held))
        self.do(self.books.collect, each.reference)
        each.is_collected = True

    @precondition(lambda self: self.spent)
    @rule(data=st.data(), late=st.integers(0, 30))
    def give_back(self, data: st.DataObject, late: int) -> None:
        each = data.draw(st.sampled_from(self.spent))
        self.spent.remove(each)
        is_released = each.kind is TransferKind.HOLD and not each.is_collected
        on = max(each.on, self.today - timedelta(late)) if is_released else self.today
        kind = TransferKind.RELEASE if is_released else TransferKind.REFUND
        self.do(self.books.give_back, self.member_id, each.reference, kind, on)
        for lapses_on, points in each.parts:
            self.model.put(points, on + timedelta(GRACE_DAYS) if lapses_on < on else lapses_on)

    @precondition(lambda self: any(left for left, _ in self.model.awards.values()))
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        awards = [award_id for award_id, (left, _) in self.model.awards.items() if left]
        of = data.draw(st.lists(st.sampled_from(awards), min_size=1, max_size=2, unique=True))
        points = data.draw(st.integers(1, sum(self.model.awards[award_id][0] for award_id in of)))
        lapsed = sum(left for on, left in self.model.lots.items() if on < self.today)
        falls_to = self.model.balance - lapsed - points
        if falls_to < FLOOR:
            with pytest.raises(BalanceFloor) as refused:
                self.do(self.books.reverse, self.member_id, points, *of)
            assert refused.value.fields == {"balance_points": falls_to, "floor_points": FLOOR}
            return
        self.do(self.books.reverse, self.member_id, points, *of)
        self.model.lapse(self.today)
        self.model.take(points, first={on for award_id in of if (on := self.model.awards[award_id][1])})
        self.model.honour -= points
        for award_id in sorted(of, reverse=True):
            left, on = self.model.awards[award_id]
            self.model.awards[award_id] = (left - min(left, points), on)
            points -= min(left, points)

    @rule()
    def lapse(self) -> None:
        while self.do(self.books.write, lapse_due, due_at=self.now):
            pass
        self.model.lapse(self.today)

    @rule(days=st.sampled_from([1, 5, 30]))
    def days_pass(self, days: int) -> None:
        self.books.clock.set(self.now + timedelta(days))

    @property
    def spent(self) -> list[Spent]:
        return self.model.spent

    @invariant()
    def the_books_say_the_same(self) -> None:
        account = self.do(self.books.now, self.member_id)
        assert (account.balance_points, account.honour_points) == (self.model.balance, self.model.honour)
        assert self.do(self.books.spendable, self.member_id) == self.model.spendable(self.today)
        assert dict(self.do(self.books.lots, self.member_id)) == {
            on.isoformat(): points for on, points in self.model.lots.items()
        }


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
