"""The desk: from a card to goods in hand, as a clerk does it with a queue."""

import pytest_asyncio

from tests.pages.reader import Reader, Site


@pytest_asyncio.fixture(loop_scope="session")
async def tablet(site: Site) -> Reader:
    """The clerk's tablet, signed in, at the desk."""
    reader = await site.reader(width=1024, height=768)
    await reader.sign_in("luo")
    await reader.press("兑换点")
    await reader.press("凤岭社区兑换点")
    return reader


async def scan(reader: Reader, number: str) -> None:
    """What a USB scanner does: it types the digits, wherever one is, and presses Enter."""
    await reader.page.keyboard.type(number)
    await reader.page.keyboard.press("Enter")
    await reader.page.wait_for_load_state("load")


async def test_an_exchange_takes_four_touches(tablet: Reader) -> None:
    await scan(tablet, tablet.site.demo.member.card_no)
    before = int(await tablet.page.locator("[data-balance]").inner_text())
    good = tablet.page.locator("button.ware").first
    points = int((await good.locator(".num").inner_text()).split()[0])
    await good.click()
    await tablet.press(f"确认，扣 {points} 分")
    assert int(await tablet.page.locator("[data-balance]").inner_text()) == before - points
    await tablet.page.keyboard.press("Escape")
    await tablet.page.get_by_text("请下一位").wait_for()
    await tablet.check()
