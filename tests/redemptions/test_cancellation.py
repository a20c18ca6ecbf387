"""Cancelling: points back to the same lots, goods back to stock."""

import pytest

from points_bank.actor import Role
from tests.redemptions.shop import NEXT_YEAR, THIS_YEAR, Shop, items, key, refusal


async def test_points_go_back_to_the_same_lots_with_the_same_dates(shop: Shop) -> None:
    """S13: returned the next day."""
    member = await shop.member(120, lapses_on=THIS_YEAR)
    await shop.grant(member.id, 200, lapses_on=NEXT_YEAR)
    umbrella = await shop.reward(200, stock=1)
    redeemed = (await shop.redeem(member.id, (umbrella, 1))).json()
    assert await shop.lots(member.id) == [("2027-12-31", 120)]
    shop.now("2026-10-13 09:00")
    answer = await shop.cancel(redeemed["id"], "伞坏了")
    assert answer.status_code == 200
    assert answer.json() == {
        "id": redeemed["id"], "state": "cancelled", "amount_points": 200, "spendable_points": 320
    }  # fmt: skip
    assert await shop.lots(member.id) == [("2026-12-31", 120), ("2027-12-31", 200)]
    assert await shop.left(umbrella) == 1
    keeper = await shop.server.as_staff(Role.STOCK_KEEPER, branch=shop.branch)
    damaged = {"desk_id": shop.desk.id, "kind": "damaged", "quantity": 1, "reason": "伞坏了"}
    booked = await keeper.post(f"/rewards/{umbrella}/stock-movements", json=damaged, headers=key())
    assert booked.json()["remaining"] == 0


@pytest.mark.parametrize("is_reserved", [False, True])
async def test_a_lot_past_its_date_gets_days_of_grace(shop: Shop, is_reserved: bool) -> None:
    shop.now("2026-12-20 10:00")
    member, reward_id = await shop.member(120, lapses_on=THIS_YEAR), await shop.reward(80)
    order = shop.reserve if is_reserved else shop.redeem
    ordered = (await order(member.id, (reward_id, 1))).json()
    shop.now("2027-01-05 10:00")
    await shop.due()
    assert (await shop.cancel(ordered["id"])).json()["spendable_points"] == 80
    assert await shop.lots(member.id) == [("2027-02-04", 80)]
    shop.now("2027-02-04 23:59")
    assert await shop.spendable(member.id) == 80
    shop.now("2027-02-05 00:00")
    assert await shop.spendable(member.id) == 0
    assert ("lapse", 1) in await shop.due()


async def test_a_deficit_is_filled_first(shop: Shop) -> None:
    member, reward_id = await shop.member(), await shop.reward(80)
    award_id = await shop.grant(member.id, 100)
    redeemed = (await shop.redeem(member.id, (reward_id, 1))).json()
    await shop.take_back(member.id, 50, of=award_id)
    assert await shop.spendable(member.id) == -30
    assert (await shop.cancel(redeemed["id"])).json()["spendable_points"] == 50
    assert await shop.lots(member.id) == [("2027-12-31", 50)]


async def test_a_reservation_is_cancelled_at_the_desk(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    reserved = (await shop.reserve(member.id, (reward_id, 2))).json()
    answer = await shop.cancel(reserved["id"])
    assert (answer.json()["state"], answer.json()["spendable_points"]) == ("cancelled", 300)
    assert await shop.left(reward_id) == 10
    assert refusal(await shop.collect(reserved["id"], reserved["code"])) == (409, "already_cancelled")
    assert refusal(await shop.cancel(reserved["id"])) == (409, "already_cancelled")


async def test_what_was_collected_from_a_reservation_is_refunded(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    reserved = (await shop.reserve(member.id, (reward_id, 1))).json()
    await shop.collect(reserved["id"], reserved["code"])
    assert (await shop.cancel(reserved["id"])).json()["spendable_points"] == 300
    assert await shop.left(reward_id) == 10
    assert refusal(await shop.collect(reserved["id"], reserved["code"])) == (409, "already_cancelled")


async def test_a_repeat_gives_the_same_answer(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    redeemed = (await shop.redeem(member.id, (reward_id, 1))).json()
    path, headers = f"/redemptions/{redeemed['id']}/cancellation", key()
    assert refusal(await shop.clerk.post(path, json={"reason": "退"})) == (422, "idempotency_key_required")
    first = await shop.clerk.post(path, json={"reason": "退"}, headers=headers)
    again = await shop.clerk.post(path, json={"reason": "退"}, headers=headers)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert await shop.spendable(member.id) == 300


async def test_a_reason_is_needed(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    redeemed = (await shop.redeem(member.id, (reward_id, 1))).json()
    path = f"/redemptions/{redeemed['id']}/cancellation"
    for body in ({}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 201}, {"reason": "a\u0000"}):
        answer = await shop.clerk.post(path, json=body, headers=key())
        assert (refusal(answer), list(answer.json()["fields"])) == ((422, "invalid"), ["reason"])
    assert await shop.spendable(member.id) == 220


async def test_a_member_cancels_an_own_reservation_only(shop: Shop) -> None:
    member, other, reward_id = await shop.member(400), await shop.member(300), await shop.reward(80)
    client = await shop.as_member(member.id)
    body = {"desk_id": shop.desk.id, "items": items((reward_id, 1))}
    own = (await client.post("/me/reservations", json=body, headers=key())).json()
    collected = (await client.post("/me/reservations", json=body, headers=key())).json()
    await shop.collect(collected["id"], collected["code"])
    redeemed = (await shop.redeem(member.id, (reward_id, 1))).json()
    others = (await shop.reserve(other.id, (reward_id, 1))).json()

    async def cancel(redemption_id: int) -> tuple[int, str]:
        answer = await client.post(f"/me/reservations/{redemption_id}/cancellation", json={}, headers=key())
        return answer.status_code, answer.json().get("code") or answer.json()["state"]

    assert await cancel(own["id"]) == (200, "cancelled")
    assert await cancel(own["id"]) == (409, "already_cancelled")
    assert await cancel(collected["id"]) == (409, "already_collected")
    for redemption_id in (redeemed["id"], others["id"], 999):
        assert await cancel(redemption_id) == (404, "not_found")
    assert (await shop.spendable(member.id), await shop.spendable(other.id)) == (240, 220)


async def test_who_cancels(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    redeemed = (await shop.redeem(member.id, (reward_id, 1))).json()
    other = await shop.server.bank.branch("银宇小区")
    for role in Role:
        elsewhere = await shop.server.as_staff(role, branch=other)
        assert refusal(await shop.cancel(redeemed["id"], client=elsewhere)) == (404, "not_found")
        if role not in {Role.ADMINISTRATOR, Role.CLERK}:
            here = await shop.server.as_staff(role, branch=shop.branch)
            assert refusal(await shop.cancel(redeemed["id"], client=here)) == (403, "forbidden")
    assert refusal(await shop.cancel(redeemed["id"], client=await shop.as_member(member.id))) == (403, "forbidden")
    assert refusal(await shop.cancel(999)) == (404, "not_found")
    above = await shop.server.as_staff(Role.ADMINISTRATOR)
    assert (await shop.cancel(redeemed["id"], client=above)).status_code == 200
