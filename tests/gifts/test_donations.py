"""Donations: to a neighbour by the number of their card, and to the help pool."""

import asyncio
from typing import Any

import httpx
import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.gifts.donating import donate_to_help_pool
from points_bank.members.cards import report_loss
from points_bank.members.changes import close_member
from points_bank.members.erasure import erase_member
from points_bank.members.register import Registered
from tests.redemptions.shop import NEXT_YEAR, THIS_YEAR, Shop, key, refusal, statuses
from tests.stories.district import get


async def donate(
    shop: Shop, who: Registered | None, points: Any, to: str, *, client: httpx.AsyncClient | None = None
) -> httpx.Response:
    """At the desk for a member; with None, by the member whose client it is."""
    path = "/me/donations" if who is None else f"/members/{who.id}/donations"
    return await (client or shop.clerk).post(path, json={"points": points, "to": to}, headers=key())


async def test_a_gift_keeps_its_dates_and_takes_no_honour(shop: Shop) -> None:
    giver, receiver = await shop.member(50, lapses_on=THIS_YEAR), await shop.member(5)
    await shop.grant(giver.id, 100)
    answer = await donate(shop, None, 80, receiver.card_no, client=await shop.as_member(giver.id))
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "id": 1, "member_id": giver.id, "receiver_id": receiver.id, "receiver_name": "张*", "branch_id": None,
        "points": 80, "spendable_points": 70,
    }  # fmt: skip
    assert await shop.lots(receiver.id) == [("2026-12-31", 50), ("2027-12-31", 35)]
    assert await shop.lots(giver.id) == [("2027-12-31", 70)]
    viewer = await shop.server.as_staff(Role.OVERSEER)
    books = [await get(viewer, f"/members/{each.id}/passbook") for each in (giver, receiver)]
    assert [book["honour_points"] for book in books] == [150, 5]
    lines = [(await get(viewer, f"/members/{each.id}/transfers"))["items"][0] for each in (giver, receiver)]
    assert [(line["kind"], line["amount_points"], line["balance_points"], line["title"]) for line in lines] == [
        ("gift", -80, 70, "Given to 张*"), ("gift", 80, 85, "Given by 张*")
    ]  # fmt: skip


async def test_a_neighbour_who_was_erased_is_called_so(shop: Shop) -> None:
    giver, receiver = await shop.member(50), await shop.member(50)
    await donate(shop, giver, 20, receiver.card_no)
    await donate(shop, receiver, 30, giver.card_no)
    await shop.write(close_member, receiver.id, reason="搬离", by=SYSTEM)
    await shop.write(erase_member, receiver.id, by=await shop.server.bank.staff(Role.ADMINISTRATOR))
    own = await shop.as_member(giver.id)
    titles = [line["title"] for line in (await get(own, "/me/transfers"))["items"][:2]]
    assert titles == ["Given by a member whose details were erased", "Given to a member whose details were erased"]


async def test_both_are_told_of_what_was_done_at_the_desk(shop: Shop) -> None:
    giver, receiver = await shop.member(50, lapses_on=THIS_YEAR), await shop.member()
    await donate(shop, giver, 30, receiver.card_no)
    viewer = await shop.server.as_staff(Role.OVERSEER)
    told = [(await get(viewer, f"/members/{each.id}/messages"))["items"] for each in (giver, receiver)]
    assert [[(each["kind"], each["figures"]) for each in messages] for messages in told] == [
        [("gave_away", {"points": 30})],
        [("gift_received", {"points": 30, "lapses_on": "2026-12-31"})],
    ]


async def test_the_help_pool_takes_ten_or_more(shop: Shop) -> None:
    giver = await shop.member(50)
    own = await shop.as_member(giver.id)
    assert refusal(await donate(shop, None, 9, "help_pool", client=own)) == (422, "invalid")
    answer = await donate(shop, None, 10, "help_pool", client=own)
    shown = answer.json()
    assert (shown["branch_id"], shown["receiver_id"], shown["spendable_points"]) == (shop.branch.id, None, 40)
    line = (await get(own, "/me/transfers"))["items"][0]
    assert (line["kind"], line["amount_points"], line["title"]) == ("donation", -10, "Donated to the help pool")


async def test_what_a_family_leaves_to_the_pool_may_be_any_number_from_a_closed_passbook(shop: Shop) -> None:
    member = await shop.member(7)
    await shop.write(close_member, member.id, reason="去世", by=SYSTEM)
    donated = await shop.write(donate_to_help_pool, member_id=member.id, points=7, by=SYSTEM)
    assert (donated.branch_id, donated.points, donated.spendable_points) == (shop.branch.id, 7, 0)


async def test_a_repeat_gives_once(shop: Shop) -> None:
    giver, receiver = await shop.member(50), await shop.member()
    path, body = f"/members/{giver.id}/donations", {"points": 20, "to": receiver.card_no}
    assert refusal(await shop.clerk.post(path, json=body)) == (422, "idempotency_key_required")
    headers = {"Idempotency-Key": "same"}
    answers = [await shop.clerk.post(path, json=body, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert (answers[1].headers["idempotency-replayed"], await shop.spendable(receiver.id)) == ("true", 20)


async def test_what_is_refused_moves_nothing(shop: Shop) -> None:
    giver, receiver, closed = await shop.member(50), await shop.member(), await shop.member()
    debtor = await shop.member()
    award_id = await shop.grant(debtor.id, 30)
    await shop.redeem(debtor.id, (await shop.reward(10), 1))
    await shop.take_back(debtor.id, 30, of=award_id)
    lost = await shop.member()
    await shop.write(report_loss, lost.id, by=SYSTEM)
    await shop.write(close_member, closed.id, reason="搬离", by=SYSTEM)
    child = await shop.member(50, born_on=NEXT_YEAR.replace(year=2014))
    cases = [
        (giver, 51, receiver.card_no, 409, "insufficient_points"),
        (giver, 0, receiver.card_no, 422, "invalid"),
        (giver, 9, receiver.card_no, 422, "invalid"),
        (giver, 20, giver.card_no, 422, "invalid"),
        (giver, 20, "12 34", 422, "invalid"),
        (giver, 20, "1234567890", 422, "invalid"),
        (giver, 20, closed.card_no, 409, "member_closed"),
        (giver, 20, lost.card_no, 409, "card_lost"),
        (closed, 20, receiver.card_no, 409, "member_closed"),
        (child, 20, receiver.card_no, 409, "guardian_required"),
        (child, 20, "help_pool", 409, "guardian_required"),
    ]
    for who, points, to, status, code in cases:
        assert refusal(await donate(shop, who, points, to)) == (status, code), (points, to)
    assert list((await donate(shop, giver, 20, "everyone")).json()["fields"]) == ["to"]
    assert await shop.spendable(receiver.id) == 0
    assert [await shop.spendable(each.id) for each in (giver, child)] == [50, 50]


async def test_below_zero_nothing_is_given(shop: Shop) -> None:
    debtor, receiver = await shop.member(), await shop.member()
    award_id = await shop.grant(debtor.id, 150)
    await shop.redeem(debtor.id, (await shop.reward(100), 1))
    await shop.take_back(debtor.id, 150, of=award_id)
    answer = await donate(shop, debtor, 20, receiver.card_no)
    assert (refusal(answer), answer.json()["fields"]) == ((409, "balance_below_zero"), {"balance_points": -100})


async def test_nobody_at_the_desk_gives_or_is_given_by_their_own_hand(shop: Shop) -> None:
    giver, clerk_at_home = await shop.member(50), await shop.member(50)
    clerk = await shop.server.as_staff(Role.CLERK, branch=shop.branch, member_id=clerk_at_home.id)
    for who, to in ((giver, clerk_at_home.card_no), (clerk_at_home, giver.card_no), (clerk_at_home, "help_pool")):
        assert refusal(await donate(shop, who, 20, to, client=clerk)) == (409, "same_person")
    assert [await shop.spendable(each.id) for each in (giver, clerk_at_home)] == [50, 50]


async def test_who_gives_for_whom(shop: Shop) -> None:
    giver, receiver = await shop.member(500), await shop.member()
    for role in Role:
        here = await shop.server.as_staff(role, branch=shop.branch)
        there = await shop.server.as_staff(role, branch=await shop.server.bank.branch("泰和社区"))
        answer = await donate(shop, giver, 10, receiver.card_no, client=here)
        assert answer.status_code == (201 if role in {Role.ADMINISTRATOR, Role.CLERK} else 403)
        assert refusal(await donate(shop, giver, 10, receiver.card_no, client=there)) == (404, "not_found")
    own = await shop.as_member(receiver.id)
    assert refusal(await donate(shop, giver, 10, receiver.card_no, client=own)) == (403, "forbidden")


async def test_a_neighbour_of_another_branch_can_be_given_to(shop: Shop) -> None:
    giver = await shop.member(50)
    receiver = await shop.member(branch=await shop.server.bank.branch("银宇小区"))
    assert (await donate(shop, giver, 20, receiver.card_no)).status_code == 201
    assert await shop.spendable(receiver.id) == 20


@pytest.mark.racing
async def test_at_once_no_more_is_given_than_there_is(shop: Shop) -> None:
    giver, one, other = await shop.member(50), await shop.member(50), await shop.member()
    answers = await asyncio.gather(
        *(donate(shop, giver, 20, other.card_no) for _ in range(5)),
        *(donate(shop, one, 20, giver.card_no) for _ in range(2)),
        *(donate(shop, giver, 20, "help_pool") for _ in range(3)),
    )
    assert set(statuses(answers)) <= {201, "insufficient_points"}
    given = 20 * sum(answer.is_success for answer in (*answers[:5], *answers[7:]))
    assert await shop.spendable(giver.id) == 50 + 40 - given
    assert await shop.spendable(giver.id) in {10, 30}


async def test_who_looks_after_the_books_sees_who_gave_to_whom(shop: Shop) -> None:
    giver, receiver = await shop.member(50), await shop.member()
    await donate(shop, giver, 20, receiver.card_no)
    await donate(shop, giver, 10, "help_pool")
    overseer = await shop.server.as_staff(Role.OVERSEER, branch=shop.branch)
    found = await get(overseer, "/donations", branch_id=shop.branch.id)
    assert [(each["receiver_id"], each["points"]) for each in found["items"]] == [(None, 10), (receiver.id, 20)]
    assert refusal(await shop.clerk.get("/donations", params={"branch_id": shop.branch.id})) == (403, "forbidden")


@pytest.mark.parametrize("body", [{}, {"points": 10}, {"points": "10", "to": "help_pool"}, {"points": 10, "to": ""}])
async def test_what_makes_no_sense_is_invalid(shop: Shop, body: dict[str, Any]) -> None:
    giver = await shop.member(50)
    answer = await shop.clerk.post(f"/members/{giver.id}/donations", json=body, headers=key())
    assert refusal(answer) == (422, "invalid")
