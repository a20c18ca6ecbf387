"""Same key, same request: same answer, once, whoever repeats it and however often."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.actor import Role
from points_bank.transaction import Transaction
from tests.bank import Server


def people(tx: Transaction) -> int:
    count: int = tx.scalar(sa.text("SELECT count(*) FROM member"))
    return count


def form(server: Server, **changes: Any) -> dict[str, Any]:
    return {"name": "张伟", "branch_id": server.bank.district.id, "consents": []} | changes


async def test_a_repeat_answers_the_same_and_says_so(server: Server) -> None:
    recorder = await server.as_staff(Role.RECORDER)
    headers = {"Idempotency-Key": "form-1"}
    first = await recorder.post("/members", json=form(server), headers=headers)
    again = await recorder.post("/members", json=dict(reversed(form(server).items())), headers=headers)
    assert (first.status_code, first.headers.get("Idempotency-Replayed")) == (201, None)
    assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (201, "true")
    assert again.json() == first.json()
    assert await server.bank.database.read(people) == 1


async def test_another_request_with_the_key_is_refused(server: Server) -> None:
    recorder = await server.as_staff(Role.RECORDER)
    headers = {"Idempotency-Key": "form-1"}
    await recorder.post("/members", json=form(server), headers=headers)
    other = await recorder.post("/members", json=form(server, name="李明"), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await server.bank.database.read(people) == 1


async def test_a_refused_request_keeps_nothing(server: Server) -> None:
    recorder = await server.as_staff(Role.RECORDER)
    headers = {"Idempotency-Key": "form-1"}
    refused = await recorder.post("/members", json=form(server, branch_id=999), headers=headers)
    assert refused.status_code == 404
    assert (await recorder.post("/members", json=form(server), headers=headers)).status_code == 201


async def test_a_key_belongs_to_its_caller_and_route(server: Server) -> None:
    first, second = await server.as_staff(Role.RECORDER), await server.as_staff(Role.RECORDER)
    headers = {"Idempotency-Key": "1"}
    member = (await first.post("/members", json=form(server), headers=headers)).json()
    assert (await second.post("/members", json=form(server), headers=headers)).json()["id"] != member["id"]
    card = await first.post(f"/members/{member['id']}/cards", headers=headers)
    assert (card.status_code, card.headers.get("Idempotency-Replayed")) == (201, None)
    other = await first.post(f"/members/{member['id'] + 1}/cards", headers=headers)
    assert other.json()["code"] == "idempotency_key_reused", "the id in the path is part of the request"


async def test_where_points_or_goods_move_a_key_is_needed(server: Server) -> None:
    root = await server.as_staff(Role.ADMINISTRATOR)
    order = {"member_id": 1, "desk_id": 1, "items": [{"reward_id": 1, "quantity": 1}]}
    moved = {"desk_id": 1, "kind": "received", "quantity": 1, "reason": "-"}
    for path, body in (
        ("/redemptions", order),
        ("/reservations", order),
        ("/reservations/1/collection", {"desk_id": 1, "code": "000000"}),
        ("/redemptions/1/cancellation", {"reason": "-"}),
        ("/rewards/1/stock-movements", moved),
        ("/participations/1/correction/approval", None),
    ):
        answer = await root.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_required"), path


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
async def test_a_key_that_is_none(server: Server, key: str) -> None:
    recorder = await server.as_staff(Role.RECORDER)
    answer = await recorder.post("/members", json=form(server), headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert await server.bank.database.read(people) == 0


@pytest.mark.racing
async def test_64_at_once_are_one(server: Server) -> None:
    recorder = await server.as_staff(Role.RECORDER)
    headers = {"Idempotency-Key": "form-1"}
    answers = await asyncio.gather(*(recorder.post("/members", json=form(server), headers=headers) for _ in range(64)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 63
    assert await server.bank.database.read(people) == 1


@pytest.mark.racing
async def test_repeats_at_once_of_what_is_done_once_are_not_told_that_it_is_done(server: Server) -> None:
    """Who waits for the first of them finds the passbook closed, by the very same request."""
    recorder = await server.as_staff(Role.RECORDER)
    for number in range(4):
        member_id = (await recorder.post("/members", json=form(server))).json()["id"]
        sent: dict[str, Any] = {"json": {"reason": "-"}, "headers": {"Idempotency-Key": f"closing-{number}"}}
        answers = await asyncio.gather(*(recorder.post(f"/members/{member_id}/closing", **sent) for _ in range(8)))
        assert [answer.status_code for answer in answers] == [200] * 8
        assert len({answer.text for answer in answers}) == 1
        assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 7
