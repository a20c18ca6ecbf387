"""The usual tutorial: a handler with an AsyncSession and ORM objects, one transaction a request.

It reads and writes the same rows as the bank's redemption, behind the same check of the token. It is spared what
tutorials leave out and what would make it lose writes: it begins by taking the write lock. Run as a program it serves
itself: `python -m scripts.benchmarks.tutorial --port 8002`.
"""

import hashlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Litestar, post
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlmodel import col

from points_bank.actor import Actor
from points_bank.audit import Audit
from points_bank.branches.models import Branch
from points_bank.callers import Callers
from points_bank.clock import PeriodKind, day_of, period_of
from points_bank.database import Database
from points_bank.errors import BelowRedemptionMinimum, InsufficientPoints, MonthLimit, NotFound, OutOfStock
from points_bank.idempotency import IdempotencyKey
from points_bank.ledger.models import Account, AccountKind, Lot, LotUse, Transfer, TransferKind
from points_bank.members.models import Member
from points_bank.redemptions.models import Redemption, RedemptionItem, RedemptionState
from points_bank.rewards.models import Desk, Reward, Stock, StockMovement, StockMovementKind
from points_bank.rules.models import RuleSetVersion
from points_bank.rules.rule_set import RuleSet, parse_rule_set
from points_bank.settings import Settings
from points_bank.web import EXCEPTION_HANDLERS, SIGNED_IN, Asking, CallerMiddleware, staff
from scripts.benchmarks.floor import health, serve


class Item(msgspec.Struct):
    reward_id: int
    quantity: int


class Order(msgspec.Struct):
    member_id: int
    desk_id: int
    items: list[Item]


@post("/redemptions", opt=SIGNED_IN, status_code=201)
async def redeem(request: Asking, data: JSONBody[Order]) -> dict[str, Any]:
    engine: AsyncEngine = request.app.state.engine
    async with AsyncSession(engine) as session, session.begin():
        visit = _Visit(session, staff(request), data, request.app.state.database)
        return await visit.carried_out(request.headers["idempotency-key"], await request.body())


class _Visit:
    """One redemption of one item, line by line as in a tutorial."""

    def __init__(self, session: AsyncSession, by: Actor, order: Order, database: Database) -> None:
        self._session, self._by, self._order = session, by, order
        self._now = datetime.now(UTC)
        self._today = day_of(self._now, database.settings.zone)

    async def carried_out(self, key: str, body: bytes) -> dict[str, Any]:
        kept = await self._session.get(IdempotencyKey, (self._by.name, "POST /redemptions", key))
        if kept is not None:
            return dict(kept.outcome)
        desk = await self._found(Desk, self._order.desk_id)
        branch = await self._found(Branch, desk.branch_id)
        member = await self._found(Member, self._order.member_id)
        (item,) = self._order.items
        reward = await self._found(Reward, item.reward_id)
        points = reward.cost_points * item.quantity
        account, lots = await self._checked(member, branch, points)
        redemption_id = await self._ordered(item, reward, points, account)
        await self._debited(redemption_id, account, lots, branch, points)
        await self._taken(redemption_id, item)
        outcome = {"id": redemption_id, "state": "collected", "spendable_points": account.balance_points}
        self._session.add(
            IdempotencyKey(
                caller=self._by.name, route="POST /redemptions", key=key, request_hash=hashlib.sha256(body).digest(),
                outcome=outcome, created_at=self._now,
            )
        )  # fmt: skip
        return outcome

    async def _checked(self, member: Member, branch: Branch, points: int) -> tuple[Account, list[Lot]]:
        of_branch = col(RuleSetVersion.branch_id) == branch.id
        rules = _parsed((await self._session.scalars(sa.select(RuleSetVersion).where(of_branch))).one().content)
        account = await self._account(AccountKind.MEMBER, member.id)
        open_lots = (
            sa.select(Lot)
            .where(col(Lot.account_id) == account.id, col(Lot.remaining_points) > 0)
            .order_by(col(Lot.lapses_on), col(Lot.id))
        )
        lots = list(await self._session.scalars(open_lots))
        spendable = sum(lot.remaining_points for lot in lots if lot.lapses_on >= self._today)
        if spendable < rules.redemption_minimum_points:
            raise BelowRedemptionMinimum(minimum_points=rules.redemption_minimum_points, spendable_points=spendable)
        if spendable < points:
            raise InsufficientPoints(asked_points=points, spendable_points=spendable)
        used = await self._session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(Redemption.amount_points), 0)).where(
                col(Redemption.member_id) == member.id, col(Redemption.month) == self._month
            )
        )
        if (used or 0) + points > rules.month_limit_points:
            raise MonthLimit(
                limit="month", limit_quantity=rules.month_limit_points, used_quantity=used or 0, asked_quantity=points
            )
        return account, lots

    async def _ordered(self, item: Item, reward: Reward, points: int, account: Account) -> int:
        assert account.balance_points is not None, "members' accounts have a balance"
        redemption = Redemption(
            member_id=self._order.member_id, desk_id=self._order.desk_id, state=RedemptionState.COLLECTED,
            amount_points=points, balance_points=account.balance_points - points, month=self._month,
            ordered_at=self._now, ordered_by=self._by.name, collected_at=self._now, collected_by=self._by.name,
        )  # fmt: skip
        self._session.add(redemption)
        await self._session.flush()
        assert redemption.id is not None, "it was flushed"
        self._session.add(
            RedemptionItem(
                redemption_id=redemption.id, reward_id=item.reward_id, quantity=item.quantity,
                cost_points=reward.cost_points,
            )
        )  # fmt: skip
        return redemption.id

    async def _debited(
        self, redemption_id: int, account: Account, lots: list[Lot], branch: Branch, points: int
    ) -> None:
        assert account.id is not None, "it was read"
        assert account.balance_points is not None, "members' accounts have a balance"
        redeemed = await self._account(AccountKind.REDEEMED, branch.id)
        assert redeemed.id is not None, "it was flushed"
        account.balance_points -= points
        account.version += 1
        transfer = Transfer(
            kind=TransferKind.REDEMPTION, debit_account_id=account.id, credit_account_id=redeemed.id,
            amount_points=points, debit_balance_points=account.balance_points, occurred_on=self._today,
            posted_at=self._now, reference=f"redemption:{redemption_id}",
        )  # fmt: skip
        self._session.add(transfer)
        await self._session.flush()
        assert transfer.id is not None, "it was flushed"
        for lot in lots:
            assert lot.id is not None, "it was read"
            part = min(points, lot.remaining_points)
            if part:
                lot.remaining_points -= part
                points -= part
                self._session.add(LotUse(transfer_id=transfer.id, lot_id=lot.id, points=-part))

    async def _taken(self, redemption_id: int, item: Item) -> None:
        stock = await self._session.get(Stock, (self._order.desk_id, item.reward_id))
        if stock is None or stock.remaining_quantity < item.quantity:
            raise OutOfStock(reward_id=item.reward_id, remaining_quantity=stock.remaining_quantity if stock else 0)
        stock.remaining_quantity -= item.quantity
        self._session.add(
            StockMovement(
                desk_id=self._order.desk_id, reward_id=item.reward_id, kind=StockMovementKind.REDEEMED,
                quantity=-item.quantity, redemption_id=redemption_id, moved_by=self._by.name, moved_at=self._now,
            )
        )  # fmt: skip
        self._session.add(
            Audit(
                at=self._now, actor=self._by.name, act="redeem", subject=f"redemption:{redemption_id}",
                details=[f"member:{self._order.member_id}", f"desk:{self._order.desk_id}"],
            )
        )  # fmt: skip

    async def _account(self, kind: AccountKind, owner_id: int | None) -> Account:
        wanted = sa.select(Account).where(col(Account.kind) == kind, col(Account.owner_id) == owner_id)
        found = (await self._session.scalars(wanted)).first()
        if found is None:
            assert owner_id is not None, "owners are rows that were read"
            found = Account(kind=kind, owner_id=owner_id)
            self._session.add(found)
            await self._session.flush()
        return found

    async def _found(self, model: type[Any], key: object) -> Any:
        found = await self._session.get(model, key)
        if found is None:
            raise NotFound
        return found

    @property
    def _month(self) -> str:
        return period_of(self._today, PeriodKind.MONTH).name


@lru_cache
def _parsed(content: str) -> RuleSet:
    return parse_rule_set(content)


def engine_of(settings: Settings) -> AsyncEngine:
    """As tutorials make it, but with the bank's durability and a BEGIN that takes the write lock at once."""
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{settings.database_path}", connect_args={"timeout": 30, "isolation_level": None}
    )

    def set_up(connection: Any, _: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    sa.event.listen(engine.sync_engine, "connect", set_up)
    sa.event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def create_app() -> Litestar:
    database = Database(Settings())

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with database:
            app.state.database, app.state.callers = database, Callers(database)
            app.state.engine = engine_of(database.settings)
            yield
            await app.state.engine.dispose()

    return Litestar(
        [health, redeem],
        lifespan=[lifespan],
        middleware=[CallerMiddleware],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=None,
        request_class=Asking,
        logging_config=None,
    )


if __name__ == "__main__":
    serve("scripts.benchmarks.tutorial:create_app", int(sys.argv[-1]))
