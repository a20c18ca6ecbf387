"""A desk with goods, its clerk, and members with points, spoken to over HTTP."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Role
from points_bank.branches.tree import BranchLine
from points_bank.ledger.accounts import account_of, spendable_points
from points_bank.ledger.lots import open_lots
from points_bank.ledger.posting import Award, award
from points_bank.ledger.reversal import reverse
from points_bank.members.register import Registered, register_member
from points_bank.rewards.catalogue import add_reward
from points_bank.rewards.desks import DeskLine, add_desk
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.stock import STOCK, move_stock
from points_bank.scheduler import run_due
from points_bank.staff.tokens import hash_of, issue_member_token, new_token
from points_bank.transaction import Transaction
from tests.bank import DAILY, FAR, Server, at

THIS_YEAR, NEXT_YEAR = date(2026, 12, 31), date(2027, 12, 31)
"""When lots lapse that were earned in 2025 and in 2026."""

_numbers = itertools.count(1)


def key() -> dict[str, str]:
    """A new Idempotency-Key as a header."""
    return {"Idempotency-Key": f"key-{next(_numbers)}"}


def items(*pairs: tuple[int, int]) -> list[dict[str, int]]:
    return [{"reward_id": reward_id, "quantity": quantity} for reward_id, quantity in pairs]


@dataclass
class Shop:
    """A served bank with one estate, a desk in it, and the desk's clerk."""

    server: Server
    branch: BranchLine
    desk: DeskLine
    clerk: httpx.AsyncClient

    def now(self, text: str) -> None:
        """Put the bank's clock to `2026-12-15 10:00` of the district."""
        self.server.bank.clock.set(at(text))

    async def write(self, act: Callable[..., Any], /, *args: Any, **values: Any) -> Any:
        return await self.server.bank.database.write(act, *args, **values)

    async def read(self, act: Callable[..., Any], /, *args: Any, **values: Any) -> Any:
        return await self.server.bank.database.read(act, *args, **values)

    async def due(self) -> list[tuple[str, int]]:
        """Do what is due: the jobs and how many things each did."""
        done = await run_due(self.server.bank.database)
        return [(each.job, each.count) for each in done if each.job not in DAILY]

    async def member(
        self, points: int = 0, *, lapses_on: date = NEXT_YEAR, branch: BranchLine | None = None, **details: Any
    ) -> Registered:
        """A new member with points, of the desk's estate by default."""
        member: Registered = await self.write(
            register_member, name="张伟", branch_id=(branch or self.branch).id, by=SYSTEM, **details
        )
        if points:
            await self.grant(member.id, points, lapses_on=lapses_on)
        return member

    async def grant(self, member_id: int, points: int, *, lapses_on: date = NEXT_YEAR) -> int:
        """Points for a member; the id of their award."""
        reference = f"grant:{next(_numbers)}"
        ids = await self.write(award, [self._award(member_id, points, lapses_on, reference)], grace_days=30)
        award_id: int = ids[reference]
        return award_id

    async def take_back(self, member_id: int, points: int, *, of: int, lapses_on: date = NEXT_YEAR) -> None:
        """Reverse a part of an award."""
        taken = self._award(member_id, points, lapses_on, f"taken:{next(_numbers)}")
        await self.write(reverse, taken, of=[of], floor_points=-200)

    def _award(self, member_id: int, points: int, lapses_on: date, reference: str) -> Award:
        return Award(
            member_id=member_id,
            branch_id=self.branch.id,
            points=points,
            minutes=0,
            occurred_on=date(2026, 10, 1),
            lapses_on=lapses_on,
            reference=reference,
            activities=0,
        )

    async def reward(self, cost_points: int = 80, *, stock: int = 10, desk: DeskLine | None = None) -> int:
        """A new reward of the district with so many at a desk; its id."""
        number = next(_numbers)
        reward = await self.write(add_reward, name=f"洗衣液{number}", cost_points=cost_points, by=SYSTEM)
        reward_id: int = reward.id
        if stock:
            await self.receive(reward_id, stock, desk=desk)
        return reward_id

    async def receive(self, reward_id: int, quantity: int, *, desk: DeskLine | None = None) -> None:
        kind = StockMovementKind.RECEIVED
        desk_id = (desk or self.desk).id
        await self.write(move_stock, reward_id, desk_id=desk_id, kind=kind, quantity=quantity, by=SYSTEM)

    async def second_desk(self, branch: BranchLine | None = None) -> DeskLine:
        desk: DeskLine = await self.write(
            add_desk, code=f"D{next(_numbers)}", name="二号兑换点", branch_id=(branch or self.branch).id, by=SYSTEM
        )
        return desk

    async def as_member(self, member_id: int) -> httpx.AsyncClient:
        """A client with the member's own token."""
        token = new_token()
        await self.write(issue_member_token, member_id=member_id, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM)
        return self.server.client(token)

    async def order(
        self, path: str, who: int | str, *pairs: tuple[int, int], client: httpx.AsyncClient | None = None, **more: Any
    ) -> httpx.Response:
        """POST an order for a member's id or a card number, each with a new key."""
        name = "card_no" if isinstance(who, str) else "member_id"
        body = {name: who, "desk_id": self.desk.id, "items": items(*pairs)} | more
        return await (client or self.clerk).post(path, json=body, headers=key())

    async def redeem(self, who: int | str, *pairs: tuple[int, int], **more: Any) -> httpx.Response:
        return await self.order("/redemptions", who, *pairs, **more)

    async def reserve(self, who: int | str, *pairs: tuple[int, int], **more: Any) -> httpx.Response:
        return await self.order("/reservations", who, *pairs, **more)

    async def collect(
        self, reservation_id: int, code: str, *, desk_id: int | None = None, client: httpx.AsyncClient | None = None
    ) -> httpx.Response:
        body = {"desk_id": desk_id or self.desk.id, "code": code}
        return await (client or self.clerk).post(f"/reservations/{reservation_id}/collection", json=body, headers=key())

    async def cancel(
        self, redemption_id: int, reason: str = "拿错了", *, client: httpx.AsyncClient | None = None
    ) -> httpx.Response:
        path = f"/redemptions/{redemption_id}/cancellation"
        return await (client or self.clerk).post(path, json={"reason": reason}, headers=key())

    async def register(self, on: str | None = None, **more: Any) -> list[dict[str, Any]]:
        query = more | ({"on": on} if on else {})
        answer = await self.clerk.get(f"/desks/{self.desk.id}/register", params=query)
        assert answer.status_code == 200, answer.text
        lines: list[dict[str, Any]] = answer.json()["items"]
        return lines

    async def spendable(self, member_id: int) -> int:
        points: int = await self.read(spendable_points, member_id)
        return points

    async def lots(self, member_id: int) -> list[tuple[str, int]]:
        """What remains in which lot, by its date of lapse."""

        def lots_of(tx: Transaction) -> list[tuple[str, int]]:
            account = account_of(tx, member_id)
            return [(str(lot.lapses_on), lot.points) for lot in open_lots(tx, account.id)]

        lots: list[tuple[str, int]] = await self.read(lots_of)
        return lots

    async def left(self, reward_id: int, *, desk: DeskLine | None = None) -> int:
        """What a desk has of a reward."""
        statement = sa.select(STOCK.c.remaining_quantity).where(
            STOCK.c.reward_id == reward_id, STOCK.c.desk_id == (desk or self.desk).id
        )

        def left_at_desk(tx: Transaction) -> int:
            return int(tx.scalar(statement) or 0)

        remaining: int = await self.read(left_at_desk)
        return remaining


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


def statuses(answers: Iterable[httpx.Response]) -> dict[int | str, int]:
    """How often each outcome came: 201, or the code of a refusal."""
    counted: dict[int | str, int] = {}
    for answer in answers:
        outcome = answer.status_code if answer.is_success else answer.json()["code"]
        counted[outcome] = counted.get(outcome, 0) + 1
    return counted


async def open_shop(server: Server) -> Shop:
    branch = await server.bank.branch()
    desk = await server.bank.database.write(add_desk, code="FZ", name="佛子兑换点", branch_id=branch.id, by=SYSTEM)
    return Shop(server, branch, desk, await server.as_staff(Role.CLERK, branch=branch))
