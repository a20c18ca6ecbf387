"""How much may be exchanged at once and in a month."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points_bank.errors import BalanceBelowZero, BelowRedemptionMinimum, RedemptionLimit
from points_bank.redemptions.limits import (
    refuse_debt,
    refuse_too_little_saved,
    refuse_too_many_items,
    refuse_too_much_a_month,
)
from points_bank.rules.rule_set import parse_rule_set, reference_content
from tests.redemptions.shop import Shop, refusal

RULES = parse_rule_set(reference_content())


def test_at_the_edges() -> None:
    refuse_debt(0)
    refuse_too_little_saved(RULES, 100)
    refuse_too_many_items(RULES, 3)
    refuse_too_much_a_month(RULES, used_points=420, asked_points=80)
    with pytest.raises(BalanceBelowZero):
        refuse_debt(-1)
    with pytest.raises(BelowRedemptionMinimum):
        refuse_too_little_saved(RULES, 99)
    with pytest.raises(RedemptionLimit):
        refuse_too_many_items(RULES, 4)
    with pytest.raises(RedemptionLimit):
        refuse_too_much_a_month(RULES, used_points=421, asked_points=80)


@given(st.integers(1, 1_000), st.integers(0, 1_000), st.integers(1, 1_000))
def test_the_rule_set_decides(limit: int, used: int, asked: int) -> None:
    rules = replace(RULES, month_limit_points=limit)
    if used + asked <= limit:
        refuse_too_much_a_month(rules, used_points=used, asked_points=asked)
        return
    with pytest.raises(RedemptionLimit) as refused:
        refuse_too_much_a_month(rules, used_points=used, asked_points=asked)
    quantities = {"limit_quantity": limit, "used_quantity": used, "asked_quantity": asked}
    assert refused.value.fields == {"limit": "month"} | quantities


async def test_three_items_a_visit(shop: Shop) -> None:
    member, soap, tissue = await shop.member(400), await shop.reward(10), await shop.reward(10)
    answer = await shop.redeem(member.id, (soap, 2), (tissue, 2))
    assert refusal(answer) == (409, "redemption_limit")
    assert answer.json()["fields"] == {
        "limit": "visit", "limit_quantity": 3, "used_quantity": 0, "asked_quantity": 4
    }  # fmt: skip
    assert (await shop.redeem(member.id, (soap, 2), (tissue, 1))).status_code == 201
    assert (await shop.redeem(member.id, (soap, 3))).status_code == 201


async def test_five_hundred_points_a_month(shop: Shop) -> None:
    shop.now("2026-11-30 23:00")
    member, rice, soap = await shop.member(1_200), await shop.reward(250), await shop.reward(50)
    for _ in range(2):
        assert (await shop.redeem(member.id, (rice, 1))).status_code == 201
    answer = await shop.redeem(member.id, (soap, 1))
    assert refusal(answer) == (409, "redemption_limit")
    assert answer.json()["fields"] == {
        "limit": "month", "limit_quantity": 500, "used_quantity": 500, "asked_quantity": 50
    }  # fmt: skip
    shop.now("2026-12-01 00:00")
    assert (await shop.redeem(member.id, (soap, 1))).status_code == 201


async def test_the_month_counts_at_every_desk(shop: Shop) -> None:
    member, rice, soap = await shop.member(1_200), await shop.reward(500), await shop.reward(50)
    desk = await shop.second_desk()
    await shop.receive(rice, 1, desk=desk)
    assert (await shop.redeem(member.id, (rice, 1), desk_id=desk.id)).status_code == 201
    assert refusal(await shop.redeem(member.id, (soap, 1))) == (409, "redemption_limit")


async def test_a_reservation_counts_in_the_month_of_reserving(shop: Shop) -> None:
    shop.now("2026-11-20 10:00")
    member, rice = await shop.member(1_200), await shop.reward(500)
    reserved = (await shop.reserve(member.id, (rice, 1))).json()
    assert refusal(await shop.redeem(member.id, (rice, 1))) == (409, "redemption_limit")
    shop.now("2026-12-01 10:00")
    assert (await shop.collect(reserved["id"], reserved["code"])).status_code == 200
    assert (await shop.redeem(member.id, (rice, 1))).status_code == 201


async def test_what_was_cancelled_or_ran_out_does_not_count(shop: Shop) -> None:
    shop.now("2026-12-01 10:00")
    member, rice = await shop.member(1_200), await shop.reward(500)
    first = (await shop.redeem(member.id, (rice, 1))).json()
    await shop.cancel(first["id"])
    await shop.reserve(member.id, (rice, 1))
    assert refusal(await shop.redeem(member.id, (rice, 1))) == (409, "redemption_limit")
    shop.now("2026-12-31 10:01")
    assert ("release", 1) in await shop.due()
    assert (await shop.redeem(member.id, (rice, 1))).status_code == 201
