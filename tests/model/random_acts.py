"""Chance orders acts of the whole bank; a bank on paper says what each must answer, and what then stands in the books.

After each step every passbook, lot, line, exchange and stock is compared with the paper, and `verify` must pass.
"""

import asyncio
import functools
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis.strategies as st
import sqlalchemy as sa
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from points_bank.activities.approval import approve_activity, reject_activity, reject_participation, return_activity
from points_bank.activities.correction import approve_correction, propose_correction, reject_correction
from points_bank.activities.logbook import log_activity
from points_bank.activities.objections import object_to_line, resolve_objection
from points_bank.activities.reckoning import LINE
from points_bank.activities.sheet import Sheet as SheetIn
from points_bank.activities.sheet import SheetLine
from points_bank.actor import SYSTEM, Actor, Role
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import BranchLine
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.errors import PointsBankError
from points_bank.gifts.donating import donate
from points_bank.ledger.accounts import ACCOUNT, account_of, spendable_points
from points_bank.ledger.lots import open_lots
from points_bank.members.register import register_member
from points_bank.redemptions.cancellation import cancel_redemption
from points_bank.redemptions.desk import redeem
from points_bank.redemptions.order import REDEMPTION
from points_bank.redemptions.reservation import collect_reservation, reservation_code, reserve
from points_bank.rewards.catalogue import add_reward
from points_bank.rewards.desks import DeskLine, add_desk
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.stock import STOCK, Goods, move_stock
from points_bank.rules.in_force import add_rule_set
from points_bank.rules.rule_set import ServiceRole, reference_content
from points_bank.scheduler import run_due
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from points_bank.verify import differences
from tests.bank import SHANGHAI, Bank, at
from tests.banks import Banks
from tests.model.paper import RULES, Exchange, Line, Paper, Refused, Sheet
from tests.model.passbook import Passbook, midnight_after

FIRST_AT = at("2026-10-12 09:00")
COSTS = [20, 30, 50]
PEOPLE = 3
WRITERS = 8
"""Connections that write at the same time, where the engine has several."""
GOODS = st.dictionaries(st.integers(0, len(COSTS) - 1), st.sampled_from([1, 1, 2]), min_size=1, max_size=2)

_TOTALS = sa.select(
    ACCOUNT.c.balance_points, ACCOUNT.c.honour_points, ACCOUNT.c.service_minutes, ACCOUNT.c.activities
).where(ACCOUNT.c.kind == "member", ACCOUNT.c.owner_id == sa.bindparam("member_id"))
_LINES = sa.select(LINE.c.id, LINE.c.state, LINE.c.minutes, LINE.c.points).where(
    LINE.c.member_id.in_(sa.bindparam("members", expanding=True))
)
_EXCHANGES = sa.select(REDEMPTION.c.id, REDEMPTION.c.state).where(
    REDEMPTION.c.member_id.in_(sa.bindparam("members", expanding=True))
)
_STOCK = sa.select(STOCK.c.reward_id, STOCK.c.remaining_quantity).where(
    STOCK.c.reward_id.in_(sa.bindparam("rewards", expanding=True))
)


class RandomActs(RuleBasedStateMachine):
    """Three people, their sheets and their exchanges.

    Each example has a bank to itself, on the same first day: chance may try an example again, and must then meet what
    it met before.
    """

    runner: asyncio.Runner
    banks: Banks
    furnished: Settings
    """A bank with a branch and its people, which each example copies."""
    branch: BranchLine
    desk: DeskLine
    recorder: Actor
    recorder_too: Actor
    approver: Actor
    clerk: Actor
    met: Counter[tuple[str, str | None]]
    """How often each act came out how: None where it was done, else the code of the refusal."""

    def write(self, act: Callable[..., Any], /, *args: Any, **values: Any) -> Any:
        return self.runner.run(self.bank.database.write(act, *args, **values))

    def read(self, act: Callable[..., Any], /, *args: Any, **values: Any) -> Any:
        return self.runner.run(self.bank.database.read(act, *args, **values))

    def both(self, on_paper: Callable[[], Any], act: Callable[..., Any], /, *args: Any, **values: Any) -> Any:
        """Do it on paper and in the bank: what the bank returned, or None where both refuse for the same reason."""
        expected: str | None = None
        code: str | None = None
        returned: Any = None
        try:
            returned = self.write(act, *args, **values)
        except PointsBankError as refusal:
            code = refusal.code
        try:
            on_paper()
        except Refused as refused:
            expected = str(refused)
        self.met[act.__name__, code] += 1
        assert code == expected, f"{act.__name__}: the bank says {code}, the paper {expected}"
        return returned

    @initialize()
    def begin(self) -> None:
        self.things = ExitStack()
        folder = Path(self.things.enter_context(TemporaryDirectory()))
        settings = self.things.enter_context(self.banks.copied(self.furnished, folder, writers=WRITERS))
        database = Database(settings, Clock(FIRST_AT))
        self.runner.run(database.open())
        self.bank = self.runner.run(Bank.on(database))
        people = [self.write(register_member, name="李明", branch_id=self.branch.id, by=SYSTEM) for _ in range(PEOPLE)]
        self.members, self.cards = [each.id for each in people], [each.card_no for each in people]
        self.rewards = [self.write(add_reward, name=f"物品{cost}", cost_points=cost, by=SYSTEM).id for cost in COSTS]
        self.activity_ids: dict[int, int] = {}
        self.exchange_ids: list[int] = []
        self.paper = Paper(COSTS, [0] * len(COSTS), [Passbook() for _ in self.members], self.now())
        for reward in range(len(COSTS)):
            self.receive(reward, 3)
        self.earn(start=16)

    def teardown(self) -> None:
        if hasattr(self, "bank"):
            self.runner.run(self.bank.database.close())
            self.things.close()

    def now(self) -> datetime:
        return self.bank.clock.now().astimezone(SHANGHAI)

    # --- the logbook ---

    @rule(
        role=st.sampled_from(["service", "service", "publicity"]),
        days=st.integers(1, 6),
        hour=st.integers(16, 40),
        halves=st.sampled_from([1, 2, 4, 8, 9]),
        people=st.dictionaries(
            st.integers(0, PEOPLE - 1), st.tuples(st.none() | st.integers(1, 30), st.booleans()), min_size=1
        ),
    )
    def log(self, role: str, days: int, hour: int, halves: int, people: dict[int, tuple[int | None, bool]]) -> None:
        self.log_sheet(role, days, hour, halves, people)

    def log_sheet(
        self, role: str, days: int, hour: int, halves: int, people: dict[int, tuple[int | None, bool]]
    ) -> Sheet | None:
        on = self.now().date() - timedelta(days)
        start = datetime.combine(on, time(hour // 2, 30 * (hour % 2)), SHANGHAI)
        sheet = Sheet(len(self.paper.sheets), role, start, 30 * halves)
        sheet.lines = [
            Line(sheet, person, minutes or sheet.minutes, is_lead) for person, (minutes, is_lead) in people.items()
        ]
        logged = self.both(lambda: self.paper.log(sheet), log_activity, self.sheet_in(sheet), by=self.recorder)
        if logged is None:
            return None
        self.activity_ids[sheet.number] = logged.id
        for line, written in zip(sheet.lines, logged.lines, strict=True):
            line.id = written.id
        return sheet

    def sheet_in(self, sheet: Sheet) -> SheetIn:
        return SheetIn(
            branch_id=self.branch.id, role=ServiceRole(sheet.role), title="活动", started_at=sheet.started_at,
            ended_at=sheet.started_at + timedelta(minutes=sheet.minutes),
            lines=[
                SheetLine(member_id=self.members[line.person], minutes=line.minutes, is_lead=line.is_lead)
                for line in sheet.lines
            ],
        )  # fmt: skip

    @rule(start=st.integers(16, 30))
    def earn(self, start: int) -> None:
        """Days of service, approved and settled: without them few would ever have enough to spend."""
        for days in (1, 2, 3):
            sheet = self.log_sheet("service", days, start, 8, dict.fromkeys(range(PEOPLE), (None, days == 1)))
            if sheet is not None:
                self.approve_sheet(sheet)
        self.time_goes_on(days=7, is_open=True)

    def approve_sheet(self, sheet: Sheet) -> None:
        decided = self.both(
            lambda: self.paper.approve(sheet), approve_activity, self.activity_ids[sheet.number], by=self.approver
        )
        if decided is not None:
            sheet.settles_at = decided.settles_at

    @rule(data=st.data(), deed=st.sampled_from(["approved", "approved", "rejected", "returned", "one line rejected"]))
    @precondition(lambda self: self.paper.sheets)
    def decide(self, data: st.DataObject, deed: str) -> None:
        if deed == "one line rejected":
            line = self.draw_line(data)
            on_paper = functools.partial(self.paper.reject_line, line)
            self.both(on_paper, reject_participation, line.id, reason="重复", by=self.approver)
            return
        sheet = self.draw_sheet(data)
        if deed == "approved":
            self.approve_sheet(sheet)
            return
        act = {"rejected": reject_activity, "returned": return_activity}[deed]
        activity_id = self.activity_ids[sheet.number]
        self.both(lambda: self.paper.turn_down(sheet, deed), act, activity_id, reason="有误", by=self.approver)

    @rule(data=st.data(), minutes=st.sampled_from([0, 29, 30, 60, 120, 240, 270]))
    @precondition(lambda self: self.paper.sheets)
    def correct(self, data: st.DataObject, minutes: int) -> None:
        line = self.draw_line(data)
        proposed = self.both(
            lambda: self.paper.check_correction(line, minutes),
            propose_correction, line.id, minutes=minutes, reason="签到表", by=self.recorder,
        )  # fmt: skip
        if proposed is None:
            return
        done = self.both(lambda: self.paper.correct(line, minutes), approve_correction, line.id, by=self.approver)
        if done is None:
            self.write(reject_correction, line.id, by=self.approver)

    @rule(data=st.data(), upheld=st.booleans())
    @precondition(lambda self: self.paper.sheets)
    def doubt(self, data: st.DataObject, upheld: bool) -> None:
        """The recorder objects to a line; the approver decides, at once or when this line is drawn again."""
        line = self.draw_line(data)
        if line.objection != "pending":
            self.both(lambda: self.paper.object_to(line), object_to_line, line.id, reason="存疑", by=self.recorder_too)
            return
        upheld = upheld and line.state == "frozen"
        self.paper.now = self.now()
        midnight = midnight_after(self.now().date())
        on_paper = functools.partial(self.paper.resolve, line, upheld=upheld, next_midnight=midnight)
        self.both(on_paper, resolve_objection, line.id, upheld=upheld, reason="查实", by=self.approver)

    def draw_sheet(self, data: st.DataObject) -> Sheet:
        waiting = [sheet for sheet in self.paper.sheets if sheet.state == "logged"]
        return data.draw(st.sampled_from(waiting or self.paper.sheets))

    def draw_line(self, data: st.DataObject) -> Line:
        lines = [line for sheet in self.paper.sheets for line in sheet.lines]
        open_ones = [line for line in lines if line.state != "rejected" and line.sheet.state != "returned"]
        held = [line for line in open_ones if line.state == "held"]
        return data.draw(st.sampled_from([*held, *held, *open_ones] or lines))

    # --- the desk ---

    @rule(person=st.integers(0, PEOPLE - 1), goods=GOODS)
    def redeem(self, person: int, goods: dict[int, int]) -> None:
        self.order(person, goods, is_reserved=False)

    @rule(person=st.integers(0, PEOPLE - 1), goods=GOODS)
    def reserve(self, person: int, goods: dict[int, int]) -> None:
        self.order(person, goods, is_reserved=True)

    def order(self, person: int, goods: dict[int, int], *, is_reserved: bool) -> None:
        number: list[int] = []

        def on_paper() -> None:
            self.paper.order(len(self.exchange_ids), person, goods, is_reserved=is_reserved)
            number.append(len(self.exchange_ids))

        ordered = self.both(
            on_paper,
            reserve if is_reserved else redeem,
            desk_id=self.desk.id,
            items=[Goods(self.rewards[reward], quantity) for reward, quantity in goods.items()],
            member_id=self.members[person],
            by=SYSTEM,
        )
        if ordered is not None:
            self.exchange_ids.append(ordered.id)
            exchange = self.paper.exchanges[number[0]]
            # The clock runs on while an act is done: the bank's own instant is the one that counts.
            exchange.expires_at = ordered.expires_at

    @rule(data=st.data())
    @precondition(lambda self: self.paper.exchanges)
    def collect(self, data: st.DataObject) -> None:
        number, exchange = self.draw_exchange(data)
        code = self.read(reservation_code, self.exchange_ids[number])
        self.both(
            lambda: self.paper.collect(exchange),
            collect_reservation, self.exchange_ids[number], desk_id=self.desk.id, code=code, by=SYSTEM,
        )  # fmt: skip

    @rule(data=st.data())
    @precondition(lambda self: self.paper.exchanges)
    def cancel(self, data: st.DataObject) -> None:
        number, exchange = self.draw_exchange(data)
        exchange_id = self.exchange_ids[number]
        self.both(lambda: self.paper.cancel(exchange), cancel_redemption, exchange_id, reason="退", by=SYSTEM)

    @rule(reward=st.integers(0, len(COSTS) - 1), quantity=st.integers(1, 3))
    def receive(self, reward: int, quantity: int) -> None:
        received, desk_id = StockMovementKind.RECEIVED, self.desk.id
        self.write(move_stock, self.rewards[reward], desk_id=desk_id, kind=received, quantity=quantity, by=SYSTEM)
        self.paper.stock[reward] += quantity

    def draw_exchange(self, data: st.DataObject) -> tuple[int, Exchange]:
        exchanges = list(self.paper.exchanges.items())
        reserved = [(number, each) for number, each in exchanges if each.state == "reserved"]
        return data.draw(st.sampled_from([*reserved, *exchanges]))

    @rule(
        giver=st.integers(0, PEOPLE - 1),
        receiver=st.none() | st.integers(0, PEOPLE - 1),
        points=st.sampled_from([9, 10, 30, 120]),
    )
    def give(self, giver: int, receiver: int | None, points: int) -> None:
        to = "help_pool" if receiver is None else self.cards[receiver]
        on_paper = functools.partial(self.paper.give, giver, receiver, points)
        self.both(on_paper, donate, self.members[giver], points=points, to=to, by=self.clerk)

    # --- time ---

    @rule(days=st.sampled_from([1, 7, 7, 29, 31, 100]), is_open=st.sampled_from([True, True, False]))
    def time_passes(self, days: int, is_open: bool) -> None:
        self.time_goes_on(days, is_open=is_open)

    def time_goes_on(self, days: int, *, is_open: bool) -> None:
        """With a bank that did what was due, or one that was down."""
        self.bank.clock.set(self.now() + timedelta(days))
        self.paper.now = self.now()
        if is_open:
            self.runner.run(run_due(self.bank.database))
            self.paper.do_what_is_due(midnight_after)

    @invariant()
    def the_books_say_what_the_paper_says(self) -> None:
        assert self.read(self.in_the_books) == self.on_paper()
        assert self.runner.run(differences(self.bank.database)) == []

    def in_the_books(self, tx: Transaction) -> list[Any]:
        passbooks = [(*tx.one(_TOTALS, member_id=each), spendable_points(tx, each)) for each in self.members]
        lots: list[dict[date, int]] = []
        for member_id in self.members:
            lots.append({})
            for lot in open_lots(tx, account_of(tx, member_id).id):
                lots[-1][lot.lapses_on] = lots[-1].get(lot.lapses_on, 0) + lot.points
        lines = {row.id: (row.state.value, row.minutes, row.points) for row in tx.all(_LINES, members=self.members)}
        exchanges = {row.id: row.state.value for row in tx.all(_EXCHANGES, members=self.members)}
        left = {row.reward_id: row.remaining_quantity for row in tx.all(_STOCK, rewards=self.rewards)}
        return [passbooks, lots, lines, exchanges, left]

    def on_paper(self) -> list[Any]:
        paper = self.paper
        today = self.now().date()
        passbooks = [
            (each.balance, each.honour, each.minutes, each.activities, each.spendable(today)) for each in paper.people
        ]
        lines = {line.id: (line.state, line.minutes, line.points) for sheet in paper.sheets for line in sheet.lines}
        exchanges = {self.exchange_ids[number]: each.state for number, each in paper.exchanges.items()}
        left = dict(zip(self.rewards, paper.stock, strict=True))
        return [passbooks, [each.lots for each in paper.people], lines, exchanges, left]


async def furnish(settings: Settings) -> None:
    """A branch with a desk, its people, and rules whose limits a few steps reach."""
    async with Database(settings, Clock(FIRST_AT)) as database:
        bank = await Bank.on(database)
        branch = RandomActs.branch = await bank.branch("凤岭社区", BranchKind.COMMUNITY)
        RandomActs.recorder = await bank.staff(Role.RECORDER, branch=branch)
        RandomActs.recorder_too = await bank.staff(Role.RECORDER, branch=branch)
        RandomActs.clerk = await bank.staff(Role.CLERK, branch=branch)
        RandomActs.approver = await bank.staff(Role.APPROVER, branch=branch)
        content = reference_content()
        for before, after in RULES.items():
            assert before in content
            content = content.replace(before, after)
        await bank.database.write(add_rule_set, branch_id=branch.id, content=content, valid_from_on=None)
        RandomActs.desk = await bank.database.write(add_desk, code="FL", name="兑换点", branch_id=branch.id, by=SYSTEM)
