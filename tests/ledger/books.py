"""The ledger alone: accounts by number, without the people, activities and goods that it does not know."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.ledger.accounts import MemberAccount, account_of, spendable_points
from points_bank.ledger.extending import ExtendedLot, Extension, extend_lots
from points_bank.ledger.giving import Given, give, grant
from points_bank.ledger.lots import open_lots
from points_bank.ledger.models import TransferKind
from points_bank.ledger.posting import Award, Posted, award, open_account
from points_bank.ledger.reversal import reverse
from points_bank.ledger.spending import collect, give_back, spend
from points_bank.scheduler import Done, run_due
from points_bank.transaction import Transaction
from tests.bank import DAILY, at

BRANCH = 1
GRACE_DAYS = 30
FLOOR = -200
THIS_YEAR, NEXT_YEAR = date(2026, 12, 31), date(2027, 12, 31)
"""When lots lapse that were earned in 2025 and in 2026."""


@dataclass
class Books:
    """An open bank of which only the ledger is used. References are made up: `spent:3`."""

    database: Database
    clock: Clock
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def write(self, act: Callable[..., Any], /, *args: Any, **values: Any) -> Any:
        return await self.database.write(act, *args, **values)

    async def read(self, act: Callable[..., Any], /, *args: Any, **values: Any) -> Any:
        return await self.database.read(act, *args, **values)

    def it_is(self, text: str) -> None:
        self.clock.set(at(text))

    async def run(self, text: str) -> list[Done]:
        """Put the clock to an instant and do what is due."""
        self.it_is(text)
        return [done for done in await run_due(self.database) if done.job not in DAILY]

    async def account(self, **points: int) -> int:
        """A new account, by its owner, with lots of this year and next (`this_year=120, next_year=200`)."""
        member_id = next(self._numbers)
        await self.write(open_account, member_id)
        for lapses_on, name in ((THIS_YEAR, "this_year"), (NEXT_YEAR, "next_year")):
            if name in points:
                await self.award(member_id, points[name], lapses_on)
        return member_id

    async def award(self, member_id: int, points: int, lapses_on: date = NEXT_YEAR) -> int:
        """Credit one award; its transfer."""
        each = self.an_award(member_id, points, lapses_on)
        ids = await self.write(award, [each], grace_days=GRACE_DAYS)
        award_id: int = ids[each.reference]
        return award_id

    def an_award(self, member_id: int, points: int, lapses_on: date = NEXT_YEAR, **more: Any) -> Award:
        values: dict[str, Any] = {"minutes": 6 * points, "reference": f"cause:{next(self._numbers)}", **more}
        return Award(
            member_id=member_id, branch_id=BRANCH, points=points, occurred_on=date(2026, 10, 1), lapses_on=lapses_on,
            **values,
        )  # fmt: skip

    async def spend(self, member_id: int, points: int, kind: TransferKind = TransferKind.REDEMPTION) -> str:
        """Redeem, or hold for a reservation; the reference."""
        reference = f"spent:{next(self._numbers)}"
        await self.write(
            spend, member_id=member_id, kind=kind, branch_id=BRANCH, points=points, on=self._today, reference=reference
        )
        return reference

    async def hold(self, member_id: int, points: int) -> str:
        return await self.spend(member_id, points, TransferKind.HOLD)

    async def collect(self, reference: str) -> None:
        await self.write(collect, branch_id=BRANCH, on=self._today, reference=reference)

    async def give_back(
        self, member_id: int, reference: str, kind: TransferKind = TransferKind.REFUND, on: date | None = None
    ) -> Posted:
        posted: Posted = await self.write(
            give_back, member_id=member_id, kind=kind, branch_id=BRANCH, on=on or self._today, reference=reference,
            grace_days=GRACE_DAYS,
        )  # fmt: skip
        return posted

    async def release(self, member_id: int, reference: str, on: date | None = None) -> Posted:
        return await self.give_back(member_id, reference, TransferKind.RELEASE, on)

    async def give(self, giver_id: int, receiver_id: int, points: int) -> Given:
        posted: Given = await self.write(
            give, giver_id=giver_id, receiver_id=receiver_id, points=points, on=self._today,
            reference=f"donation:{next(self._numbers)}",
        )  # fmt: skip
        return posted

    async def grant(self, member_id: int, points: int, lapses_on: date = NEXT_YEAR) -> Posted:
        posted: Posted = await self.write(
            grant, member_id=member_id, branch_id=BRANCH, points=points, lapses_on=lapses_on, on=self._today,
            reference=f"grant:{next(self._numbers)}",
        )  # fmt: skip
        return posted

    async def extend(self, member_ids: list[int], from_on: date, to_on: date) -> list[ExtendedLot]:
        """Carry out an order of a number of its own."""
        order_id = next(self._numbers)
        order = Extension(f"龙政〔2026〕{order_id}号", f"extension:{order_id}", from_on, to_on)
        extended: list[ExtendedLot] = await self.write(extend_lots, order, member_ids=member_ids)
        return extended

    async def reverse(self, member_id: int, points: int, *of: int, reference: str | None = None) -> list[int]:
        """Take points of awards back; the reversals."""
        taken = self.an_award(member_id, points, reference=reference or f"back:{next(self._numbers)}", activities=0)
        ids: list[int] = await self.write(reverse, taken, of=of, floor_points=FLOOR)
        return ids

    async def now(self, member_id: int) -> MemberAccount:
        account: MemberAccount = await self.read(account_of, member_id)
        return account

    async def balance(self, member_id: int) -> int:
        return (await self.now(member_id)).balance_points

    async def spendable(self, member_id: int) -> int:
        points: int = await self.read(spendable_points, member_id)
        return points

    async def lots(self, member_id: int) -> list[tuple[str, int]]:
        """What remains in each lot, by its date; lots past their date too, until their lapse is booked."""

        def lots_of(tx: Transaction) -> list[tuple[str, int]]:
            return [(str(lot.lapses_on), lot.points) for lot in open_lots(tx, account_of(tx, member_id).id)]

        lots: list[tuple[str, int]] = await self.read(lots_of)
        return lots

    @property
    def _today(self) -> date:
        return self.clock.now().astimezone(self.database.settings.zone).date()
