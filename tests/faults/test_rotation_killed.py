"""Changing the key is killed, at each of its steps and anywhere: run again it ends, and every phone can be read."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM
from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.encryption import KeyLine, decrypt, key_lines
from points_bank.keys import FIRST_KEY, read_key_text, retired_path
from points_bank.members.models import Member
from points_bank.members.register import register_member
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from tests.bank import Bank
from tests.faults.figures import tally
from tests.faults.served import started

pytestmark = [pytest.mark.thorough, pytest.mark.faults]

PHONES = [f"139{number:08}" for number in range(1_500)]
"""Three acts' worth."""
TIMES = 2
MEMBER = table_of(Member)

Step = Callable[[list[KeyLine]], bool]


def has_begun(lines: list[KeyLine]) -> bool:
    return len(lines) > 1


def is_half_way(lines: list[KeyLine]) -> bool:
    return lines[-1].values > len(PHONES) // 2


def has_encrypted_all(lines: list[KeyLine]) -> bool:
    return lines[-1].values == len(PHONES)


@pytest.mark.parametrize("step", [has_begun, is_half_way, has_encrypted_all])
async def test_every_phone_can_be_read_after_it(settings: Settings, tmp_path: Path, step: Step) -> None:
    instants, log = random.Random(3), tmp_path / "rotate.log"
    await register_all(settings)
    with tally(f"key rotation killed ({step.__name__.replace('_', ' ')})", settings) as counted:
        for _ in range(TIMES):
            with counted.attempt():
                number = newest(settings) + 1
                rotating = started(settings, log, "keys", "rotate")
                await until(settings, number, step)
                await asyncio.sleep(instants.uniform(0, 0.01))
                rotating.kill()
                rotating.wait(30)
                assert await phones_of(settings) == PHONES
                again = started(settings, log, "keys", "rotate")
                assert await asyncio.to_thread(again.wait, 60) == 0, log.read_text()
                assert await phones_of(settings) == PHONES
        assert read_key_text(retired_path(settings.key_path).read_text()).encrypting.keys() == set(
            range(FIRST_KEY + 1, newest(settings))
        )


def newest(settings: Settings) -> int:
    """The newest key in the file. After a change it is there alone; the first one stands in none."""
    return max([FIRST_KEY, *read_key_text(settings.key_path.read_text()).encrypting])


async def register_all(settings: Settings) -> None:
    async with Database(settings) as database:
        branch_id = (await Bank.on(database)).district.id

        def register(tx: Transaction, numbers: range) -> None:
            for number in numbers:
                register_member(tx, name=f"住户{number}", branch_id=branch_id, phone=PHONES[number], by=SYSTEM)

        for first in range(0, len(PHONES), 100):
            await database.write(register, range(first, first + 100))


async def until(settings: Settings, number: int, step: Step) -> None:
    """Wait until a change to a key of at least that number has come so far."""
    async with Database(settings) as database, asyncio.timeout(30):
        while True:
            lines = await database.read(key_lines)
            if lines[-1].number >= number and step(lines):
                return


async def phones_of(settings: Settings) -> list[str]:
    """Every phone, read with the keys that are in the file now."""

    def read(tx: Transaction) -> list[str]:
        rows = tx.all(sa.select(MEMBER.c.id, MEMBER.c.phone).order_by(MEMBER.c.id))
        return [decrypt(tx, MEMBER.c.phone, str(row.id), row.phone) for row in rows]

    async with Database(settings) as database:
        return await database.read(read)
