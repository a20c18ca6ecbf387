"""A queue at the desk while a long file is taken in."""

import asyncio

import pytest

from points_bank.actor import SYSTEM
from points_bank.members.register import register_member
from points_bank.transaction import Transaction
from tests.redemptions.shop import Shop


@pytest.mark.racing
async def test_an_exchange_is_answered_while_an_import_goes_on(shop: Shop) -> None:
    """Desks go before parts of an import, and nothing of either is lost."""
    member, reward_id = await shop.member(300), await shop.reward(50)
    taken_in, may_stop = 0, asyncio.Event()

    def take_in_some(tx: Transaction) -> int:
        return sum(bool(register_member(tx, name="李", branch_id=shop.branch.id, by=SYSTEM)) for _ in range(10))

    async def take_in_a_file() -> None:
        nonlocal taken_in
        while not may_stop.is_set():
            parts = (shop.server.bank.database.write_patiently(take_in_some) for _ in range(4))
            taken_in += sum(await asyncio.gather(*parts))

    importing = asyncio.create_task(take_in_a_file())
    answers = [await shop.redeem(member.id, (reward_id, 1)) for _ in range(3)]
    assert not importing.done()
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    may_stop.set()
    await importing
    assert taken_in > 0
    assert await shop.spendable(member.id) == 150
