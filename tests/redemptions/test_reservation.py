"""Reserving, and collecting with the code."""

import re
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from points_bank.actor import Actor, Role
from points_bank.columns import table_of
from points_bank.errors import TooManyTries
from points_bank.idempotency import IdempotencyKey
from points_bank.redemptions.looking import Found, find_at_desk
from points_bank.tables import metadata
from points_bank.transaction import Transaction
from tests.bank import at
from tests.redemptions.shop import THIS_YEAR, Shop, items, key, refusal

KEYS = table_of(IdempotencyKey)


async def test_goods_are_put_aside_and_points_held(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    answer = await shop.reserve(member.id, (reward_id, 2))
    reserved = answer.json()
    assert answer.status_code == 201
    assert re.fullmatch(r"\d{6}", reserved.pop("code"))
    expires_at = datetime.fromisoformat(reserved.pop("expires_at"))
    assert timedelta(0) <= expires_at - at("2026-11-11 09:00") < timedelta(minutes=1)
    assert reserved == {
        "id": 1,
        "member_id": member.id,
        "desk_id": shop.desk.id,
        "state": "reserved",
        "amount_points": 160,
        "spendable_points": 140,
        "payers": [],
        "items": [{"reward_id": reward_id, "quantity": 2, "cost_points": 80}],
    }
    assert (await shop.spendable(member.id), await shop.left(reward_id)) == (140, 8)


async def test_the_code_collects_it(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    reserved = (await shop.reserve(member.id, (reward_id, 1))).json()
    answer = await shop.collect(reserved["id"], reserved["code"])
    assert answer.status_code == 200
    assert answer.json() == {"id": 1, "state": "collected", "amount_points": 80, "spendable_points": 220}
    assert (await shop.spendable(member.id), await shop.left(reward_id)) == (220, 9)
    assert refusal(await shop.collect(reserved["id"], reserved["code"])) == (409, "already_collected")


async def test_a_code_may_be_typed_as_it_is_read(shop: Shop) -> None:
    member, reward_id = await shop.member(500), await shop.reward(50)
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    for typed in ("{0} {1}", " {0}{1} ", "{0}-{1}", "wide"):
        reserved = (await shop.reserve(member.id, (reward_id, 1))).json()
        code = reserved["code"]
        text = code.translate(wide) if typed == "wide" else typed.format(code[:3], code[3:])
        assert (await shop.collect(reserved["id"], text)).status_code == 200


async def test_a_repeat_shows_the_code_again_though_it_is_kept_nowhere(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    body = {"member_id": member.id, "desk_id": shop.desk.id, "items": items((reward_id, 1))}
    headers = key()
    first = await shop.clerk.post("/reservations", json=body, headers=headers)
    again = await shop.clerk.post("/reservations", json=body, headers=headers)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert await shop.spendable(member.id) == 220
    code = first.json()["code"]

    def tables_with(tx: Transaction) -> list[str]:
        return [
            name
            for name in metadata.tables
            if any(code in map(str, row) for row in tx.all(sa.text(f"SELECT * FROM {name}")))
        ]

    assert await shop.read(tables_with) == []
    (kept,) = await shop.read(lambda tx: tx.all(sa.select(KEYS.c.outcome).where(KEYS.c.route.contains("reservations"))))
    assert code not in str(kept.outcome)


async def test_a_member_reserves_for_themselves(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    client = await shop.as_member(member.id)
    body = {"desk_id": shop.desk.id, "items": items((reward_id, 1))}
    assert refusal(await client.post("/me/reservations", json=body)) == (422, "idempotency_key_required")
    reserved = (await client.post("/me/reservations", json=body, headers=key())).json()
    assert (reserved["state"], reserved["member_id"], reserved["spendable_points"]) == ("reserved", member.id, 220)
    listed = (await client.get("/me/reservations")).json()
    told_once = {"member_id", "spendable_points", "payers"}
    assert listed == {
        "items": [{name: reserved[name] for name in reserved if name not in told_once}],
        "next_cursor": None,
    }
    assert (await shop.collect(reserved["id"], reserved["code"])).status_code == 200
    assert (await client.get("/me/reservations")).json()["items"] == []


async def test_a_member_reserves_at_any_desk_what_it_offers(shop: Shop) -> None:
    elsewhere = await shop.server.bank.branch("银宇小区")
    member, reward_id = await shop.member(300, branch=elsewhere), await shop.reward(80)
    client = await shop.as_member(member.id)
    own = {"desk_id": shop.desk.id, "items": items((reward_id, 1))}
    assert (await client.post("/me/reservations", json=own, headers=key())).status_code == 201
    for wrong in (own | {"desk_id": 999}, own | {"items": items((999, 1))}):
        assert refusal(await client.post("/me/reservations", json=wrong, headers=key())) == (404, "not_found")
    other = own | {"member_id": member.id}
    assert refusal(await client.post("/me/reservations", json=other, headers=key())) == (422, "invalid")


async def test_a_member_is_refused_what_a_desk_would_refuse(shop: Shop) -> None:
    member, reward_id = await shop.member(99), await shop.reward(80)
    client = await shop.as_member(member.id)
    body = {"desk_id": shop.desk.id, "items": items((reward_id, 1))}
    refused = await client.post("/me/reservations", json=body, headers=key())
    assert refusal(refused) == (409, "below_redemption_minimum")
    assert refusal(await shop.clerk.post("/me/reservations", json=body, headers=key())) == (403, "forbidden")
    assert refusal(await shop.clerk.get("/me/reservations")) == (403, "forbidden")
    assert refusal(await shop.server.client().get("/me/reservations")) == (401, "unauthenticated")


async def test_only_at_its_own_desk(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    desk = await shop.second_desk()
    reserved = (await shop.reserve(member.id, (reward_id, 1))).json()
    for desk_id in (desk.id, 999):
        answer = await shop.collect(reserved["id"], reserved["code"], desk_id=desk_id)
        assert refusal(answer) == (422, "invalid")
        assert answer.json()["fields"] == {"desk_id": "This was reserved at another desk."}
    assert (await shop.collect(reserved["id"], reserved["code"])).status_code == 200


async def test_after_five_wrong_codes_no_code_helps(shop: Shop) -> None:
    """Tries are counted although the request is refused; a clerk can still cancel it."""
    member, reward_id = await shop.member(300), await shop.reward(80)
    reserved = (await shop.reserve(member.id, (reward_id, 1))).json()
    wrong = f"{(int(reserved['code']) + 1) % 1_000_000:06}"
    for left in (4, 3, 2, 1, 0):
        answer = await shop.collect(reserved["id"], wrong)
        assert refusal(answer) == (409, "wrong_code")
        assert answer.json()["fields"] == {"tries_left": left}
        assert ("ask at the desk" if left == 0 else f"left: {left}.") in answer.json()["detail"]
    for code in (wrong, reserved["code"]):
        assert refusal(await shop.collect(reserved["id"], code)) == (429, "too_many_tries")
    assert (await shop.cancel(reserved["id"])).status_code == 200
    assert await shop.spendable(member.id) == 300


async def test_what_is_no_code_costs_no_try(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    reserved = (await shop.reserve(member.id, (reward_id, 1))).json()
    for text in ("12345", "1234567", "abcdef", "١٢٣٤٥٦x"):
        answer = await shop.collect(reserved["id"], text)
        assert (refusal(answer), answer.json()["fields"]) == ((409, "wrong_code"), {"tries_left": 5})
    assert (await shop.collect(reserved["id"], reserved["code"])).status_code == 200


async def test_it_can_be_collected_until_it_runs_out(shop: Shop) -> None:
    """30 days of 24 hours; after that the code is of no use, released or not."""
    shop.now("2026-11-20 10:00")
    member, reward_id = await shop.member(400), await shop.reward(80)
    first = (await shop.reserve(member.id, (reward_id, 1))).json()
    second = (await shop.reserve(member.id, (reward_id, 1))).json()
    shop.now("2026-12-20 09:59")
    assert (await shop.collect(first["id"], first["code"])).status_code == 200
    shop.now("2026-12-20 10:01")
    for _ in range(2):
        assert refusal(await shop.collect(second["id"], second["code"])) == (409, "reservation_expired")
        assert refusal(await shop.cancel(second["id"])) == (409, "reservation_expired")
        await shop.due()


async def test_it_can_be_collected_after_its_lot_has_lapsed(shop: Shop) -> None:
    """S8."""
    shop.now("2026-12-20 10:00")
    member, reward_id = await shop.member(100, lapses_on=THIS_YEAR), await shop.reward(80)
    reserved = (await shop.reserve(member.id, (reward_id, 1))).json()
    shop.now("2027-01-05 10:00")
    await shop.due()
    assert await shop.lots(member.id) == []
    answer = await shop.collect(reserved["id"], reserved["code"])
    assert (answer.status_code, answer.json()["spendable_points"]) == (200, 0)


async def test_who_moved_away_collects_at_the_old_desk(shop: Shop) -> None:
    """S8: the desk asks for the code, not for where the member lives."""
    elsewhere = await shop.server.bank.branch("泰和嘉园")
    member, reward_id = await shop.member(300, branch=elsewhere), await shop.reward(80)
    client = await shop.as_member(member.id)
    body = {"desk_id": shop.desk.id, "items": items((reward_id, 1))}
    reserved = (await client.post("/me/reservations", json=body, headers=key())).json()
    assert (await shop.collect(reserved["id"], reserved["code"])).status_code == 200


async def test_a_redemption_is_no_reservation(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    redeemed = (await shop.redeem(member.id, (reward_id, 1))).json()
    for redemption_id in (redeemed["id"], 999):
        assert refusal(await shop.collect(redemption_id, "123456")) == (404, "not_found")


async def test_who_collects(shop: Shop) -> None:
    member, reward_id = await shop.member(500), await shop.reward(10)
    reserved = (await shop.reserve(member.id, (reward_id, 1))).json()
    other = await shop.server.bank.branch("银宇小区")
    for role in Role:
        elsewhere = await shop.server.as_staff(role, branch=other)
        assert refusal(await shop.collect(reserved["id"], reserved["code"], client=elsewhere)) == (404, "not_found")
        if role not in {Role.ADMINISTRATOR, Role.CLERK}:
            here = await shop.server.as_staff(role, branch=shop.branch)
            assert refusal(await shop.collect(reserved["id"], reserved["code"], client=here)) == (403, "forbidden")
    as_member = await shop.as_member(member.id)
    assert refusal(await shop.collect(reserved["id"], reserved["code"], client=as_member)) == (403, "forbidden")


async def test_codes_are_not_tried_by_looking_for_them(shop: Shop) -> None:
    """Twenty that are nobody's, and the right one is not found either, by this clerk; a colleague finds it."""
    member = await shop.member(300)
    reserved = (await shop.reserve(member.id, (await shop.reward(80), 1))).json()
    right = int(reserved["code"])
    clerk, colleague = [await shop.server.bank.staff(Role.CLERK, branch=shop.branch) for _ in range(2)]

    async def found(code: int, by: Actor) -> int | None:
        text = f"{code % 1_000_000:06d}"
        looked: Found = await shop.write(find_at_desk, desk_id=shop.desk.id, text=text, by=by)
        return looked.redemption_id

    assert [await found(right + 1 + number, clerk) for number in range(20)] == [None] * 20
    with pytest.raises(TooManyTries):
        await found(right, clerk)
    assert await found(right, colleague) == reserved["id"]
    assert (await shop.collect(reserved["id"], reserved["code"])).status_code == 200
