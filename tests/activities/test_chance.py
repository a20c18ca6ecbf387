"""Chance orders what becomes of sheets; the limits of the rules hold over whatever was approved, in every order."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any, TypeVar

import hypothesis.strategies as st
import sqlalchemy as sa
from hypothesis import settings as chance
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec.structs import replace

from points_bank.activities.approval import (
    approve_activity,
    reject_activity,
    reject_participation,
    return_activity,
    trim_participation,
)
from points_bank.activities.casework import follow_up_case
from points_bank.activities.correction import approve_correction, propose_correction
from points_bank.activities.logbook import log_activity, preview_activity
from points_bank.activities.reckoning import ACTIVITY, LINE
from points_bank.activities.sheet import Sheet, SheetLine
from points_bank.actor import SYSTEM, Actor, Role
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import BranchLine
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.errors import PointsBankError
from points_bank.members.register import register_member
from points_bank.rules.in_force import add_rule_set
from points_bank.rules.points import CaseOutcome
from points_bank.rules.rule_set import ServiceRole, reference_content
from points_bank.scheduler import run_due
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from points_bank.verify import differences
from tests.bank import SHANGHAI, Bank

DAY_CAP, MONTH_CAP, MEDIATORS, SESSIONS = 60, 90, 2, 2
REFUSALS = {
    *("already_approved", "balance_floor", "correction_pending", "duplicate_activity", "future_activity", "invalid"),
    *("late_entry", "not_approved", "not_followed_up", "overlapping_service"),
}
"""What a rule of the bank may say to chance; anything else is a fault."""

T = TypeVar("T")

_LINES = (
    sa.select(*(column for column in LINE.c if column.name != "arithmetic"), ACTIVITY.c.ended_at.label("closed_at"))
    .join_from(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .where(LINE.c.member_id.in_(sa.bindparam("members", expanding=True)))
    .order_by(LINE.c.id)
)
_numbers = itertools.count(1)


class Logbook(RuleBasedStateMachine):
    """Three people and the sheets on which they stand. Time only goes on, from one example to the next, too."""

    runner: asyncio.Runner
    bank: Bank
    branch: BranchLine
    recorder: Actor
    approver: Actor

    def do(self, act: Callable[..., T], *args: Any, **values: Any) -> T | None:
        """What an act returned, or None where a rule of the bank said no."""
        try:
            return self.runner.run(self.bank.database.write(act, *args, **values))
        except PointsBankError as refusal:
            if refusal.code not in REFUSALS:
                raise
            return None

    @initialize()
    def begin(self) -> None:
        number = next(_numbers)
        people = [self.do(register_member, name="李明", branch_id=self.branch.id, by=SYSTEM) for _ in range(3)]
        self.people = [member.id for member in people if member]
        self.cases = [f"TJ-{number}-1", f"TJ-{number}-2"]
        self.sheets: list[int] = []
        # What an earlier example broke stays broken, and would hide what it takes to break it.
        self.differences_before = self.runner.run(differences(self.bank.database))

    @property
    def now(self) -> datetime:
        return self.bank.clock.now().astimezone(SHANGHAI)

    def lines(self) -> list[Any]:
        def read(tx: Transaction) -> list[Any]:
            return tx.all(_LINES, members=self.people)

        return self.runner.run(self.bank.database.read(read))

    @rule(
        data=st.data(),
        role=st.sampled_from(ServiceRole),
        days=st.integers(0, 12),
        hour=st.integers(16, 36),
        halves=st.integers(1, 10),
    )
    def log(self, data: st.DataObject, role: ServiceRole, days: int, hour: int, halves: int) -> None:
        on = self.now.date() - timedelta(days)
        start = datetime.combine(on, time(hour // 2, 30 * (hour % 2)), SHANGHAI)
        people = data.draw(st.lists(st.sampled_from(self.people), min_size=1, unique=True))
        followed_up_on = on + timedelta(data.draw(st.sampled_from([7, 8]))) if days >= 8 else None
        case: dict[str, Any] = {}
        if role is ServiceRole.MEDIATION:
            case = {"case_reference": data.draw(st.sampled_from(self.cases)), "followed_up_on": followed_up_on}
            case |= {"case_outcome": data.draw(st.sampled_from(CaseOutcome)) if followed_up_on else None}
        lines = [
            SheetLine(
                member_id=member_id,
                minutes=data.draw(st.none() | st.integers(1, 30 * halves)),
                is_lead=data.draw(st.booleans()),
                **case,
            )
            for member_id in people
        ]
        sheet = Sheet(
            branch_id=self.branch.id, role=role, title="活动", started_at=start, evidence="签到表", lines=lines,
            ended_at=start + timedelta(minutes=30 * halves),
        )  # fmt: skip
        preview = self.do(preview_activity, sheet, by=self.recorder)
        logged = self.do(log_activity, sheet, by=self.recorder)
        if logged is None or logged.id is None:
            assert (logged, preview) == (None, None)
            return
        self.sheets.append(logged.id)
        without_ids = replace(logged, id=None, lines=[replace(line, id=None) for line in logged.lines])
        assert preview == without_ids

    @rule(
        data=st.data(), decide=st.sampled_from([approve_activity, approve_activity, reject_activity, return_activity])
    )
    def decide(self, data: st.DataObject, decide: Callable[..., Any]) -> None:
        if self.sheets:
            reason = {} if decide is approve_activity else {"reason": "说明"}
            self.do(decide, data.draw(st.sampled_from(self.sheets)), **reason, by=self.approver)

    @rule(data=st.data())
    def trim(self, data: st.DataObject) -> None:
        if lines := self.lines():
            line = data.draw(st.sampled_from([each for each in lines if each.state == "held"] or lines))
            start = line.started_at + timedelta(minutes=data.draw(st.integers(-30, 90)))
            end = start + timedelta(minutes=data.draw(st.integers(0, 120)))
            self.do(trim_participation, line.id, started_at=start, ended_at=end, by=self.approver)

    @rule(data=st.data())
    def reject_line(self, data: st.DataObject) -> None:
        if lines := self.lines():
            line = data.draw(st.sampled_from([each for each in lines if each.state == "held"] or lines))
            self.do(reject_participation, line.id, reason="重复", by=self.approver)

    @rule(data=st.data(), outcome=st.sampled_from(CaseOutcome), days=st.integers(6, 9))
    def follow_up(self, data: st.DataObject, outcome: CaseOutcome, days: int) -> None:
        if lines := [line for line in self.lines() if line.case_reference]:
            line = data.draw(st.sampled_from(lines))
            on = line.service_on + timedelta(days)
            self.do(follow_up_case, line.id, outcome=outcome, followed_up_on=on, by=self.recorder)

    @rule(data=st.data(), minutes=st.sampled_from([0, 0, 29, 30, 60, 120, 150, 240, 300]))
    def correct(self, data: st.DataObject, minutes: int) -> None:
        if lines := [line for line in self.lines() if line.state in {"under_notice", "settled"}]:
            line = data.draw(st.sampled_from(lines))
            if self.do(propose_correction, line.id, minutes=minutes, reason="签到表", by=self.recorder):
                self.do(approve_correction, line.id, by=self.approver)

    @rule()
    def a_week_passes(self) -> None:
        self.bank.clock.set(self.now + timedelta(days=7))
        self.runner.run(run_due(self.bank.database))

    @invariant()
    def the_limits_hold(self) -> None:
        approved = [line for line in self.lines() if line.state in {"under_notice", "settled"}]
        for line in approved:
            assert line.started_at + timedelta(minutes=line.minutes) == line.ended_at <= line.closed_at
        for _, of_day in grouped(approved, lambda line: (line.member_id, line.service_on)):
            assert sum(line.points for line in of_day) <= DAY_CAP
            sessions = [line for line in of_day if line.role == "publicity" and line.rule_points]
            assert len(sessions) <= SESSIONS
        for _, of_month in grouped(approved, lambda line: (line.member_id, line.service_on.replace(day=1))):
            assert sum(line.points for line in of_month) <= MONTH_CAP
        for reference, of_case in grouped(approved, lambda line: line.case_reference or ""):
            paid = [line.member_id for line in of_case if line.rule_points]
            assert not reference or len(set(paid)) == len(paid) <= MEDIATORS

    @invariant()
    def nobody_served_twice_at_once(self) -> None:
        free = [line for line in self.lines() if line.state in {"logged", "under_notice", "settled"} and line.minutes]
        for _, of_member in grouped(free, lambda line: line.member_id):
            in_order = sorted(of_member, key=lambda line: line.started_at)
            for before, after in itertools.pairwise(in_order):
                assert before.ended_at <= after.started_at

    def teardown(self) -> None:
        found = self.runner.run(differences(self.bank.database))
        assert [each for each in found if each not in self.differences_before] == []


def grouped(lines: list[Any], by: Callable[[Any], Any]) -> list[tuple[Any, list[Any]]]:
    return [(key, list(group)) for key, group in itertools.groupby(sorted(lines, key=by), key=by)]


async def _with_small_month(bank: Bank) -> None:
    """Put people and rules in place: a cap of the month that a few sheets reach."""
    Logbook.bank, Logbook.branch = bank, await bank.branch("凤岭社区", BranchKind.COMMUNITY)
    Logbook.recorder = await bank.staff(Role.RECORDER, branch=Logbook.branch)
    Logbook.approver = await bank.staff(Role.APPROVER, branch=Logbook.branch)
    content = reference_content().replace("month_cap_points = 400", f"month_cap_points = {MONTH_CAP}")
    await bank.database.write(add_rule_set, branch_id=Logbook.branch.id, content=content, valid_from_on=None)


def test_chance_breaks_no_limit(settings: Settings, clock: Clock) -> None:
    with asyncio.Runner() as runner:
        database = Database(settings, clock)
        runner.run(database.open())
        try:
            Logbook.runner = runner
            runner.run(_with_small_month(runner.run(Bank.on(database))))
            run_state_machine_as_test(Logbook, settings=chance(max_examples=30, stateful_step_count=25, deadline=None))
        finally:
            runner.run(database.close())
