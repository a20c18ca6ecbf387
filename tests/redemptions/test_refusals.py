"""What a desk is told, in which order, and that nothing has moved then."""

from datetime import date
from typing import Any

from points_bank.actor import SYSTEM, Role
from points_bank.branches.models import BranchKind
from points_bank.members.cards import issue_card
from points_bank.members.changes import close_member
from points_bank.members.details import Guardian
from points_bank.rewards.catalogue import add_reward
from tests.redemptions.shop import Shop, items, key, refusal, statuses


async def test_under_the_minimum_nobody_is_asked_what_it_costs(shop: Shop) -> None:
    """S1: 55 points, asked for 80."""
    member, reward_id = await shop.member(55), await shop.reward(80)
    answer = await shop.redeem(member.id, (reward_id, 1))
    assert refusal(answer) == (409, "below_redemption_minimum")
    assert answer.json()["fields"] == {"minimum_points": 100, "spendable_points": 55}
    assert answer.json()["detail"] == "Points can be exchanged from 100 on; there are 55 so far."
    assert (await shop.spendable(member.id), await shop.left(reward_id)) == (55, 10)


async def test_too_few_points(shop: Shop) -> None:
    member, reward_id = await shop.member(120), await shop.reward(150)
    answer = await shop.redeem(member.id, (reward_id, 1))
    assert refusal(answer) == (409, "insufficient_points")
    assert answer.json()["fields"] == {"asked_points": 150, "spendable_points": 120}
    assert (await shop.spendable(member.id), await shop.left(reward_id)) == (120, 10)


async def test_sold_out(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80, stock=1)
    answer = await shop.redeem(member.id, (reward_id, 2))
    assert refusal(answer) == (409, "out_of_stock")
    assert answer.json()["fields"] == {"reward_id": reward_id, "remaining_quantity": 1}
    never = await shop.reward(80, stock=0)
    assert refusal(await shop.redeem(member.id, (reward_id, 1), (never, 1))) == (409, "out_of_stock")
    assert (await shop.spendable(member.id), await shop.left(reward_id)) == (300, 1)
    assert await shop.register() == []


async def test_below_zero_after_a_correction(shop: Shop) -> None:
    """S4: 40 for an activity, 25 of it spent, 30 taken back: -15; blocked until 0 or above."""
    member, reward_id = await shop.member(85), await shop.reward(10, stock=20)
    award_id = await shop.grant(member.id, 40)
    assert (await shop.redeem(member.id, (await shop.reward(110), 1))).status_code == 201
    await shop.take_back(member.id, 30, of=award_id)
    assert await shop.spendable(member.id) == -15
    answer = await shop.redeem(member.id, (reward_id, 1))
    assert refusal(answer) == (409, "balance_below_zero")
    assert answer.json()["fields"] == {"balance_points": -15}
    await shop.grant(member.id, 15)
    assert refusal(await shop.redeem(member.id, (reward_id, 1))) == (409, "below_redemption_minimum")
    await shop.grant(member.id, 100)
    assert (await shop.redeem(member.id, (reward_id, 1))).json()["spendable_points"] == 90


async def test_a_lost_card_tells_nothing(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    await shop.write(issue_card, member.id, by=SYSTEM)
    answer = await shop.redeem(member.card_no, (reward_id, 1))
    assert refusal(answer) == (409, "card_lost")
    assert answer.json()["fields"] == {}
    assert await shop.spendable(member.id) == 300


async def test_a_closed_passbook(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    await shop.write(close_member, member.id, reason="本人申请", by=SYSTEM)
    for path in ("/redemptions", "/reservations"):
        assert refusal(await shop.order(path, member.id, (reward_id, 1))) == (409, "member_closed")


async def test_a_clerk_does_not_serve_themselves(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    clerk = await shop.server.as_staff(Role.CLERK, Role.ADMINISTRATOR, branch=shop.branch, member_id=member.id)
    for who in (member.id, member.card_no):
        assert refusal(await shop.redeem(who, (reward_id, 1), client=clerk)) == (409, "same_person")
        assert refusal(await shop.reserve(who, (reward_id, 1), client=clerk)) == (409, "same_person")
    reserved = (await shop.reserve(member.id, (reward_id, 1))).json()
    collected = await shop.collect(reserved["id"], reserved["code"], client=clerk)
    assert refusal(collected) == (409, "same_person")
    assert refusal(await shop.cancel(reserved["id"], client=clerk)) == (409, "same_person")
    assert await shop.spendable(member.id) == 220


async def test_under_18_a_guardian_agrees_first(shop: Shop) -> None:
    """Until the day before the 18th birthday."""
    reward_id = await shop.reward(80)
    child = await shop.member(300, born_on=date(2008, 10, 13))
    assert refusal(await shop.redeem(child.id, (reward_id, 1))) == (409, "guardian_required")
    agreed = Guardian("张父", date(2026, 10, 1))
    other = await shop.member(300, born_on=date(2013, 5, 1), guardian=agreed)
    assert (await shop.redeem(other.id, (reward_id, 1))).status_code == 201
    shop.now("2026-10-13 00:00")
    assert (await shop.redeem(child.id, (reward_id, 1))).status_code == 201


async def test_only_what_the_desk_offers(shop: Shop) -> None:
    member = await shop.member(300)
    community = await shop.server.bank.branch("凤岭社区", BranchKind.COMMUNITY)
    elsewhere = (await shop.write(add_reward, name="雨伞", cost_points=50, branch_id=community.id, by=SYSTEM)).id
    withdrawn = (await shop.write(add_reward, name="肥皂", cost_points=50, is_offered=False, by=SYSTEM)).id
    for reward_id in (elsewhere, withdrawn, 999):
        answer = await shop.redeem(member.id, (reward_id, 1))
        assert refusal(answer) == (404, "not_found")
        assert answer.json()["fields"] == {"reward_id": reward_id}


NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"items": []}, "items"),
    ({"items": items((1, 0))}, "items[0].quantity"),
    ({"items": items((1, -1))}, "items[0].quantity"),
    ({"items": items((1, 1000))}, "items[0].quantity"),
    ({"items": items((1, 2**70))}, "items[0].quantity"),
    ({"items": [{"reward_id": 1}]}, "items[0].quantity"),
    ({"items": [{"reward_id": 1, "quantity": 1.5}]}, "items[0].quantity"),
    ({"items": [{"reward_id": 1, "quantity": True}]}, "items[0].quantity"),
    ({"items": items((0, 1))}, "items[0].reward_id"),
    ({"items": items((1, 1), (1, 1))}, "items[1].reward_id"),
    ({"items": items(*((each, 1) for each in range(1, 22)))}, "items"),
    ({"desk_id": None}, "desk_id"),
    ({"member_id": None}, "member_id"),
    ({"card_no": "12"}, "member_id"),
    ({"member_id": None, "card_no": "1234567890"}, "card_no"),
    ({"member_id": None, "card_no": "1" * 33}, "card_no"),
    ({"points": 5}, "points"),
]
"""A change to an order, and the field that is named."""


async def test_what_makes_no_sense_is_invalid(shop: Shop) -> None:
    member = await shop.member(300)
    assert await shop.reward(80) == 1
    for change, field in NONSENSE:
        body = {"member_id": member.id, "desk_id": shop.desk.id, "items": items((1, 1))} | change
        for path in ("/redemptions", "/reservations"):
            answer = await shop.clerk.post(path, json=body, headers=key())
            assert (refusal(answer), list(answer.json()["fields"])) == ((422, "invalid"), [field]), change
    assert await shop.spendable(member.id) == 300


async def test_the_first_thing_that_is_wrong_is_told(shop: Shop) -> None:
    """One after the other is put right; each time the next refusal in the order of the desk comes up."""
    reward_id, dear = await shop.reward(80, stock=0), await shop.reward(600)
    child = await shop.member(0, born_on=date(2012, 1, 1))
    told: list[str] = []

    async def ask(who: int | str, *pairs: tuple[int, int]) -> None:
        told.append(refusal(await shop.redeem(who, *pairs))[1])

    await ask(999, (999, 1))
    await ask(child.id, (999, 1))
    adult = await shop.member(0)
    await ask(adult.id, (999, 1))
    award_id = await shop.grant(adult.id, 100)
    spent = await shop.reward(100)
    assert (await shop.redeem(adult.id, (spent, 1))).status_code == 201
    await shop.take_back(adult.id, 20, of=award_id)
    await ask(adult.id, (dear, 4))
    await shop.grant(adult.id, 20)
    await ask(adult.id, (dear, 4))
    await shop.grant(adult.id, 100)
    await ask(adult.id, (dear, 4))
    await ask(adult.id, (dear, 1))
    await ask(adult.id, (reward_id, 2))
    await ask(adult.id, (reward_id, 1))
    assert told == [
        "not_found",
        "guardian_required",
        "not_found",
        "balance_below_zero",
        "below_redemption_minimum",
        "redemption_limit",
        "redemption_limit",
        "insufficient_points",
        "out_of_stock",
    ]


async def test_who_serves(shop: Shop) -> None:
    """Clerks and administrators of the desk's branch or one above it; elsewhere there is no such desk."""
    member, reward_id = await shop.member(500), await shop.reward(10)
    other = await shop.server.bank.branch("银宇小区")
    outcomes = {}
    for role in Role:
        for place, branch in (("here", shop.branch), ("above", None), ("elsewhere", other)):
            client = await shop.server.as_staff(role, branch=branch)
            answers = [
                await shop.redeem(member.card_no, (reward_id, 1), client=client),
                await shop.reserve(member.card_no, (reward_id, 1), client=client),
            ]
            outcomes[role.value, place] = statuses(answers)
    yes, no, unseen = {201: 2}, {"forbidden": 2}, {"not_found": 2}
    serving = {Role.ADMINISTRATOR, Role.CLERK}
    assert outcomes == {
        (role.value, place): unseen if place == "elsewhere" else yes if role in serving else no
        for role in Role
        for place in ("here", "above", "elsewhere")
    }


async def test_strangers_and_members_are_no_clerks(shop: Shop) -> None:
    member, reward_id = await shop.member(500), await shop.reward(10)
    as_member = await shop.as_member(member.id)
    assert refusal(await shop.redeem(member.id, (reward_id, 1), client=shop.server.client())) == (
        401,
        "unauthenticated",
    )
    assert refusal(await shop.redeem(member.id, (reward_id, 1), client=as_member)) == (403, "forbidden")
    assert refusal(await shop.reserve(member.id, (reward_id, 1), client=as_member)) == (403, "forbidden")


async def test_it_is_said_in_chinese(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    body = {"member_id": member.id, "desk_id": shop.desk.id, "items": items((reward_id, 1), (reward_id, 1))}
    headers = key() | {"Accept-Language": "zh"}
    answer = await shop.clerk.post("/redemptions", json=body, headers=headers)
    assert answer.json()["fields"] == {"items[1].reward_id": "同一物品列了两次。"}
