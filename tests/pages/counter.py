"""A desk of the demo with people and goods of the test's own, and a clerk with a tablet."""

from typing import Any

from playwright.async_api import expect

from points_bank.branches.tree import branch_of
from points_bank.rewards.desks import desk_of
from tests.bank import Bank, Server
from tests.pages.reader import Reader, Site
from tests.redemptions.shop import Shop

DESK = "凤岭社区兑换点"
CLERK = "luo"


async def shop_of(site: Site) -> Shop:
    """The clerk's desk, with the means of the tests of redemptions to make people and goods."""
    bank = await Bank.on(site.database)
    server = Server(bank, site.address)
    desk = await site.database.read(desk_of, 1)
    branch = await site.database.read(branch_of, desk.branch_id)
    return Shop(server, branch, desk, server.client())


async def at_desk(site: Site, **look: Any) -> Reader:
    """The clerk, signed in, with the desk open."""
    reader = await site.reader(**({"width": 1024, "height": 768} | look))
    await reader.sign_in(CLERK)
    await reader.go("/desk/1")
    return reader


async def scan(reader: Reader, number: str) -> None:
    """What a USB scanner does: it types the digits, wherever one is, and presses Enter.

    A moment after an answer was put into the page its forms still go as they would without scripts: that is waited for.
    """
    await expect(reader.page.locator(".htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)
    await reader.page.keyboard.type(number)
    async with reader.page.expect_navigation():
        await reader.page.keyboard.press("Enter")


async def balance(reader: Reader) -> int:
    """The large figure."""
    return int((await reader.page.locator("[data-balance]").inner_text()).replace(",", ""))


async def tap(reader: Reader, reward_id: int) -> None:
    """Tap a good, and wait until it lies in the basket."""
    await reader.page.locator(f"button.ware[value='{reward_id}']").click()
    await reader.page.locator(f"#quantity-{reward_id}").wait_for()
