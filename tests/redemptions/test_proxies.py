"""Who is authorised on paper collects one order for a member, within the limit and until the last day."""

from datetime import date
from typing import Any

import httpx
import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.errors import Forbidden, Invalid, MemberClosed, NotFound, SamePerson
from points_bank.members.changes import close_member
from points_bank.members.proxies import end_proxy, proxies_of, register_proxy
from points_bank.members.register import Registered
from points_bank.redemptions.proxies import proxies_as_used
from tests.redemptions.shop import Shop, refusal

PAPER: dict[str, Any] = {
    "name": "马小军", "authorised_on": date(2026, 10, 10), "until_on": date(2026, 12, 31), "limit_points": 200,
    "paper_reference": "17",
}  # fmt: skip


async def authorised(shop: Shop, member: Registered, **more: Any) -> int:
    proxy = await shop.write(register_proxy, member.id, **{**PAPER, **more}, by=SYSTEM)
    proxy_id: int = proxy.id
    return proxy_id


async def redeem(shop: Shop, member: Registered, reward_id: int, proxy_id: int) -> httpx.Response:
    return await shop.redeem(member.id, (reward_id, 1), proxy_id=proxy_id)


async def test_one_order_and_a_cancelled_one_does_not_count(shop: Shop) -> None:
    member, reward = await shop.member(500), await shop.reward(200)
    proxy_id = await authorised(shop, member)
    first = await redeem(shop, member, reward, proxy_id)
    assert first.status_code == 201
    assert [each.is_in_force for each in await shop.read(proxies_as_used, member.id, by=SYSTEM)] == [False]
    assert refusal(await redeem(shop, member, reward, proxy_id)) == (409, "proxy_used")
    await shop.cancel(first.json()["id"])
    assert [each.is_in_force for each in await shop.read(proxies_as_used, member.id, by=SYSTEM)] == [True]
    assert (await redeem(shop, member, reward, proxy_id)).status_code == 201
    # The member comes themselves as before.
    assert (await shop.redeem(member.id, (reward, 1))).status_code == 201


async def test_a_paper_is_for_one_order_however_often_it_is_written_down(shop: Shop) -> None:
    member, reward = await shop.member(500), await shop.reward(100)
    first = await authorised(shop, member)
    assert await authorised(shop, member) == first
    with pytest.raises(Invalid) as refused:
        await authorised(shop, member, limit_points=300)
    assert list(refused.value.fields) == ["paper_reference"]
    assert len(await shop.read(proxies_of, member.id, by=SYSTEM)) == 1
    assert (await redeem(shop, member, reward, first)).status_code == 201
    await shop.write(end_proxy, member.id, first, by=SYSTEM)
    anew = await authorised(shop, member, limit_points=300)
    assert refusal(await redeem(shop, member, reward, anew)) == (409, "proxy_used")
    other = await authorised(shop, member, paper_reference="18")
    assert (await redeem(shop, member, reward, other)).status_code == 201


async def test_until_the_last_day_and_not_after_its_end(shop: Shop) -> None:
    member, reward = await shop.member(500), await shop.reward(100)
    proxy_id = await authorised(shop, member)
    shop.now("2026-12-31 23:00")
    assert (await redeem(shop, member, reward, proxy_id)).status_code == 201
    late = await authorised(shop, member)
    shop.now("2027-01-01 00:00")
    assert refusal(await redeem(shop, member, reward, late)) == (409, "proxy_ended")
    ended = await authorised(shop, member, until_on=date(2027, 6, 30))
    for _ in range(2):
        await shop.write(end_proxy, member.id, ended, by=SYSTEM)
    answer = await redeem(shop, member, reward, ended)
    assert (refusal(answer), answer.json()["fields"]) == ((409, "proxy_ended"), {"until_on": "2027-06-30"})


async def test_of_another_member_is_not_found(shop: Shop) -> None:
    member, other = await shop.member(500), await shop.member(500)
    reward, proxy_id = await shop.reward(100), await authorised(shop, other)
    for wrong in (proxy_id, 999):
        assert refusal(await redeem(shop, member, reward, wrong)) == (404, "not_found")
    with pytest.raises(NotFound):
        await shop.write(end_proxy, member.id, proxy_id, by=SYSTEM)
    assert await shop.register() == []


async def test_a_reservation_is_collected_with_its_code_and_within_the_limit(shop: Shop) -> None:
    member, umbrella, rice = await shop.member(900), await shop.reward(200), await shop.reward(250)
    proxy_id = await authorised(shop, member)

    async def collect(reserved: dict[str, Any], code: str) -> httpx.Response:
        body = {"desk_id": shop.desk.id, "code": code, "proxy_id": proxy_id}
        path = f"/reservations/{reserved['id']}/collection"
        return await shop.clerk.post(path, json=body, headers={"Idempotency-Key": f"{reserved['id']}-{code}"})

    dear = (await shop.reserve(member.id, (rice, 1))).json()
    assert refusal(await collect(dear, dear["code"])) == (409, "redemption_limit")
    cheap = (await shop.reserve(member.id, (umbrella, 1))).json()
    assert refusal(await collect(cheap, "x")) == (409, "wrong_code")
    assert (await collect(cheap, cheap["code"])).status_code == 200
    assert [line["proxy_name"] for line in await shop.register()] == ["马小军"]
    again = (await shop.reserve(member.id, (await shop.reward(50), 1))).json()
    assert refusal(await collect(again, again["code"])) == (409, "proxy_used")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"authorised_on": date(2026, 10, 13)}, "authorised_on"),
        ({"until_on": date(2026, 10, 11)}, "until_on"),
        ({"until_on": date(2027, 10, 12)}, "until_on"),
    ],
)
async def test_a_paper_that_makes_no_sense_is_refused(shop: Shop, change: dict[str, Any], field: str) -> None:
    member = await shop.member()
    with pytest.raises(Invalid) as refused:
        await authorised(shop, member, **change)
    assert list(refused.value.fields) == [field]
    assert await shop.read(proxies_of, member.id, by=SYSTEM) == []


async def test_a_closed_passbook_authorises_nobody_and_clerks_do_not_either(shop: Shop) -> None:
    member = await shop.member()
    clerk = await shop.server.bank.staff(Role.CLERK, branch=shop.branch)
    with pytest.raises(Forbidden):
        await shop.write(register_proxy, member.id, **PAPER, by=clerk)
    recorder = await shop.server.bank.staff(Role.RECORDER, branch=shop.branch, member_id=member.id)
    with pytest.raises(SamePerson):
        await shop.write(register_proxy, member.id, **PAPER, by=recorder)
    await shop.write(close_member, member.id, reason="迁出", by=SYSTEM)
    with pytest.raises(MemberClosed):
        await authorised(shop, member)
