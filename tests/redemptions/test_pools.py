"""Several people of a household pay for one order: who is asked, how much, and what is given back."""

import asyncio
import itertools
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from points_bank.actor import SYSTEM, Role
from points_bank.errors import InsufficientPoints, Invalid, MonthLimit
from points_bank.ledger.accounts import MemberAccount
from points_bank.ledger.lots import LotPoints
from points_bank.ledger.spending import Purse
from points_bank.members.consents import withdraw_consent
from points_bank.members.households import add_household, join_household, leave_household
from points_bank.members.models import Purpose
from points_bank.members.register import Registered
from points_bank.passbook.closing import close_passbook
from points_bank.redemptions.payers import Payer, split_over_payers
from points_bank.rules.rule_set import parse_rule_set, reference_content
from tests.redemptions.shop import NEXT_YEAR, THIS_YEAR, Shop, items, key, refusal, statuses

RULES = parse_rule_set(reference_content())
SHARING = [Purpose.RECORDS, Purpose.HOUSEHOLD]


@dataclass
class Home:
    """A household at a shop."""

    shop: Shop
    household_id: int
    people: list[Registered]

    def ids(self) -> list[int]:
        return [person.id for person in self.people]

    async def balances(self) -> list[int]:
        return [await self.shop.spendable(person.id) for person in self.people]


async def home(shop: Shop, *points: int, lapses_on: date = NEXT_YEAR) -> Home:
    """A household of people with so many points each, who all agreed to share."""
    people = [await shop.member(each, lapses_on=lapses_on, consents=SHARING) for each in points]
    ids = [person.id for person in people]
    made = await shop.write(add_household, branch_id=shop.branch.id, member_ids=ids, by=SYSTEM)
    return Home(shop, made.household_id, people)


def shares(answer: httpx.Response) -> list[tuple[int, int]]:
    return [(each["member_id"], each["points"]) for each in answer.json()["payers"]]


def payers(*named: int | tuple[int, int]) -> list[dict[str, int]]:
    """Payers as they are asked for: an id, or an id with points."""
    return [
        {"member_id": each} if isinstance(each, int) else {"member_id": each[0], "points": each[1]} for each in named
    ]


async def test_who_orders_pays_first_then_whose_points_lapse_first(shop: Shop) -> None:
    family = await home(shop, 100, 150, 200)
    a, _, c = family.ids()
    await shop.grant(c, 10, lapses_on=THIS_YEAR)
    reward = await shop.reward(300)
    answer = await shop.redeem(a, (reward, 1), pool=True)
    assert (answer.status_code, shares(answer)) == (201, [(a, 100), (c, 200)])
    assert await family.balances() == [0, 150, 10]


async def test_named_people_pay_what_was_said_and_the_others_the_rest(shop: Shop) -> None:
    family = await home(shop, 100, 150, 200)
    a, b, c = family.ids()
    reward = await shop.reward(300)
    answer = await shop.redeem(a, (reward, 1), payers=payers(b, (c, 180), a))
    assert (answer.status_code, shares(answer)) == (201, [(b, 120), (c, 180)])
    assert answer.json()["spendable_points"] == 100
    cancelled = await shop.cancel(answer.json()["id"])
    assert (cancelled.status_code, cancelled.json()["spendable_points"]) == (200, 100)
    assert await family.balances() == [100, 150, 200]
    # In the register both stand, with what whoever ordered has.
    assert [(line["kind"], line["balance_points"]) for line in await shop.register()] == [
        ("exchange", 100), ("cancellation", 100),
    ]  # fmt: skip


async def test_a_shared_reservation_is_collected_or_goes_back_to_each(shop: Shop) -> None:
    family = await home(shop, 100, 150)
    a, b = family.ids()
    reward = await shop.reward(200)
    reserved = (await shop.reserve(a, (reward, 1), pool=True)).json()
    assert await family.balances() == [0, 50]
    books = [(await shop.clerk.get(f"/members/{each}/passbook")).json() for each in (a, b)]
    assert [book["held_points"] for book in books] == [100, 100]
    assert (await shop.collect(reserved["id"], reserved["code"])).status_code == 200
    assert await family.balances() == [0, 50]
    for points, member_id in ((100, a), (100, b)):
        await shop.grant(member_id, points)
    again = (await shop.reserve(b, (reward, 1), pool=True)).json()
    assert [(each["member_id"], each["points"]) for each in again["payers"]] == [(b, 150), (a, 50)]
    shop.now("2027-01-31 10:00")
    await shop.due()
    assert await family.balances() == [100, 150]


async def test_who_did_not_agree_or_lives_elsewhere_does_not_pay(shop: Shop) -> None:
    family, stranger = await home(shop, 100, 150), await shop.member(500, consents=SHARING)
    a, b = family.ids()
    reward = await shop.reward(200)
    for named in (payers(a, stranger.id), payers(stranger.id)):
        answer = await shop.redeem(a, (reward, 1), payers=named)
        assert refusal(answer) == (409, "not_pooled")
        assert answer.json()["fields"] == {"member_id": stranger.id}
    assert refusal(await shop.redeem(stranger.id, (reward, 1), pool=True)) == (409, "not_pooled")
    await shop.write(withdraw_consent, b, Purpose.HOUSEHOLD, by=SYSTEM)
    assert refusal(await shop.redeem(a, (reward, 1), pool=True)) == (409, "insufficient_points")
    assert refusal(await shop.redeem(b, (reward, 1), pool=True)) == (409, "not_pooled")
    assert await family.balances() == [100, 150]


async def test_a_minor_pays_only_with_the_guardians_word_for_this_order(shop: Shop) -> None:
    family = await home(shop, 100)
    (adult,) = family.ids()
    child = await shop.member(300, born_on=date(2013, 5, 1), consents=SHARING)
    body = {"member_id": child.id}
    recorder = await shop.server.as_staff(Role.RECORDER, branch=shop.branch)
    assert (await recorder.post(f"/households/{family.household_id}/members", json=body)).status_code == 201
    reward = await shop.reward(200)
    ticked = [{"member_id": child.id, "guardian_agreed": True}]
    assert refusal(await shop.redeem(adult, (reward, 1), pool=True)) == (409, "insufficient_points")
    assert refusal(await shop.redeem(adult, (reward, 1), payers=payers(child.id))) == (409, "guardian_required")
    # Without a consent on file the word at the desk is not enough.
    assert refusal(await shop.redeem(adult, (reward, 1), payers=ticked)) == (409, "guardian_required")
    guardian = {"name": "王", "consented_on": "2026-10-01"}
    assert (await recorder.patch(f"/members/{child.id}", json={"guardian": guardian})).status_code == 200
    assert refusal(await shop.redeem(child.id, (reward, 1), pool=True)) == (409, "guardian_required")
    assert (await shop.redeem(adult, (reward, 1), payers=ticked)).status_code == 201
    assert await shop.spendable(child.id) == 100


async def test_the_limits_of_a_person_and_of_a_household(shop: Shop) -> None:
    shop.now("2026-11-20 10:00")
    family = await home(shop, 1_000, 1_000)
    a, b = family.ids()
    rice, soap = await shop.reward(600, stock=2), await shop.reward(150)
    answer = await shop.redeem(a, (rice, 1), pool=True)
    assert shares(answer) == [(a, 500), (b, 100)]
    assert refusal(await shop.redeem(a, (soap, 1))) == (409, "redemption_limit")
    alone = await shop.redeem(b, (soap, 2))
    assert (refusal(alone), alone.json()["fields"]) == (
        (409, "redemption_limit"),
        {"limit": "household", "limit_quantity": 800, "used_quantity": 600, "asked_quantity": 300},
    )
    assert (await shop.redeem(b, (soap, 1))).status_code == 201
    # Who moves out takes a person's limit along, and leaves the household's behind.
    await shop.write(leave_household, family.household_id, member_id=b, by=SYSTEM)
    assert (await shop.redeem(b, (soap, 1))).status_code == 201
    shop.now("2026-12-01 10:00")
    assert (await shop.redeem(a, (soap, 1))).status_code == 201


async def test_who_orders_alone_and_joins_again_brings_what_they_used(shop: Shop) -> None:
    shop.now("2026-11-20 10:00")
    first, second = await home(shop, 1_000, 1_000), await home(shop, 1_000)
    (a, b), (c,) = first.ids(), second.ids()
    rice, soap = await shop.reward(360, stock=9), await shop.reward(100, stock=9)
    assert (await shop.redeem(a, (rice, 1))).status_code == 201
    assert (await shop.redeem(b, (soap, 1))).status_code == 201
    await shop.write(leave_household, first.household_id, member_id=b, by=SYSTEM)
    assert (await shop.redeem(b, (soap, 3))).status_code == 201
    await shop.write(join_household, first.household_id, member_id=b, by=SYSTEM)
    # 360 and 100 as a household, 300 alone: 760 of 800, whoever of them asks.
    for each in (a, b):
        refused = await shop.redeem(each, (soap, 1))
        assert (refusal(refused), refused.json()["fields"]["used_quantity"]) == ((409, "redemption_limit"), 760)

    # What several people of another household paid together is brought by each for their own part.
    await shop.write(leave_household, first.household_id, member_id=b, by=SYSTEM)
    await shop.write(join_household, second.household_id, member_id=b, by=SYSTEM)
    assert (await shop.redeem(c, (rice, 1), payers=payers((c, 300), (b, 60)))).status_code == 201
    await shop.write(leave_household, second.household_id, member_id=b, by=SYSTEM)
    await shop.write(join_household, first.household_id, member_id=b, by=SYSTEM)
    refused = await shop.redeem(a, (soap, 1))
    assert refused.json()["fields"]["used_quantity"] == 820
    shop.now("2026-12-01 10:00")
    assert (await shop.redeem(a, (soap, 1))).status_code == 201


@pytest.mark.racing
async def test_a_household_that_orders_at_once_stays_within_its_month(shop: Shop) -> None:
    family = await home(shop, 1_000, 1_000, 1_000)
    reward = await shop.reward(200, stock=20)
    answers = await asyncio.gather(*(shop.redeem(each, (reward, 1)) for each in family.ids() * 3))
    assert statuses(answers) == {201: 4, "redemption_limit": 5}


async def test_what_makes_no_sense_is_refused_and_nothing_moves(shop: Shop) -> None:
    family = await home(shop, 300, 300)
    a, b = family.ids()
    reward = await shop.reward(200)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"payers": payers(a, a)}, "invalid"),
        ({"payers": payers((a, 50), (b, 50))}, "invalid"),
        ({"payers": payers((a, 150), (b, 150))}, "invalid"),
        ({"payers": payers(a), "pool": True}, "invalid"),
        ({"payers": []}, "invalid"),
        ({"payers": payers((a, 0), b)}, "invalid"),
        ({"payers": payers((a, 350), b)}, "insufficient_points"),
        ({"payers": payers((a, 501), b)}, "redemption_limit"),
        ({"pool": True, "proxy_id": 1}, "invalid"),
    ]
    for more, code in wrong:
        for route in ("/redemptions", "/redemptions/preview"):
            assert (await shop.order(route, a, (reward, 1), **more)).json()["code"] == code, more
    assert await family.balances() == [300, 300]
    assert await shop.register() == []


async def test_a_preview_moves_nothing_and_tells_what_would_be_paid(shop: Shop) -> None:
    member, reward = await shop.member(300), await shop.reward(200)
    answer = await shop.order("/redemptions/preview", member.id, (reward, 1))
    assert (answer.status_code, shares(answer), answer.json()["amount_points"]) == (200, [(member.id, 200)], 200)
    assert await shop.spendable(member.id) == 300


async def test_staff_do_not_serve_a_household_that_pays_with_their_points(shop: Shop) -> None:
    family = await home(shop, 100, 300)
    a, b = family.ids()
    reward = await shop.reward(200)
    relative = await shop.server.as_staff(Role.CLERK, branch=shop.branch, member_id=b)
    assert refusal(await shop.redeem(a, (reward, 1), pool=True, client=relative)) == (409, "same_person")
    done = (await shop.reserve(a, (reward, 1), pool=True)).json()
    assert refusal(await shop.collect(done["id"], done["code"], client=relative)) == (409, "same_person")
    assert refusal(await shop.cancel(done["id"], client=relative)) == (409, "same_person")


async def test_one_who_closes_their_passbook_ends_what_they_pay_with_others(shop: Shop) -> None:
    family = await home(shop, 100, 300)
    a, b = family.ids()
    reward = await shop.reward(200)
    assert (await shop.reserve(a, (reward, 1), pool=True)).status_code == 201
    await shop.write(close_passbook, b, reason="迁出", by=SYSTEM)
    assert await family.balances() == [100, 300]


async def test_the_same_key_pays_once(shop: Shop) -> None:
    family = await home(shop, 100, 300)
    a, _ = family.ids()
    body = {"member_id": a, "desk_id": shop.desk.id, "pool": True, "items": items((await shop.reward(200), 1))}
    headers = key()
    answers = [await shop.clerk.post("/redemptions", json=body, headers=headers) for _ in "12"]
    assert answers[0].json() == answers[1].json()
    assert await family.balances() == [0, 200]


def payer(member_id: int, spendable: int, left: int, asked: int | None) -> Payer:
    account = MemberAccount(member_id, member_id, spendable, honour_points=0, service_minutes=0, activities=0)
    lots = [LotPoints(1, NEXT_YEAR, spendable)] if spendable > 0 else []
    used_points = RULES.month_limit_points - left
    return Payer(purse=Purse(account, lots), used_points=used_points, left_points=left, asked_points=asked)


PAYERS = st.lists(
    st.tuples(st.integers(-50, 700), st.integers(0, 500), st.none() | st.integers(1, 300)), min_size=1, max_size=5
)


@given(PAYERS, st.integers(1, 1_500))
def test_chance_splits_to_the_point(drawn: list[tuple[int, int, int | None]], points: int) -> None:
    people = [payer(number, *each) for number, each in enumerate(drawn)]
    free = sum(each.most_points for each in people if each.asked_points is None)
    asked = sum(each.asked_points or 0 for each in people)
    too_much = any((each.asked_points or 0) > each.most_points for each in people)
    can_be_paid = not too_much and asked <= points <= asked + free
    if not can_be_paid:
        with pytest.raises((InsufficientPoints, Invalid, MonthLimit)):
            split_over_payers(RULES, people, points)
        return
    found = split_over_payers(RULES, people, points)
    assert sum(share.points for share in found) == points
    for share in found:
        person = people[share.member_id]
        assert 0 < share.points <= person.most_points
        assert person.asked_points in {None, share.points}
    # Nobody is asked while somebody before them has something left to give.
    whole = [each for each in people if each.asked_points is None]
    paid = {share.member_id: share.points for share in found}
    for before, after in itertools.pairwise(whole):
        assert paid.get(before.member_id, 0) == before.most_points or after.member_id not in paid


@pytest.mark.parametrize("path", ["/redemptions", "/reservations"])
async def test_several_pay_with_a_card_too(shop: Shop, path: str) -> None:
    family = await home(shop, 100, 300)
    answer = await shop.order(path, family.people[0].card_no, (await shop.reward(200), 1), pool=True)
    assert answer.status_code == 201, answer.text
    assert await family.balances() == [0, 200]
