"""The load under which the bank's faults come: clerks who exchange points over HTTP, and what became of each exchange.

load = await prepare(settings, f"http://127.0.0.1:{port}")
with served(settings, port, log) as server:
    await server.until_healthy()
    async with load.running():
        await load.until_acknowledged(150)
        ...the fault comes and goes...
        seconds = await load.recovery(time.monotonic())
found = await all_kept(settings, load)
"""

import asyncio
import itertools
import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import httpx
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Role
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.idempotency import IdempotencyKey
from points_bank.ledger.posting import Award, award
from points_bank.members.register import register_member
from points_bank.restoring import VERIFY_LIMIT_SECONDS
from points_bank.rewards.catalogue import add_reward
from points_bank.rewards.desks import add_desk
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.stock import move_stock
from points_bank.settings import Settings
from points_bank.staff.tokens import hash_of, issue_staff_token, new_token
from points_bank.transaction import Transaction
from points_bank.verify import differences
from tests.bank import FAR, TLS, Bank

CLERKS = 16
MEMBERS = 96
WITHIN_SECONDS = 60
PAUSE_SECONDS = 0.02
"""How long a clerk waits before a request is sent again that was cut off or refused as busy."""

_KEYS = sa.select(sa.column("key"), sa.column("outcome", sa.JSON)).select_from(sa.table(IdempotencyKey.__tablename__))
_REDEMPTIONS = sa.text("SELECT id FROM redemption WHERE state = 'collected' ORDER BY id")


@dataclass
class Load:
    """Clerks who exchange one point for one sticker, over and over.

    A key is sent again until it is answered: when it was cut off, and when the bank was busy.
    """

    url: str
    token: str
    desk_id: int
    reward_id: int
    member_ids: list[int]
    acknowledged: dict[str, int] = field(default_factory=dict)
    """The redemption that each key was answered with."""
    open_keys: set[str] = field(default_factory=set)
    """Keys that were sent and not answered yet, so that nobody knows whether they were carried out."""
    refused: int = 0
    """How often the bank said that it could not do it now."""
    refusals: set[str] = field(default_factory=set)
    """In which sentences."""
    cut_off: int = 0
    """How often there was no answer."""
    _again: list[str] = field(default_factory=list)
    _answered_at: list[float] = field(default_factory=list)
    _answered: asyncio.Event = field(default_factory=asyncio.Event)
    """Set with the next answer; the one after that sets another."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @asynccontextmanager
    async def running(self, clerks: int = CLERKS) -> AsyncIterator[None]:
        """Clerks at work until the block ends; then every key that is open is answered."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            at_work = [group.create_task(self._work(stop)) for _ in range(clerks)]
            yield
            stop.set()
            async with asyncio.timeout(WITHIN_SECONDS):
                await asyncio.gather(*at_work)

    async def until_acknowledged(self, more: int) -> None:
        """Wait until so many more exchanges were acknowledged."""
        number = len(self.acknowledged) + more
        async with asyncio.timeout(WITHIN_SECONDS):
            while len(self.acknowledged) < number:
                await self._answered.wait()

    async def until_refused(self, more: int) -> None:
        """Wait until so many more exchanges were refused."""
        number = self.refused + more
        async with asyncio.timeout(WITHIN_SECONDS):
            while self.refused < number:
                await self._answered.wait()

    async def until_nobody_is_served(self) -> None:
        """Wait until every clerk was refused once more, with nothing acknowledged meanwhile."""
        await self.until_refused(CLERKS)  # what was on its way may still have been acknowledged
        told = len(self.acknowledged)
        await self.until_refused(CLERKS)
        assert len(self.acknowledged) == told

    async def recovery(self, since: float) -> float:
        """Seconds from an instant of `time.monotonic` to the first exchange that was acknowledged after it."""
        async with asyncio.timeout(WITHIN_SECONDS):
            while not self._answered_at or self._answered_at[-1] <= since:
                await self._answered.wait()
        return self._answered_at[bisect_right(self._answered_at, since)] - since

    async def _work(self, stop: asyncio.Event) -> None:
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"}
        async with httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=headers, timeout=30, verify=TLS) as client:
            while not stop.is_set() or self._again:
                key = self._again.pop() if self._again else self._new_key()
                if not await self._exchange(client, key):
                    self._again.append(key)
                    await asyncio.sleep(PAUSE_SECONDS)

    async def _exchange(self, client: httpx.AsyncClient, key: str) -> bool:
        """Whether the bank said that it is done."""
        self.open_keys.add(key)
        try:
            answer = await client.post("/redemptions", json=self._order(key), headers={"Idempotency-Key": key})
        except httpx.TransportError:
            self.cut_off += 1
            return False
        if answer.status_code == 503:
            self.refused += 1
            self.refusals.add(answer.json()["detail"])
            assert int(answer.headers["Retry-After"]) >= 1
            self._tell()
            return False
        assert answer.status_code == 201, answer.text
        assert self.acknowledged.setdefault(key, answer.json()["id"]) == answer.json()["id"]
        self.open_keys.discard(key)
        self._answered_at.append(time.monotonic())
        self._tell()
        return True

    def _tell(self) -> None:
        self._answered.set()
        self._answered = asyncio.Event()

    def cut_off_request(self) -> tuple[dict[str, str], dict[str, Any]]:
        """Headers and body of an exchange that somebody else sends and hears nothing of; clerks send it again later."""
        key = self._new_key()
        self.open_keys.add(key)
        self._again.append(key)
        return {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}, self._order(key)

    def _new_key(self) -> str:
        return f"key-{next(self._numbers)}"

    def _order(self, key: str) -> dict[str, Any]:
        member_id = self.member_ids[int(key.removeprefix("key-")) % len(self.member_ids)]
        items = [{"reward_id": self.reward_id, "quantity": 1}]
        return {"member_id": member_id, "desk_id": self.desk_id, "items": items}


async def prepare(settings: Settings, url: str) -> Load:
    """A desk with stickers, and members with points that were carried over from the paper passbooks."""
    async with Database(settings, Clock(datetime(2026, 11, 16, 1, tzinfo=UTC))) as database:
        bank = await Bank.on(database)
        district_id = bank.district.id
        clerk, token = await bank.staff(Role.CLERK), new_token()
        await database.write(issue_staff_token, staff_id=clerk.id, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM)
        desk = await database.write(add_desk, code="D1", name="兑换点", branch_id=district_id, by=SYSTEM)
        reward = await database.write(add_reward, name="贴纸", cost_points=1, branch_id=district_id, by=SYSTEM)
        stickers = {"desk_id": desk.id, "kind": StockMovementKind.RECEIVED, "quantity": 99_999, "reason": "-"}
        await database.write(move_stock, reward.id, **stickers, by=SYSTEM)  # type: ignore[arg-type]  # as named above
        names = (f"住户{number}" for number in range(MEMBERS))
        members = [await database.write(register_member, name=name, branch_id=district_id, by=SYSTEM) for name in names]
        member_ids = [member.id for member in members]
        await database.write(_carry_over, member_ids, district_id)
    return Load(url, token, desk.id, reward.id, member_ids)


def _carry_over(tx: Transaction, member_ids: list[int], branch_id: int) -> None:
    awards = [
        Award(
            member_id=member_id, branch_id=branch_id, points=590, minutes=0, activities=0,
            occurred_on=date(2026, 1, 1), lapses_on=date(2027, 12, 31), reference=f"carried:{member_id}",
        )
        for member_id in member_ids
    ]  # fmt: skip
    award(tx, awards, grace_days=30)


async def all_kept(settings: Settings, load: Load) -> int:
    """Open the bank and look: every acknowledged exchange is there exactly once, beside those only what nobody was told
    of but was sent, and the books are in order. How many of the acknowledged ones were found."""
    patient = settings.model_copy(update={"act_limit_seconds": VERIFY_LIMIT_SECONDS})
    async with Database(patient, Clock(datetime(2026, 11, 16, 2, tzinfo=UTC))) as database:
        kept, ids = await database.read(exchanges), await database.read(redeemed)
        assert sorted(kept.values()) == ids, "each key has one redemption, and each redemption a key"
        found = {key: kept.get(key) for key in load.acknowledged}
        assert found == load.acknowledged
        assert kept.keys() - found.keys() <= load.open_keys, "what nobody asked for"
        assert await differences(database) == []
    return len(found)


async def can_be_read(load: Load) -> None:
    """Look at pages that read much and little, while nothing can be written."""
    headers = {"Authorization": f"Bearer {load.token}"}
    async with httpx.AsyncClient(base_url=f"{load.url}/api/v1", headers=headers, timeout=30, verify=TLS) as client:
        for path in (f"/desks/{load.desk_id}/register", f"/members/{load.member_ids[0]}/passbook"):
            assert (await client.get(path)).status_code == 200


async def readiness(load: Load) -> dict[str, str]:
    """What /ready says of each thing."""
    async with httpx.AsyncClient(timeout=30, verify=TLS) as client:
        answer = await client.get(f"{load.url}/ready")
    checks: dict[str, str] = answer.json()["checks"]
    assert (answer.status_code == 200) == (set(checks.values()) == {"ok"})
    return checks


def exchanges(tx: Transaction) -> dict[str, int]:
    """The redemption of each key that was kept."""
    return {row.key: row.outcome["id"] for row in tx.all(_KEYS)}


def redeemed(tx: Transaction) -> list[int]:
    return [row.id for row in tx.all(_REDEMPTIONS)]


def newest_staff(tx: Transaction) -> int:
    """The clerk whose work it is."""
    found: int = tx.scalar(sa.text("SELECT MAX(id) FROM staff"))
    return found
