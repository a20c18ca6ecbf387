"""A server killed under load, three times over: every acknowledged write is there once, and the bank goes on."""

import asyncio
import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Role
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.ledger.posting import Award, award
from points_bank.members.register import register_member
from points_bank.rewards.catalogue import add_reward
from points_bank.rewards.desks import add_desk
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.stock import move_stock
from points_bank.settings import Settings
from points_bank.staff.tokens import hash_of, issue_staff_token, new_token
from points_bank.transaction import Transaction
from points_bank.verify import differences
from tests.bank import FAR, TLS, Bank

pytestmark = pytest.mark.thorough

KILLS = 3
CLIENTS = 16
MEMBERS = 48


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(settings: Settings, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The real server as a process of its own; killed at the latest when the block ends."""
    environment = os.environ | {
        "POINTS_BANK_DATABASE_URL": settings.database_url,
        "POINTS_BANK_ENVIRONMENT": "test",
        "POINTS_BANK_CLOCK": "2026-11-16T09:00:00+08:00",
    }
    command = [sys.executable, "-m", "points_bank", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


async def until_healthy(url: str) -> None:
    async with httpx.AsyncClient(verify=TLS) as client:
        for _ in range(600):
            try:
                if (await client.get(f"{url}/health")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)
    raise AssertionError("the server did not start")


@dataclass
class Load:
    """Clerks who exchange one point for one sticker, over and over. A key is repeated until it is answered."""

    url: str
    token: str
    desk_id: int
    reward_id: int
    member_ids: list[int]
    acknowledged: dict[str, int] = field(default_factory=dict)
    _keys: Iterator[int] = field(default_factory=itertools.count)

    async def run(self, stop: asyncio.Event, open_keys: list[str]) -> None:
        """One clerk's work until told to stop or cut off; a key that was cut off stays in `open_keys`."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=headers, timeout=10, verify=TLS) as client:
            while not stop.is_set() or open_keys:
                key = open_keys.pop() if open_keys else f"key-{next(self._keys)}"
                try:
                    answer = await client.post("/redemptions", json=self._order(key), headers={"Idempotency-Key": key})
                except httpx.TransportError:
                    open_keys.append(key)
                    return
                if answer.status_code == 503:
                    open_keys.append(key)
                    continue
                assert answer.status_code == 201, answer.text
                assert self.acknowledged.setdefault(key, answer.json()["id"]) == answer.json()["id"]

    def _order(self, key: str) -> dict[str, Any]:
        member_id = self.member_ids[int(key.removeprefix("key-")) % len(self.member_ids)]
        items = [{"reward_id": self.reward_id, "quantity": 1}]
        return {"member_id": member_id, "desk_id": self.desk_id, "items": items}


async def prepare(bank: Bank, url: str) -> Load:
    """A desk with stickers, and members with points that were carried over from the paper passbooks."""
    database = bank.database
    clerk = await bank.staff(Role.CLERK)
    token = new_token()
    await database.write(issue_staff_token, staff_id=clerk.id, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM)
    district_id = bank.district.id
    desk = await database.write(add_desk, code="D1", name="兑换点", branch_id=district_id, by=SYSTEM)
    reward = await database.write(add_reward, name="贴纸", cost_points=1, branch_id=district_id, by=SYSTEM)
    await database.write(
        move_stock, reward.id, desk_id=desk.id, kind=StockMovementKind.RECEIVED, quantity=99_999, reason="-", by=SYSTEM
    )
    members = [
        await database.write(register_member, name=f"住户{number}", branch_id=district_id, by=SYSTEM)
        for number in range(MEMBERS)
    ]

    def carry_over(tx: Transaction) -> None:
        awards = [
            Award(
                member_id=member.id, branch_id=district_id, points=590, minutes=0, activities=0,
                occurred_on=date(2026, 1, 1), lapses_on=date(2027, 12, 31), reference=f"carried:{member.id}",
            )
            for member in members
        ]  # fmt: skip
        award(tx, awards, grace_days=30)

    await database.write(carry_over)
    return Load(url, token, desk.id, reward.id, [member.id for member in members])


def redeemed(tx: Transaction) -> list[int]:
    return [row.id for row in tx.all(sa.text("SELECT id FROM redemption ORDER BY id"))]


async def test_every_acknowledged_write_is_there_once(settings: Settings) -> None:
    port = free_port()
    async with Database(settings, Clock(datetime(2026, 11, 16, 1, tzinfo=UTC))) as database:
        load = await prepare(await Bank.on(database), f"http://127.0.0.1:{port}")

    open_keys: list[str] = []
    for kill in range(KILLS + 1):
        is_last = kill == KILLS
        with served(settings, port) as process:
            await until_healthy(load.url)
            stop = asyncio.Event()
            before = len(load.acknowledged)
            clerks = [asyncio.create_task(load.run(stop, open_keys)) for _ in range(CLIENTS)]
            while len(load.acknowledged) < before + 150:
                await asyncio.sleep(0.01)
                assert not any(clerk.done() for clerk in clerks), [clerk for clerk in clerks if clerk.done()]
            if is_last:
                stop.set()
            else:
                process.send_signal(signal.SIGKILL)
            await asyncio.gather(*clerks)
            assert is_last or open_keys, "the kill came under load"

    async with Database(settings, Clock(datetime(2026, 11, 16, 2, tzinfo=UTC))) as database:
        kept = await database.read(redeemed)
        assert sorted(load.acknowledged.values()) == kept
        assert await differences(database) == []
