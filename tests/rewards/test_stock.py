"""Goods in and out of a desk, as movements."""

import asyncio
import itertools
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from points_bank.actor import SYSTEM, Role
from points_bank.branches.tree import BranchLine
from points_bank.rewards.catalogue import add_reward
from points_bank.rewards.desks import add_desk
from points_bank.transaction import Transaction
from tests.bank import Server

_numbers = itertools.count(1)


@dataclass
class Store:
    """A desk of an estate, one reward, and who keeps its stock."""

    server: Server
    branch: BranchLine
    desk_id: int
    reward_id: int
    keeper: httpx.AsyncClient

    async def move(
        self, kind: str, quantity: Any, *, client: httpx.AsyncClient | None = None, **more: Any
    ) -> httpx.Response:
        body = {"desk_id": self.desk_id, "kind": kind, "quantity": quantity, "reason": "盘点"} | more
        headers = {"Idempotency-Key": f"move-{next(_numbers)}"}
        path = f"/rewards/{self.reward_id}/stock-movements"
        return await (client or self.keeper).post(path, json=body, headers=headers)

    async def booked(self, kind: str, quantity: int) -> tuple[int, int]:
        """What was booked, and what remains."""
        answer = await self.move(kind, quantity)
        assert answer.status_code == 201, answer.text
        return answer.json()["quantity"], answer.json()["remaining"]


@pytest.fixture
async def store(server: Server) -> Store:
    database, branch = server.bank.database, await server.bank.branch()
    desk = await database.write(add_desk, code="FZ", name="点", branch_id=branch.id, by=SYSTEM)
    reward = await database.write(add_reward, name="雨伞", cost_points=200, by=SYSTEM)
    keeper = await server.as_staff(Role.STOCK_KEEPER, branch=branch)
    return Store(server, branch, desk.id, reward.id, keeper)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_stock_is_the_sum_of_its_movements(store: Store) -> None:
    assert await store.booked("received", 50) == (50, 50)
    assert await store.booked("damaged", 2) == (-2, 48)
    assert await store.booked("returned", 1) == (1, 49)
    assert await store.booked("counted", 45) == (-4, 45)
    assert await store.booked("counted", 45) == (0, 45)
    assert await store.booked("counted", 47) == (2, 47)
    assert await store.booked("counted", 0) == (-47, 0)
    assert await store.booked("received", 100_000) == (100_000, 100_000)


async def test_the_answer_names_the_movement(store: Store) -> None:
    answer = await store.move("received", 3)
    assert answer.json() == {
        "id": 1, "kind": "received", "quantity": 3, "remaining": 3, "sponsor_id": None, "needs_confirmation": False
    }  # fmt: skip


async def test_the_first_thing_said_of_a_reward_may_be_a_count(store: Store) -> None:
    assert await store.booked("counted", 0) == (0, 0)
    assert await store.booked("counted", 7) == (7, 7)


async def test_no_more_goes_than_is_there(store: Store) -> None:
    assert refusal(await store.move("damaged", 1)) == (409, "out_of_stock")
    await store.booked("received", 3)
    answer = await store.move("damaged", 4)
    assert refusal(answer) == (409, "out_of_stock")
    assert answer.json()["fields"] == {"reward_id": store.reward_id, "remaining_quantity": 3}
    assert await store.booked("damaged", 3) == (-3, 0)


NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"quantity": 0}, "quantity"),
    ({"quantity": -1}, "quantity"),
    ({"quantity": 100_001}, "quantity"),
    ({"quantity": 2**80}, "quantity"),
    ({"kind": "counted", "quantity": -1}, "quantity"),
    ({"kind": "redeemed"}, "kind"),
    ({"kind": "lost"}, "kind"),
    ({"kind": "damaged", "reason": None}, "reason"),
    ({"kind": "returned", "reason": None}, "reason"),
    ({"reason": " "}, "reason"),
    ({"desk_id": 0}, "desk_id"),
    ({"redemption_id": 1}, "redemption_id"),
]
"""A change to a movement, and the field that is named."""


async def test_what_makes_no_sense_is_invalid(store: Store) -> None:
    for change, field in NONSENSE:
        body: dict[str, Any] = {"kind": "received", "quantity": 1} | change
        answer = await store.move(**body)
        assert (refusal(answer), list(answer.json()["fields"])) == ((422, "invalid"), [field]), change
    assert await store.booked("counted", 0) == (0, 0)


async def test_goods_that_come_or_are_counted_need_no_reason(store: Store) -> None:
    assert (await store.move("received", 1, reason=None)).status_code == 201
    assert (await store.move("counted", 1, reason=None)).status_code == 201


async def test_a_key_is_needed_and_a_repeat_moves_nothing(store: Store) -> None:
    path = f"/rewards/{store.reward_id}/stock-movements"
    body = {"desk_id": store.desk_id, "kind": "received", "quantity": 5}
    assert refusal(await store.keeper.post(path, json=body)) == (422, "idempotency_key_required")
    headers = {"Idempotency-Key": "same"}
    answers = [await store.keeper.post(path, json=body, headers=headers) for _ in range(2)]
    assert answers[1].json() == answers[0].json()
    assert (answers[0].json()["quantity"], answers[0].json()["remaining"]) == (5, 5)
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert await store.booked("counted", 5) == (0, 5)


async def test_who_moves_what(store: Store) -> None:
    """Clerks receive and count; keepers and administrators do everything; nobody does so elsewhere."""
    other = await store.server.bank.branch("银宇小区")
    await store.booked("received", 20)
    allowed = {}
    for role in Role:
        here = await store.server.as_staff(role, branch=store.branch)
        elsewhere = await store.server.as_staff(role, branch=other)
        answers = {
            kind: await store.move(kind, 1, client=here) for kind in ("received", "counted", "damaged", "returned")
        }
        allowed[role.value] = [kind for kind, answer in answers.items() if answer.status_code == 201]
        assert {refusal(answer) for answer in answers.values() if not answer.is_success} <= {(403, "forbidden")}
        assert refusal(await store.move("received", 1, client=elsewhere)) == (404, "not_found")
    everything = ["received", "counted", "damaged", "returned"]
    assert allowed == {
        "administrator": everything,
        "approver": [],
        "recorder": [],
        "clerk": ["received", "counted"],
        "stock_keeper": everything,
        "overseer": [],
    }
    assert refusal(await store.move("received", 1, client=store.server.client())) == (401, "unauthenticated")


async def test_only_what_the_desk_can_offer(store: Store) -> None:
    """Withdrawn or not: what is left of a reward has to be counted. But of another estate's there is none here."""
    database, other = store.server.bank.database, await store.server.bank.branch("银宇小区")
    elsewhere = await database.write(add_reward, name="大米", cost_points=500, branch_id=other.id, by=SYSTEM)
    withdrawn = await database.write(add_reward, name="肥皂", cost_points=50, is_offered=False, by=SYSTEM)
    desk = await database.write(add_desk, code="YY", name="点", branch_id=other.id, by=SYSTEM)
    assert refusal(await store.move("received", 1, desk_id=desk.id)) == (404, "not_found")
    for reward_id, status in {elsewhere.id: 404, 999: 404, withdrawn.id: 201}.items():
        store.reward_id = reward_id
        assert (await store.move("received", 1)).status_code == status


@pytest.mark.racing
async def test_the_last_one_is_damaged_once(store: Store) -> None:
    await store.booked("received", 1)
    answers = await asyncio.gather(*(store.move("damaged", 1) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert await store.booked("counted", 0) == (0, 0)


@pytest.mark.parametrize("deed", ["UPDATE stock_movement SET quantity = 9", "DELETE FROM stock_movement"])
async def test_a_movement_is_never_changed(store: Store, deed: str) -> None:
    await store.booked("received", 1)

    def spoil(tx: Transaction) -> None:
        tx.run(sa.text(deed))

    with pytest.raises(IntegrityError, match="never changed or deleted"):
        await store.server.bank.database.write(spoil)
