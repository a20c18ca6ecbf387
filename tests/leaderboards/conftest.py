"""A community whose people serve, and boards over it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

import httpx
import pytest

from points_bank.activities.approval import approve_activity
from points_bank.activities.correction import approve_correction, propose_correction
from points_bank.activities.logbook import log_activity
from points_bank.activities.sheet import Sheet, SheetLine
from points_bank.actor import SYSTEM, Actor, ActorKind, Role
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import BranchLine
from points_bank.clock import PeriodKind
from points_bank.leaderboards.boards import BoardLine, create_board
from points_bank.leaderboards.models import Measure
from points_bank.leaderboards.reading import ShownEdition, edition_shown
from points_bank.members.models import Purpose
from points_bank.members.register import register_member
from points_bank.rules.rule_set import ServiceRole
from points_bank.scheduler import Done, run_due
from points_bank.staff.tokens import hash_of, issue_member_token, new_token
from tests.bank import DAILY, FAR, Bank, Server, at

MONTHLY = {
    "name": "月榜",
    "period": PeriodKind.MONTH,
    "measure": Measure.POINTS,
    "top": 10,
    "publish_day": 5,
    "publish_time": time(9),
    "objection_working_days": 3,
}


@dataclass
class Community:
    """凤岭社区 with an estate below it. What happens there goes through the acts, at times that a test names."""

    bank: Bank
    branch: BranchLine
    estate: BranchLine
    recorder: Actor
    approver: Actor
    _sheets: int = field(default=0)

    async def write(self, act: Callable[..., Any], *args: Any, **values: Any) -> Any:
        return await self.bank.database.write(act, *args, **values)

    async def read(self, act: Callable[..., Any], *args: Any, **values: Any) -> Any:
        return await self.bank.database.read(act, *args, **values)

    async def member(self, name: str, *, agrees: bool = True, branch: BranchLine | None = None, **details: Any) -> int:
        """A new member of the estate, who agrees to stand on boards; the id."""
        registered = await self.write(
            register_member,
            name=name,
            branch_id=(branch or self.estate).id,
            consents=[Purpose.BOARDS] if agrees else [],
            by=SYSTEM,
            **details,
        )
        return int(registered.id)

    async def board(self, branch: BranchLine | None = None, **changes: Any) -> BoardLine:
        """A board of the community that goes up on the 5th at 09:00; three working days for objections."""
        values: dict[str, Any] = {**MONTHLY, "branch_id": (branch or self.branch).id, "by": SYSTEM, **changes}
        board: BoardLine = await self.write(create_board, **values)
        return board

    async def serve(
        self, on: str, minutes: dict[int, int], *, role: ServiceRole = ServiceRole.SERVICE, approved: str | None = None
    ) -> dict[int, int]:
        """Service of an estate's day from 08:00, by member; entered at 20:00, and approved then or later.

        The clock stays there. The lines' ids by member; they settle when the notice is over and the jobs run.
        """
        self._sheets += 1
        start = at(f"{on} 08:00")
        lines = [SheetLine(member_id=member_id, minutes=length) for member_id, length in minutes.items()]
        sheet = Sheet(
            branch_id=self.estate.id, role=role, title=f"活动 {self._sheets}", started_at=start,
            ended_at=start + timedelta(minutes=max(minutes.values())), lines=lines,
        )  # fmt: skip
        self.bank.clock.set(at(f"{on} 20:00"))
        logged = await self.write(log_activity, sheet, by=self.recorder)
        if approved:
            self.bank.clock.set(at(approved))
        await self.write(approve_activity, logged.id, by=self.approver)
        return {line.member_id: line.id for line in logged.lines}

    async def earn(self, points: dict[int, int], *, from_on: str) -> None:
        """Points by hours of service, 40 a day at most, on as many days as it takes."""
        on, left = date.fromisoformat(from_on), dict(points)
        while any(left.values()):
            today = {member_id: min(40, amount) for member_id, amount in left.items() if amount}
            await self.serve(on.isoformat(), {member_id: amount * 6 for member_id, amount in today.items()})
            left = {member_id: amount - today.get(member_id, 0) for member_id, amount in left.items()}
            on += timedelta(days=1)

    async def correct(self, line_id: int, minutes: int, *, when: str) -> None:
        """Two people correct a line."""
        self.bank.clock.set(at(when))
        await self.write(propose_correction, line_id, minutes=minutes, reason="签到表有误", by=self.recorder)
        await self.write(approve_correction, line_id, by=self.approver)

    async def run(self, when: str) -> list[Done]:
        """Put the clock to a time and do what is due then."""
        self.bank.clock.set(at(when))
        return [done for done in await run_due(self.bank.database) if done.job not in DAILY]

    async def edition(self, board: BoardLine, period: str) -> ShownEdition:
        shown: ShownEdition = await self.read(edition_shown, board.id, period)
        return shown

    async def places(self, board: BoardLine, period: str) -> list[tuple[int, str, int]]:
        """What the board shows: rank, name, value."""
        shown = await self.edition(board, period)
        return [(line.rank, line.display_name, line.value) for line in shown.standings]


def own(member_id: int) -> Actor:
    """A member asking about themselves."""
    return Actor(ActorKind.MEMBER, member_id, member_id)


async def as_member(server: Server, member_id: int, **options: Any) -> httpx.AsyncClient:
    """A client of a member."""
    token = new_token()
    await server.bank.database.write(
        issue_member_token, member_id=member_id, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM
    )
    return server.client(token, **options)


async def community_of(bank: Bank) -> Community:
    branch = await bank.branch("凤岭社区", BranchKind.COMMUNITY)
    estate = await bank.branch("银宇小区", BranchKind.ESTATE, branch)
    recorder = await bank.staff(Role.RECORDER, branch=branch)
    return Community(bank, branch, estate, recorder, await bank.staff(Role.APPROVER, branch=branch))


@pytest.fixture
async def community(bank: Bank) -> Community:
    return await community_of(bank)


@pytest.fixture
async def served(server: Server) -> Community:
    """The same behind HTTP: `server` is asked, `served` does what happens behind it."""
    return await community_of(server.bank)
