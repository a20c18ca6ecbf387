"""What is done all day costs what it is about, and not what the bank has: counted in steps of SQLite's machine."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from typing import Any

import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.keys import load_keys
from points_bank.ledger.posting import Award, award
from points_bank.members.register import register_member
from points_bank.passbook.view import passbook
from points_bank.redemptions.desk import redeem
from points_bank.rewards.catalogue import add_reward
from points_bank.rewards.desks import add_desk
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.stock import Goods, move_stock
from points_bank.sqlite import InnerConnection
from points_bank.transaction import Context, Transaction
from tests.bank import Bank

FEW, MANY = 20, 300

Act = Callable[[Transaction], Any]

pytestmark = pytest.mark.only("sqlite", "counts the steps of SQLite's machine")


def an_award(branch_id: int, member_id: int, reference: str) -> Award:
    return Award(
        member_id=member_id, branch_id=branch_id, points=300, minutes=0, activities=0, occurred_on=date(2026, 10, 1),
        lapses_on=date(2027, 12, 31), reference=reference,
    )  # fmt: skip


async def fill(bank: Bank, people: int) -> None:
    """So many more members with points, each of whom was once at the desk."""

    def some(tx: Transaction) -> list[int]:
        ids = [register_member(tx, name="张", branch_id=bank.district.id, by=SYSTEM).id for _ in range(people)]
        award(tx, [an_award(bank.district.id, each, f"filled:{each}") for each in ids], grace_days=30)
        return ids

    for member_id in await bank.database.write(some):
        await bank.database.write(redeem, desk_id=1, items=[Goods(1, 1)], member_id=member_id, by=SYSTEM)


def steps_of(bank: Bank, act: Act) -> int:
    """How many steps an act takes the second time, when its statements are prepared; nothing of it is kept."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    settings = bank.database.settings
    context = Context(settings, load_keys(settings.key_path))
    with closing(sqlite3.connect(settings.database_path, isolation_level=None, check_same_thread=False)) as raw:
        inner = InnerConnection(raw)
        for _ in range(2):
            raw.execute("BEGIN")
            raw.set_progress_handler(count, 1)
            steps = 0
            act(Transaction(inner, context, now=bank.clock.now(), act="counted"))
            raw.set_progress_handler(None, 1)
            raw.execute("ROLLBACK")
        inner.core.close()
    return steps


@pytest.mark.parametrize("name", ["passbook", "redeem", "award"])
async def test_the_cost_of_an_act_does_not_grow_with_the_bank(bank: Bank, name: str) -> None:
    clerk = await bank.staff(Role.CLERK)
    await bank.database.write(add_desk, code="D1", name="兑换点", branch_id=bank.district.id, by=SYSTEM)
    await bank.database.write(add_reward, name="肥皂", cost_points=50, by=SYSTEM)
    received = StockMovementKind.RECEIVED
    await bank.database.write(move_stock, 1, desk_id=1, kind=received, quantity=10_000, by=SYSTEM)
    acts: dict[str, Act] = {
        "passbook": lambda tx: passbook(tx, 1, by=clerk),
        "redeem": lambda tx: redeem(tx, desk_id=1, items=[Goods(1, 1)], member_id=1, by=clerk),
        "award": lambda tx: award(tx, [an_award(bank.district.id, 1, "counted")], grace_days=30),
    }
    await fill(bank, FEW)
    before = steps_of(bank, acts[name])
    await fill(bank, MANY)
    assert steps_of(bank, acts[name]) <= before * 1.1
