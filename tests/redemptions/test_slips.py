"""A slip outlasts the visit in which it was made: what somebody has now is told only to who may read it now."""

import re

import httpx

from points_bank.actor import Role
from tests.redemptions.shop import Shop


async def balance_on(browser: httpx.AsyncClient, path: str) -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    found = re.search(r"data-balance>([^<]*)<", answer.text)
    assert found is not None
    return found[1]


async def test_a_visitors_balance_is_told_on_the_day_of_the_visit_to_who_was_shown_the_card(shop: Shop) -> None:
    bank = shop.server.bank
    visitor = await shop.member(300, branch=await bank.branch("银宇小区"))
    token = await bank.token(await bank.staff(Role.CLERK, branch=shop.branch))
    colleague = await shop.server.browser(await bank.token(await bank.staff(Role.CLERK, branch=shop.branch)))
    clerk, redeemed = (
        await shop.server.browser(token),
        await shop.redeem(visitor.card_no, (await shop.reward(50), 1), client=shop.server.client(token)),
    )
    slip = f"/desk/{shop.desk.id}/slips/{redeemed.json()['id']}"
    await shop.grant(visitor.id, 1_000)
    assert await balance_on(clerk, slip) == "1,250"
    assert await balance_on(colleague, slip) == "250"
    shop.now("2026-10-13 09:00")
    assert await balance_on(clerk, slip) == "250"
