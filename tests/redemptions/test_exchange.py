"""Goods for points at the desk."""

from points_bank.actor import Role
from tests.redemptions.shop import NEXT_YEAR, THIS_YEAR, Shop, items, key, refusal


async def test_goods_are_handed_over_for_points(shop: Shop) -> None:
    shop.now("2026-12-15 10:00")
    member, reward_id = await shop.member(100), await shop.reward(80)
    answer = await shop.redeem(member.id, (reward_id, 1))
    assert answer.status_code == 201
    assert answer.json() == {
        "id": 1,
        "member_id": member.id,
        "desk_id": shop.desk.id,
        "state": "collected",
        "amount_points": 80,
        "spendable_points": 20,
        "items": [{"reward_id": reward_id, "quantity": 1, "cost_points": 80}],
        "payers": [],
    }
    assert await shop.spendable(member.id) == 20
    assert await shop.left(reward_id) == 9


async def test_a_card_says_who_it_is(shop: Shop) -> None:
    elsewhere = await shop.server.bank.branch("银宇小区")
    visitor, reward_id = await shop.member(100, branch=elsewhere), await shop.reward(80)
    assert refusal(await shop.redeem(visitor.id, (reward_id, 1))) == (404, "not_found")
    answer = await shop.redeem(visitor.card_no, (reward_id, 1))
    assert (answer.status_code, answer.json()["member_id"]) == (201, visitor.id)


async def test_a_visitor_whose_card_was_shown_today_is_known_by_id(shop: Shop) -> None:
    elsewhere = await shop.server.bank.branch("银宇小区")
    visitor, reward_id = await shop.member(300, branch=elsewhere), await shop.reward(10)
    assert (await shop.redeem(visitor.card_no, (reward_id, 1))).status_code == 201
    assert (await shop.redeem(visitor.id, (reward_id, 1))).status_code == 201
    shop.now("2026-10-13 09:00")
    assert refusal(await shop.redeem(visitor.id, (reward_id, 1))) == (404, "not_found")


async def test_several_rewards_go_in_one_exchange(shop: Shop) -> None:
    member = await shop.member(400)
    soap, tissue = await shop.reward(50), await shop.reward(80)
    answer = (await shop.redeem(member.id, (tissue, 1), (soap, 2))).json()
    assert (answer["amount_points"], answer["spendable_points"]) == (180, 220)
    assert [each["reward_id"] for each in answer["items"]] == [tissue, soap]
    assert (await shop.left(soap), await shop.left(tissue)) == (8, 9)


async def test_the_lot_that_lapses_first_is_spent_first(shop: Shop) -> None:
    member = await shop.member(120, lapses_on=THIS_YEAR)
    await shop.grant(member.id, 200, lapses_on=NEXT_YEAR)
    reward_id = await shop.reward(100)
    await shop.redeem(member.id, (reward_id, 1))
    assert await shop.lots(member.id) == [("2026-12-31", 20), ("2027-12-31", 200)]
    await shop.redeem(member.id, (reward_id, 1))
    assert await shop.lots(member.id) == [("2027-12-31", 120)]


async def test_a_lot_past_its_date_is_not_there_to_be_spent(shop: Shop) -> None:
    member = await shop.member(120, lapses_on=THIS_YEAR)
    await shop.grant(member.id, 110, lapses_on=NEXT_YEAR)
    reward_id = await shop.reward(100)
    shop.now("2027-01-01 00:00")
    answer = await shop.redeem(member.id, (reward_id, 1))
    assert (answer.status_code, answer.json()["spendable_points"]) == (201, 10)
    assert await shop.lots(member.id) == [("2027-12-31", 10)]


async def test_what_was_ordered_keeps_its_cost(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    administrator = await shop.server.as_staff(Role.ADMINISTRATOR)
    first = (await shop.redeem(member.id, (reward_id, 1))).json()
    await administrator.patch(f"/rewards/{reward_id}", json={"cost_points": 90})
    second = (await shop.redeem(member.id, (reward_id, 1))).json()
    assert (first["amount_points"], second["amount_points"]) == (80, 90)
    assert (await shop.cancel(first["id"])).json()["amount_points"] == 80


async def test_a_repeat_gives_the_same_answer_and_moves_nothing(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    body = {"member_id": member.id, "desk_id": shop.desk.id, "items": items((reward_id, 1))}
    headers = key()
    first = await shop.clerk.post("/redemptions", json=body, headers=headers)
    again = await shop.clerk.post("/redemptions", json=body, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    other = await shop.clerk.post("/redemptions", json=body | {"items": items((reward_id, 2))}, headers=headers)
    assert refusal(other) == (422, "idempotency_key_reused")
    assert await shop.spendable(member.id) == 220
    assert await shop.left(reward_id) == 9


async def test_without_a_key_nothing_moves(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    body = {"member_id": member.id, "desk_id": shop.desk.id, "items": items((reward_id, 1))}
    for path in ("/redemptions", "/reservations"):
        answer = await shop.clerk.post(path, json=body)
        assert refusal(answer) == (422, "idempotency_key_required")
    assert await shop.spendable(member.id) == 300


async def test_a_refused_key_may_be_sent_again(shop: Shop) -> None:
    member, reward_id = await shop.member(55), await shop.reward(80)
    body = {"member_id": member.id, "desk_id": shop.desk.id, "items": items((reward_id, 1))}
    headers = key()
    refused = await shop.clerk.post("/redemptions", json=body, headers=headers)
    assert refusal(refused) == (409, "below_redemption_minimum")
    await shop.grant(member.id, 45)
    assert (await shop.clerk.post("/redemptions", json=body, headers=headers)).status_code == 201
