"""The day's register of a desk."""

from points_bank.actor import Role
from tests.redemptions.shop import Shop, items, key, refusal


async def test_a_line_says_who_what_when_and_what_is_left(shop: Shop) -> None:
    """S1: 15 December, detergent for 80 of 100."""
    shop.now("2026-12-15 10:00")
    member, reward_id = await shop.member(100), await shop.reward(80)
    redeemed = (await shop.redeem(member.id, (reward_id, 1))).json()
    (line,) = await shop.register()
    assert line.pop("at").startswith("2026-12-15T02:00:")
    name = line["items"][0].pop("name")
    assert name.startswith("洗衣液")
    assert line == {
        "kind": "exchange",
        "redemption_id": redeemed["id"],
        "state": "collected",
        "member_id": member.id,
        "member_name": "张伟",
        "card_tail": member.card_no[-4:],
        "items": [{"reward_id": reward_id, "quantity": 1, "cost_points": 80}],
        "amount_points": 80,
        "balance_points": 20,
        "clerk_name": "王",
        "payers": [],
        "proxy_id": None,
        "proxy_name": None,
    }


async def test_what_was_undone_stands_on_its_own_day(shop: Shop) -> None:
    shop.now("2026-12-15 10:00")
    member, reward_id = await shop.member(300), await shop.reward(80)
    redeemed = (await shop.redeem(member.id, (reward_id, 1))).json()
    await shop.redeem(member.id, (reward_id, 2))
    shop.now("2026-12-16 10:00")
    await shop.cancel(redeemed["id"])

    def told(lines: list[dict[str, object]]) -> list[tuple[object, ...]]:
        return [(line["kind"], line["state"], line["amount_points"], line["balance_points"]) for line in lines]

    assert told(await shop.register("2026-12-15")) == [
        ("exchange", "cancelled", 80, 220),
        ("exchange", "collected", 160, 60),
    ]
    assert told(await shop.register("2026-12-16")) == [("cancellation", "cancelled", 80, 140)]
    assert told(await shop.register("2026-12-17")) == []


async def test_a_reservation_is_a_line_once_it_is_collected(shop: Shop) -> None:
    shop.now("2026-12-15 10:00")
    member, reward_id = await shop.member(400), await shop.reward(80)
    client = await shop.as_member(member.id)
    body = {"desk_id": shop.desk.id, "items": items((reward_id, 1))}
    first = (await client.post("/me/reservations", json=body, headers=key())).json()
    second = (await client.post("/me/reservations", json=body, headers=key())).json()
    third = (await shop.reserve(member.id, (reward_id, 1))).json()
    assert await shop.register() == []
    shop.now("2026-12-20 10:00")
    await shop.grant(member.id, 1)
    await shop.collect(first["id"], first["code"])
    await client.post(f"/me/reservations/{second['id']}/cancellation", json={}, headers=key())
    await shop.cancel(third["id"])
    lines = await shop.register()
    assert [(line["kind"], line["redemption_id"], line["clerk_name"], line["balance_points"]) for line in lines] == [
        ("exchange", first["id"], "王", 161),
        ("cancellation", second["id"], None, 241),
        ("cancellation", third["id"], "王", 321),
    ]


async def test_the_day_is_the_district_s(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(50)
    for instant in ("2026-12-14 23:59", "2026-12-15 00:00", "2026-12-15 23:59", "2026-12-16 00:00"):
        shop.now(instant)
        await shop.redeem(member.id, (reward_id, 1))
    assert [line["redemption_id"] for line in await shop.register("2026-12-15")] == [2, 3]


async def test_only_this_desk_and_in_pages(shop: Shop) -> None:
    member, reward_id = await shop.member(500), await shop.reward(10)
    desk = await shop.second_desk()
    await shop.receive(reward_id, 5, desk=desk)
    await shop.redeem(member.id, (reward_id, 1), desk_id=desk.id)
    for _ in range(5):
        await shop.redeem(member.id, (reward_id, 1))
    path = f"/desks/{shop.desk.id}/register"
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await shop.clerk.get(path, params=query)).json()
        seen += [line["redemption_id"] for line in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == [2, 3, 4, 5, 6]
    wrong = await shop.clerk.get(path, params={"cursor": "x"})
    assert refusal(wrong) == (422, "invalid")
    assert refusal(await shop.clerk.get(path, params={"on": "soon"})) == (422, "invalid")


async def test_who_reads_it(shop: Shop) -> None:
    other = await shop.server.bank.branch("银宇小区")
    path = f"/desks/{shop.desk.id}/register"
    readers = {Role.ADMINISTRATOR, Role.CLERK, Role.OVERSEER}
    for role in Role:
        here = await shop.server.as_staff(role, branch=shop.branch)
        assert (await here.get(path)).status_code == (200 if role in readers else 403)
        elsewhere = await shop.server.as_staff(role, branch=other)
        assert refusal(await elsewhere.get(path)) == (404, "not_found")
    member = await shop.member()
    assert refusal(await (await shop.as_member(member.id)).get(path)) == (403, "forbidden")
    assert refusal(await shop.server.client().get(path)) == (401, "unauthenticated")
    assert refusal(await shop.clerk.get("/desks/999/register")) == (404, "not_found")
